/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads and writes GS1 texts for the oracle. link_tool FILE: a line of FILE is
 * any text that gs1_read() takes; a line of output is its AIs in the order
 * read and the Digital Link written from them, or the code of the refusal.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/json_out.h"

#include "gs1/gs1.h"

#include "base/banned.h"

#define FILE_MAX (16u << 20)
#define ROOM 8192

static void
put_ais(struct json_out *o, const struct gs1_code *code)
{
	json_out_array(o, "ais");
	for (unsigned i = 0; i < code->count; i++) {
		const struct gs1_ai *a = &code->ais[i];

		json_out_array(o, NULL);
		json_out_str(o, NULL, a->ai);
		json_out_string(o, NULL,
		    span_of(code->values + a->value_at, a->value_length));
		json_out_end_array(o);
	}
	json_out_end_array(o);
}

static void
print_line(struct span text)
{
	static char space[ROOM], link_space[ROOM];
	struct buf out = buf_fixed(space, sizeof(space));
	struct buf link = buf_fixed(link_space, sizeof(link_space));
	struct gs1_code code;
	struct diag d = { 0 };
	struct json_out o;
	enum err e = gs1_read(&code, text, &d);

	json_out_init(&o, &out);
	json_out_object(&o, NULL);
	if (e == ERR_OK) {
		put_ais(&o, &code);
		e = gs1_write_link(&link, &code, span_str("https://a.example"),
		    GS1_ORDER_CANON, &d);
	}
	json_out_str(&o, "code", err_name(e));
	if (e == ERR_OK)
		json_out_string(&o, "link", buf_span(&link));
	else
		json_out_str(&o, "detail", d.text);
	json_out_end_object(&o);
	if (buf_error(&out) != ERR_OK)
		abort();
	printf("%s\n", buf_text(&out));
}

int
main(int argc, char **argv)
{
	struct buf file = buf_heap(FILE_MAX);
	struct span rest;

	if (argc != 2) {
		fputs("usage: link_tool FILE\n", stderr);
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
