/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads and writes EPC tags for the oracle. epc_tool FILE: a line of FILE is
 *   read HEX
 *   write SCHEME FILTER DIGITS TEXT   (sgtin-96 3 7 (01)…(21)…)
 * and a line of output is a JSON object: what the tag says, or the tag's hex
 * and URIs; else the code of the refusal.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/json_out.h"
#include "base/text.h"

#include "gs1/epc.h"
#include "gs1/urn.h"

#include "base/banned.h"

#define FILE_MAX (16u << 20)

static struct gs1_code code;

/* One of the texts that a tag is written as. */
typedef enum err (*write_fn)(struct buf *out, const struct epc *tag,
    const struct gs1_code *from, struct diag *d);

static enum err
write_urn(struct buf *out, const struct epc *tag, const struct gs1_code *from,
    struct diag *d)
{
	return urn_print(out, from, tag->prefix_digits, d);
}

static enum err
write_link(struct buf *out, const struct epc *tag, const struct gs1_code *from,
    struct diag *d)
{
	(void)tag;
	(void)d;
	return gs1_canonical(out, from);
}

static enum err
print_forms(struct json_out *o, const struct epc *tag, struct diag *d)
{
	static const struct {
		const char *name;
		write_fn write;
	} forms[] = {
		{ "hex", epc_print },
		{ "tag", epc_tag_uri },
		{ "urn", write_urn },
		{ "link", write_link },
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		char space[GS1_CANONICAL];
		struct buf text = buf_fixed(space, sizeof(space));
		enum err e = forms[i].write(&text, tag, &code, d);

		if (e != ERR_OK)
			return e;
		json_out_string(o, forms[i].name, buf_span(&text));
	}
	return ERR_OK;
}

/* The word before the next blank. */
static struct span
word(struct span *rest)
{
	const uint8_t *p = rest->n == 0 ? NULL : memchr(rest->p, ' ', rest->n);
	struct span w = *rest;

	if (p == NULL) {
		*rest = SPAN_NONE;
		return w;
	}
	w.n = (size_t)(p - w.p);
	*rest = span_skip(*rest, w.n + 1);
	return w;
}

static enum err
take_tag(struct epc *tag, struct span *rest)
{
	struct span name = word(rest);
	uint64_t filter, digits;
	unsigned s = 0;

	while (s <= EPC_SGTIN_198 &&
	       !span_is(name, epc_scheme_name((enum epc_scheme)s)))
		s++;
	if (s > EPC_SGTIN_198 || u64_parse(&filter, word(rest), 99) != ERR_OK ||
	    u64_parse(&digits, word(rest), 99) != ERR_OK)
		return ERR_USAGE;
	tag->scheme = (enum epc_scheme)s;
	tag->filter = (unsigned)filter;
	tag->prefix_digits = (unsigned)digits;
	return ERR_OK;
}

static enum err
run(struct epc *tag, struct span line, struct diag *d)
{
	struct span verb = word(&line);
	enum err e;

	if (span_is(verb, "read"))
		return epc_parse(tag, &code, line, d);
	if (!span_is(verb, "write"))
		return ERR_USAGE;
	e = take_tag(tag, &line);
	return e == ERR_OK ? gs1_read(&code, line, d) : e;
}

static void
print_line(struct span line)
{
	struct buf out = buf_heap(65536);
	struct diag d = { 0 };
	struct json_out o;
	struct epc tag;
	enum err e = run(&tag, line, &d);

	json_out_init(&o, &out);
	json_out_object(&o, NULL);
	if (e == ERR_OK)
		e = print_forms(&o, &tag, &d);
	json_out_str(&o, "code", err_name(e));
	json_out_str(&o, "detail", d.text);
	json_out_end_object(&o);
	if (buf_error(&out) != ERR_OK)
		abort();
	printf("%s\n", buf_text(&out));
	buf_free(&out);
}

int
main(int argc, char **argv)
{
	struct buf file = buf_heap(FILE_MAX);
	struct span rest;

	if (argc != 2) {
		fputs("usage: epc_tool FILE\n", stderr);
		return 64;
	}
	if (file_read(&file, argv[1], FILE_MAX, NULL) != ERR_OK)
		return 1;
	rest = buf_span(&file);
	while (rest.n > 0) {
		const uint8_t *end = memchr(rest.p, '\n', rest.n);
		size_t n = end == NULL ? rest.n : (size_t)(end - rest.p);

		print_line(span_of(rest.p, n));
		rest = span_skip(rest, end == NULL ? n : n + 1);
	}
	buf_free(&file);
	return 0;
}
