/* SPDX-License-Identifier: Apache-2.0 */
#include "event/registry.h"

#include "base/json_out.h"
#include "base/text.h"
#include "gs1/gs1.h"

#include "event/did.h"
#include "registry_internal.h"

#include "base/banned.h"

#define TYPE_CHARS 32
#define POSSESSION_TAG "countermark/epoch-key/v1"

static const char *const type_words[] = { "organisation", "device", "right",
	"licence", "goods", "place", "recall", "delegation", "service", "usage",
	"heartbeat", "tagread", "inspection", "pack", "policy", "erasure" };

static const char *const op_words[] = { "set", "end", "suspend" };

const char *
registry_word(enum registry_type t)
{
	return t < REGISTRY_UNLISTED ? type_words[t] : "unlisted";
}

static bool
digits_ok(const char *text, size_t n)
{
	size_t i;

	if (strlen(text) != n)
		return false;
	for (i = 0; i < n; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
	}
	return gs1_check_digit_ok(span_of(text, n));
}

bool
registry_gtin_ok(const char *text)
{
	return digits_ok(text, 14);
}

bool
registry_gln_ok(const char *text)
{
	return digits_ok(text, 13);
}

static enum err
read_type(struct registry *out, struct diag *d)
{
	const char *word = NULL;
	enum err e = json_get_text(&word, out->body, "type", d);
	size_t n, i;

	if (e != ERR_OK)
		return e;
	n = strlen(word);
	for (i = 0; i < n && word[i] >= 'a' && word[i] <= 'z'; i++)
		;
	/* formats 1.7: a type of [a-z]{1,32} */
	if (n < 1 || n > TYPE_CHARS || i < n)
		return diag_fail(d, ERR_SCHEMA, "formats 1.7",
		    "type: got %zu bytes, wanted [a-z]{1,32}", n);
	memcpy(out->type_word, word, n + 1);
	out->type = REGISTRY_ORGANISATION;
	while (out->type < REGISTRY_UNLISTED &&
	       strcmp(type_words[out->type], word) != 0)
		out->type++;
	return ERR_OK;
}

static bool
id_char(char ch)
{
	return (ch >= 'A' && ch <= 'Z') || (ch >= 'a' && ch <= 'z') ||
	       (ch >= '0' && ch <= '9') ||
	       (ch != '\0' && strchr("._~:/-", ch) != NULL);
}

static enum err
read_id(struct registry *out, struct diag *d)
{
	const char *id = NULL;
	enum err e = json_get_text(&id, out->body, "id", d);
	size_t n, i;

	if (e != ERR_OK)
		return e;
	n = strlen(id);
	for (i = 0; i < n && id_char(id[i]); i++)
		;
	/* formats 1.7: at most 200 bytes of [A-Za-z0-9._~:/-] */
	if (n < 1 || n > REGISTRY_ID || i < n)
		return diag_fail(d, ERR_SCHEMA, "formats 1.7",
		    "id: got %zu bytes, wanted [A-Za-z0-9._~:/-]{1,200}", n);
	memcpy(out->id, id, n + 1);
	return ERR_OK;
}

static enum err
read_op(struct registry *out, struct diag *d)
{
	const char *word = NULL;
	enum err e = json_get_text(&word, out->body, "op", d);
	unsigned i;

	if (e != ERR_OK)
		return e;
	for (i = 0; i < sizeof(op_words) / sizeof(op_words[0]); i++) {
		if (strcmp(word, op_words[i]) == 0) {
			out->op = (enum registry_op)i;
			return ERR_OK;
		}
	}
	return diag_fail(d, ERR_SCHEMA, "formats 1.7",
	    "op: got another word of %zu bytes, wanted set, end or suspend",
	    strlen(word));
}

