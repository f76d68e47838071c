/* SPDX-License-Identifier: Apache-2.0 */
#include "event/receipt.h"

#include <inttypes.h>

#include "base/json.h"
#include "base/json_out.h"
#include "base/text.h"

#include "event/statement.h"

#include "base/banned.h"

#define RECEIPT_JSON 131072         /* 64 nacks, each byte escaped */
#define EXACT_MAX ((1LL << 53) - 1) /* RFC 7493 2.2 */

enum err
nack_code(struct span word)
{
	/* formats 3.3 */
	static const enum err codes[] = { ERR_BAD_ENCODING, ERR_BAD_SIGNATURE,
		ERR_UNKNOWN_DEVICE, ERR_REVOKED, ERR_EPOCH, ERR_FORK, ERR_GAP,
		ERR_SCHEMA, ERR_FORBIDDEN, ERR_TOO_LARGE, ERR_SUSPENDED };
	size_t i;

	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		if (span_is(word, err_name(codes[i])))
			return codes[i];
	}
	return ERR_OK;
}

/* What receipt_open() would refuse is not signed. */
static bool
printable(const struct receipt *r)
{
	unsigned i;

	if (!name_valid(span_str(r->log)) || !name_valid(span_str(r->device)))
		return false;
	if (r->epoch < 1 || r->epoch > EXACT_MAX || r->upto_seq > EXACT_MAX ||
	    r->index > EXACT_MAX || r->log_epoch_index > EXACT_MAX)
		return false;
	if (r->at_ms < 0 || r->at_ms > EXACT_MAX ||
	    r->nack_count > RECEIPT_NACKS)
		return false;
	for (i = 0; i < r->nack_count; i++) {
		const struct nack *n = &r->nacks[i];

		if (n->seq > EXACT_MAX ||
		    nack_code(span_str(err_name(n->code))) == ERR_OK)
			return false;
	}
	return true;
}

static void
print_nack(struct json_out *o, const struct nack *n)
{
	json_out_object(o, NULL);
	json_out_int(o, "seq", (int64_t)n->seq);
	json_out_str(o, "code", err_name(n->code));
	json_out_str(o, "detail", n->detail);
	json_out_end_object(o);
}

enum err
receipt_print(struct buf *out, const struct receipt *r)
{
	struct json_out o;
	unsigned i;

	if (!printable(r))
		return ERR_USAGE;
	/* formats 3.2: this order */
	json_out_init(&o, out);
	json_out_object(&o, NULL);
	json_out_str(&o, "log", r->log);
	json_out_str(&o, "device", r->device);
	json_out_int(&o, "epoch", (int64_t)r->epoch);
	json_out_int(&o, "upto_seq", (int64_t)r->upto_seq);
	json_out_base64(&o, "head", hash_span(&r->head));
	json_out_int(&o, "index", (int64_t)r->index);
	json_out_int(&o, "at", r->at_ms);
	json_out_object(&o, "log_epoch");
	json_out_int(&o, "index", (int64_t)r->log_epoch_index);
	json_out_base64(&o, "leaf", hash_span(&r->log_epoch_leaf));
	json_out_end_object(&o);
	json_out_array(&o, "nacks");
	for (i = 0; i < r->nack_count; i++)
		print_nack(&o, &r->nacks[i]);
	json_out_end_array(&o);
	json_out_end_object(&o);
	return buf_error(out);
}

enum err
receipt_sign(
    struct buf *out, const struct receipt *r, const struct sign_key *key)
{
	struct buf json = buf_heap(RECEIPT_JSON);
	enum err e = receipt_print(&json, r);

	if (e == ERR_OK)
		e = cose_sign(out, CONTENT_RECEIPT, buf_span(&json), key);
	buf_free(&json);
	return e;
}

static enum err
get_name(char out[NAME_BYTES], const struct json *o, const char *member,
    struct diag *d)
{
	const char *text = NULL;
	enum err e = json_get_text(&text, o, member, d);

	if (e != ERR_OK)
		return e;
	if (!name_valid(span_str(text)))
		return diag_fail(d, ERR_SCHEMA, "formats 3.2",
		    "%s: got %zu bytes, wanted a name of [a-z0-9-]{1,63}",
		    member, strlen(text));
	memcpy(out, text, strlen(text) + 1);
	return ERR_OK;
}

static enum err
get_count(uint64_t *out, const struct json *o, const char *member, int64_t min,
    struct diag *d)
{
	int64_t v = 0;
	enum err e = json_get_int(&v, o, member, d);

	if (e != ERR_OK)
		return e;
	if (v < min)
		return diag_fail(d, ERR_SCHEMA, "formats 3.2",
		    "%s: got %" PRId64 ", wanted at least %" PRId64, member, v,
		    min);
	*out = (uint64_t)v;
	return ERR_OK;
}

