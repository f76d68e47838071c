/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads statements for the oracle. statement_tool parse FILE: a line of FILE
 * is a statement in hexadecimal; a line of output is its claims as JSON, or
 * the code and clause of the refusal.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/json_out.h"
#include "base/text.h"

#include "event/statement.h"

#include "vectors_print.h"

#include "base/banned.h"

#define FILE_MAX (16u << 20)
#define MESSAGE_MAX 65536

static enum err
judge(struct statement *s, struct span hex, struct diag *d)
{
	static uint8_t bytes[MESSAGE_MAX];
	size_t n = 0;
	enum err e = hex_parse(bytes, sizeof(bytes), &n, hex);

	if (e != ERR_OK)
		return e;
	e = statement_parse(s, span_of(bytes, n), d);
	return e == ERR_OK ? statement_verify(s, d) : e;
}

static void
print_line(struct span hex)
{
	struct buf out = buf_heap(4 * MESSAGE_MAX);
	struct diag d = { 0 };
	struct json_out o;
	struct statement s;
	enum err e = judge(&s, hex, &d);

	json_out_init(&o, &out);
	json_out_object(&o, NULL);
	json_out_str(&o, "code", err_name(e));
	if (e == ERR_OK) {
		vectors_statement(&o, &s);
	} else {
		json_out_str(&o, "clause", d.clause);
		json_out_str(&o, "detail", d.text);
	}
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

	if (argc != 3 || strcmp(argv[1], "parse") != 0 ||
	    crypto_start() != ERR_OK) {
		fputs("usage: statement_tool parse FILE\n", stderr);
		return 64;
	}
	if (file_read(&file, argv[2], FILE_MAX, NULL) != ERR_OK)
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