static enum err
read_gtin(const struct json *body, struct diag *d)
{
	const char *gtin = NULL;
	enum err e = json_get_text(&gtin, body, "gtin", d);

	if (e != ERR_OK)
		return e;
	if (!registry_gtin_ok(gtin))
		return diag_fail(d, ERR_SCHEMA, "formats 1.7",
		    "gtin: got %zu bytes, wanted 14 digits, check digit right",
		    strlen(gtin));
	return ERR_OK;
}

static enum err
read_lots(const struct json *body, struct diag *d)
{
	const struct json *lots = json_get(body, "lots");
	size_t i;

	if (lots == NULL)
		return ERR_OK;
	for (i = 0; json_is_array(lots) && i < json_count(lots); i++) {
		if (json_text(json_at(lots, i)) == NULL)
			break;
	}
	if (!json_is_array(lots) || i < json_count(lots))
		return diag_fail(d, ERR_SCHEMA, "formats 1.7",
		    "lots: got something else, wanted an array of strings");
	return ERR_OK;
}

/* The members that formats 5.4 reads: without them a payload would touch
 * something that nobody can name. */
static enum err
read_touched(const struct registry *r, struct diag *d)
{
	const char *text = NULL;
	enum err e;

	switch (r->type) {
	case REGISTRY_LICENCE:
		return json_get_text(&text, r->body, "right", d);
	case REGISTRY_RECALL:
		e = read_gtin(r->body, d);
		return e == ERR_OK ? read_lots(r->body, d) : e;
	case REGISTRY_GOODS:
		if (json_get(r->body, "gtin") != NULL)
			e = read_gtin(r->body, d);
		else
			e = json_get_text(&text, r->body, "prefix", d);
		return e;
	default:
		return ERR_OK;
	}
}

static enum err
read_shape(struct registry *r, struct diag *d)
{
	enum err e = ERR_OK;

	if (!json_is_object(r->body))
		return diag_fail(d, ERR_SCHEMA, "formats 1.7",
		    "payload: got no object, wanted one");
	e = read_type(r, d);
	if (e == ERR_OK)
		e = read_id(r, d);
	if (e == ERR_OK)
		e = read_op(r, d);
	if (e == ERR_OK)
		e = json_get_int(&r->from_ms, r->body, "from", d);
	return e == ERR_OK ? read_touched(r, d) : e;
}

enum err
registry_parse(struct registry *out, struct span payload, struct diag *d)
{
	struct diag json = { 0 };
	enum err e;

	memset(out, 0, sizeof(*out));
	e = json_parse(&out->body, payload, &json);
	if (e == ERR_NOMEM)
		return diag_fail(d, e, "", "no memory for a registry payload");
	if (e != ERR_OK) {
		out->body = NULL;
		return diag_fail(
		    d, ERR_SCHEMA, "formats 1.7", "payload: %s", json.text);
	}
	e = read_shape(out, d);
	if (e != ERR_OK)
		registry_clear(out);
	return e;
}

void
registry_clear(struct registry *r)
{
	json_free(r->body);
	memset(r, 0, sizeof(*r));
}

/* Members every payload has, in the order of formats 1.7. */
static void
put_head(struct json_out *o, struct buf *out, enum registry_type type,
    const char *id, enum registry_op op, int64_t from_ms)
{
	json_out_init(o, out);
	json_out_object(o, NULL);
	json_out_str(o, "type", registry_word(type));
	json_out_str(o, "id", id);
	json_out_str(o, "op", op_words[op]);
	json_out_int(o, "from", from_ms);
}

static void
put_optional(struct json_out *o, const char *member, const char *text)
{
	if (text != NULL)
		json_out_str(o, member, text);
}

static void
put_key(struct json_out *o, const char *member, const uint8_t *key)
{
	char text[DID_KEY_CHARS + 1];

	if (key == NULL)
		return;
	did_key_print(text, key);
	json_out_str(o, member, text);
}

/* What ingest would answer with `schema` is a bug of the caller: nothing is
 * appended then. */
