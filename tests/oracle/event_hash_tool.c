/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hashes events for the oracle. event_hash_tool FILE: a line of FILE is an
 * EPCISDocument with one event; a line of output is its hash and the string
 * before hashing in the order of the text, as JSON, or the refusal.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/json_out.h"

#include "event/epcis_hash.h"

#include "base/banned.h"

#define FILE_MAX (16u << 20)

static struct json_node nodes[EPCIS_NODES];

static enum err
hash_line(char name[EPCIS_HASH_CHARS + 1], struct epcis_hash *h,
    struct span line, struct diag *d)
{
	struct epcis_doc doc;
	enum err e = epcis_hash_open(&doc, line, nodes, EPCIS_NODES, d);

	if (e == ERR_OK && doc.event_count != 1)
		e = diag_fail(d, ERR_USAGE, "", "wanted one event");
	return e != ERR_OK ? e
			   : epcis_hash_name(name, h, &doc, epcis_first(&doc),
				 EPCIS_HASH_TEXT, d);
}

static void
print_line(struct epcis_hash *h, struct span line)
{
	struct buf out = buf_heap(FILE_MAX);
	char name[EPCIS_HASH_CHARS + 1];
	struct diag d = { 0 };
	struct json_out o;
	enum err e = hash_line(name, h, line, &d);

	json_out_init(&o, &out);
	json_out_object(&o, NULL);
	json_out_str(&o, "code", err_name(e));
	if (e == ERR_OK) {
		json_out_str(&o, "hash", name);
		json_out_string(&o, "pre", buf_span(&h->pre));
		json_out_bool(&o, "comparable", h->why == NULL);
	} else {
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
	struct epcis_hash h;
	struct span rest;

	if (argc != 2 || file_read(&file, argv[1], FILE_MAX, NULL) != ERR_OK) {
		fprintf(stderr, "usage: event_hash_tool FILE\n");
		return 64;
	}
	epcis_hash_init(&h, EPCIS_HASH_BYTES);
	rest = buf_span(&file);
	while (rest.n > 0) {
		const uint8_t *end = memchr(rest.p, '\n', rest.n);
		size_t n = end == NULL ? rest.n : (size_t)(end - rest.p);

		print_line(&h, span_of(rest.p, n));
		rest = span_skip(rest, end == NULL ? n : n + 1);
	}
	epcis_hash_clear(&h);
	buf_free(&file);
	return 0;
}