static enum err
get_hash(
    struct hash *out, const struct json *o, const char *member, struct diag *d)
{
	const char *text = NULL;
	size_t n = 0;
	enum err e = json_get_text(&text, o, member, d);

	if (e != ERR_OK)
		return e;
	if (base64_parse(out->b, HASH_BYTES, &n, span_str(text)) != ERR_OK ||
	    n != HASH_BYTES)
		return diag_fail(d, ERR_SCHEMA, "formats 3.2",
		    "%s: got %zu characters, wanted base64 of 32 bytes", member,
		    strlen(text));
	return ERR_OK;
}

/* Cut to what the struct holds, between characters. */
static void
copy_detail(char out[NACK_DETAIL], const char *text)
{
	size_t n = strlen(text);

	if (n >= NACK_DETAIL) {
		n = NACK_DETAIL - 1;
		while (((uint8_t)text[n] & 0xc0) == 0x80)
			n--;
	}
	memcpy(out, text, n);
	out[n] = '\0';
}

static enum err
read_nack(struct nack *out, const struct json *v, struct diag *d)
{
	const char *code = NULL, *detail = NULL;
	enum err e = get_count(&out->seq, v, "seq", 0, d);

	if (e == ERR_OK)
		e = json_get_text(&code, v, "code", d);
	if (e == ERR_OK)
		e = json_get_text(&detail, v, "detail", d);
	if (e != ERR_OK)
		return e;
	out->code = nack_code(span_str(code));
	if (out->code == ERR_OK)
		return diag_fail(d, ERR_SCHEMA, "formats 3.3",
		    "nacks code: got another word of %zu bytes, wanted a code",
		    strlen(code));
	copy_detail(out->detail, detail);
	return ERR_OK;
}

static enum err
read_nacks(struct receipt *out, const struct json *body, struct diag *d)
{
	const struct json *list = json_get(body, "nacks");
	size_t i, n;

	if (list == NULL || !json_is_array(list))
		return diag_fail(d, ERR_SCHEMA, "formats 3.2",
		    "nacks: got no array, wanted one");
	n = json_count(list);
	if (n > RECEIPT_NACKS)
		return diag_fail(d, ERR_SCHEMA, "formats 3.2",
		    "nacks: got %zu, wanted at most %d", n, RECEIPT_NACKS);
	out->nack_count = (unsigned)n;
	for (i = 0; i < n; i++) {
		enum err e = read_nack(&out->nacks[i], json_at(list, i), d);

		if (e != ERR_OK)
			return e;
	}
	return ERR_OK;
}

static enum err
read_log_epoch(struct receipt *out, const struct json *body, struct diag *d)
{
	const struct json *v = json_get(body, "log_epoch");
	enum err e;

	if (v == NULL || !json_is_object(v))
		return diag_fail(d, ERR_SCHEMA, "formats 3.2",
		    "log_epoch: got no object, wanted one");
	e = get_count(&out->log_epoch_index, v, "index", 0, d);
	return e == ERR_OK ? get_hash(&out->log_epoch_leaf, v, "leaf", d) : e;
}

static enum err
read_body(struct receipt *out, const struct json *body, struct diag *d)
{
	uint64_t at = 0;
	enum err e;

	if (!json_is_object(body))
		return diag_fail(d, ERR_SCHEMA, "formats 3.2",
		    "receipt: got no object, wanted one");
	e = get_name(out->log, body, "log", d);
	if (e == ERR_OK)
		e = get_name(out->device, body, "device", d);
	if (e == ERR_OK)
		e = get_count(&out->epoch, body, "epoch", 1, d);
	if (e == ERR_OK)
		e = get_count(&out->upto_seq, body, "upto_seq", 0, d);
	if (e == ERR_OK)
		e = get_hash(&out->head, body, "head", d);
	if (e == ERR_OK)
		e = get_count(&out->index, body, "index", 0, d);
	if (e == ERR_OK)
		e = get_count(&at, body, "at", 0, d);
	out->at_ms = (int64_t)at;
	if (e == ERR_OK)
		e = read_log_epoch(out, body, d);
	return e == ERR_OK ? read_nacks(out, body, d) : e;
}

enum err
receipt_open(struct receipt *out, struct span *payload, struct span bytes,
    const uint8_t pub[KEY_BYTES], struct diag *d)
{
	struct json *body = NULL;
	struct span view = SPAN_NONE;
	enum err e = cose_open(&view, bytes, CONTENT_RECEIPT, pub, d);

	memset(out, 0, sizeof(*out));
	if (e == ERR_OK)
		e = json_parse(&body, view, d);
	if (e == ERR_OK)
		e = read_body(out, body, d);
	json_free(body);
	if (e != ERR_OK)
		return e;
	if (payload != NULL)
		*payload = view;
	return ERR_OK;
}