static enum err
finish(struct json_out *o, size_t start)
{
	struct buf *out = o->b;
	struct registry r;
	enum err e;

	json_out_end_object(o);
	e = buf_error(out);
	if (e == ERR_OK)
		e = registry_parse(
		    &r, span_of(out->p + start, out->n - start), NULL);
	if (e == ERR_OK) {
		e = registry_check(&r, NULL);
		registry_clear(&r);
	}
	if (e != ERR_OK)
		out->n = start;
	return e == ERR_SCHEMA ? ERR_USAGE : e;
}

enum err
registry_put_device(struct buf *out, const struct registry_device *v,
    enum registry_op op, int64_t from_ms)
{
	struct json_out o;
	size_t start = out->n;

	if (v->epoch > INT64_MAX)
		return ERR_USAGE;
	put_head(&o, out, REGISTRY_DEVICE, v->name, op, from_ms);
	put_optional(&o, "organisation", v->organisation);
	put_optional(&o, "did", v->did);
	if (v->epoch > 0)
		json_out_int(&o, "epoch", (int64_t)v->epoch);
	put_key(&o, "key", v->key);
	put_optional(&o, "role", v->role);
	put_optional(&o, "reason", v->reason);
	if (v->possession != NULL)
		json_out_base64(
		    &o, "possession", span_of(v->possession, SIG_BYTES));
	return finish(&o, start);
}

enum err
registry_put_organisation(struct buf *out, const char *name, const char *did,
    const char *const *glns, size_t n, int64_t from_ms)
{
	struct json_out o;
	size_t start = out->n, i;

	put_head(&o, out, REGISTRY_ORGANISATION, name, REGISTRY_SET, from_ms);
	json_out_str(&o, "name", name);
	json_out_str(&o, "did", did);
	json_out_array(&o, "glns");
	for (i = 0; i < n; i++)
		json_out_str(&o, NULL, glns[i]);
	json_out_end_array(&o);
	return finish(&o, start);
}

enum err
registry_put_goods(struct buf *out, const char *key, const char *organisation,
    const char *right, const char *issuance, int64_t from_ms)
{
	struct json_out o;
	size_t start = out->n;

	put_head(&o, out, REGISTRY_GOODS, key, REGISTRY_SET, from_ms);
	/* formats 7.3: a prefix has at most 12 digits */
	json_out_str(&o, strlen(key) == 14 ? "gtin" : "prefix", key);
	json_out_str(&o, "organisation", organisation);
	put_optional(&o, "right", right);
	put_optional(&o, "issuance", issuance);
	return finish(&o, start);
}

enum err
registry_put_place(struct buf *out, const char *gln, const char *country,
    int64_t lat7, int64_t lon7, const char *kind, int64_t from_ms)
{
	struct json_out o;
	size_t start = out->n;

	put_head(&o, out, REGISTRY_PLACE, gln, REGISTRY_SET, from_ms);
	json_out_str(&o, "gln", gln);
	json_out_str(&o, "country", country);
	json_out_int(&o, "lat7", lat7);
	json_out_int(&o, "lon7", lon7);
	json_out_str(&o, "kind", kind);
	return finish(&o, start);
}

enum err
registry_put_service(struct buf *out, const uint8_t key[KEY_BYTES],
    const char *use, int64_t from_ms)
{
	char id[DID_KEY_CHARS + 1];
	struct json_out o;
	size_t start = out->n;

	did_key_print(id, key);
	put_head(&o, out, REGISTRY_SERVICE, id, REGISTRY_SET, from_ms);
	json_out_str(&o, "key", id);
	json_out_str(&o, "use", use);
	return finish(&o, start);
}

enum err
registry_possession(struct buf *out, const char *did, uint64_t epoch)
{
	/* formats 2.3: tag 00 did 00 decimal epoch */
	buf_str(out, POSSESSION_TAG);
	buf_byte(out, 0);
	buf_str(out, did);
	buf_byte(out, 0);
	buf_printf(out, "%llu", (unsigned long long)epoch);
	return buf_error(out);
}
