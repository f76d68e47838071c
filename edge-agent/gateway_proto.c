/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway_proto.h"

#include "base/json_out.h"
#include "base/text.h"

#include "base/banned.h"

#define GATEWAY_WORDS 4

/* Splits at single blanks; 0 when there are more than max words or an empty
 * one. */
static unsigned
gateway_split(struct span line, struct span *words, unsigned max)
{
	unsigned n = 0;
	size_t start = 0;

	for (size_t i = 0; i <= line.n; i++) {
		if (i < line.n && line.p[i] != ' ')
			continue;
		if (n == max || i == start)
			return 0;
		words[n++] = span_of(line.p + start, i - start);
		start = i + 1;
	}
	return n;
}

static enum err
gateway_put(struct gateway_request *out, uint64_t *used, struct span in,
    size_t line, const struct span *words, struct diag *d)
{
	uint64_t n;

	/* Without the length there is no next request. */
	if (u64_parse(&n, words[3], GATEWAY_SKIP_MAX) != ERR_OK)
		return diag_fail(d, ERR_LIMIT, "interface Signing",
		    "put: length is no number up to %u", GATEWAY_SKIP_MAX);
	out->verb = GATEWAY_PUT;
	out->identity = words[1];
	*used = line + n;
	if (n > STATEMENT_MAX)
		return diag_fail(d, ERR_TOO_LARGE, "formats 1.1",
		    "put: got %llu bytes, wanted at most %d",
		    (unsigned long long)n, STATEMENT_MAX);
	if (!name_valid(words[1]))
		return diag_fail(d, ERR_SYNTAX, "formats 2.1",
		    "put: the identity is no name");
	if (span_is(words[2], CONTENT_PRODUCT)) {
		out->content = CONTENT_IS_PRODUCT;
	} else if (span_is(words[2], CONTENT_REGISTRY)) {
		out->content = CONTENT_IS_REGISTRY;
	} else {
		return diag_fail(d, ERR_UNSUPPORTED, "formats 1.2",
		    "put: content type, wanted %s or %s", CONTENT_PRODUCT,
		    CONTENT_REGISTRY);
	}
	if (in.n - line < n) {
		*used = 0;
		return ERR_TRUNCATED;
	}
	out->body = span_of(in.p + line, (size_t)n);
	return ERR_OK;
}

static enum err
gateway_wait(struct gateway_request *out, uint64_t *used, size_t line,
    const struct span *words, struct diag *d)
{
	*used = line;
	out->verb = GATEWAY_WAIT;
	out->identity = words[1];
	if (!name_valid(words[1]))
		return diag_fail(d, ERR_SYNTAX, "formats 2.1",
		    "wait: the identity is no name");
	if (u64_parse(&out->seq, words[2], INT64_MAX) != ERR_OK ||
	    out->seq == 0)
		return diag_fail(d, ERR_SYNTAX, "formats 1.4",
		    "wait: seq is no number from 1");
	return ERR_OK;
}

enum err
gateway_parse(
    struct gateway_request *out, uint64_t *used, struct span in, struct diag *d)
{
	struct span words[GATEWAY_WORDS];
	size_t look = in.n < GATEWAY_LINE_MAX ? in.n : GATEWAY_LINE_MAX;
	const uint8_t *lf = look == 0 ? NULL : memchr(in.p, '\n', look);
	size_t line;
	unsigned n;

	*out = (struct gateway_request){ .verb = GATEWAY_PUT };
	*used = 0;
	if (lf == NULL && in.n < GATEWAY_LINE_MAX)
		return ERR_TRUNCATED;
	if (lf == NULL)
		return diag_fail(d, ERR_LIMIT, "interface Signing",
		    "request line: wanted at most %d bytes", GATEWAY_LINE_MAX);
	line = (size_t)(lf - in.p) + 1;
	n = gateway_split(span_of(in.p, line - 1), words, GATEWAY_WORDS);
	if (n == 4 && span_is(words[0], "put"))
		return gateway_put(out, used, in, line, words, d);
	if (n == 3 && span_is(words[0], "wait"))
		return gateway_wait(out, used, line, words, d);
	return diag_fail(d, ERR_SYNTAX, "interface Signing",
	    "request line: wanted put <identity> <content-type> <length> or "
	    "wait <identity> <seq>");
}

void
gateway_print_put(
    struct buf *out, const char *device, uint64_t epoch, uint64_t seq)
{
	struct json_out o;

	json_out_init(&o, out);
	json_out_object(&o, NULL);
	json_out_str(&o, "device", device);
	json_out_int(&o, "epoch", (int64_t)epoch);
	json_out_int(&o, "seq", (int64_t)seq);
	json_out_end_object(&o);
	buf_byte(out, '\n');
}

void
gateway_print_error(struct buf *out, enum err code, const struct diag *d)
{
	struct json_out o;

	json_out_init(&o, out);
	json_out_object(&o, NULL);
	json_out_object(&o, "error");
	json_out_str(&o, "code", err_name(code));
	json_out_str(&o, "clause", d->clause);
	json_out_str(&o, "detail", d->text);
	json_out_end_object(&o);
	json_out_end_object(&o);
	buf_byte(out, '\n');
}
