/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judges event documents for the oracle. epcis_tool FILE: a line of FILE is a
 * JSON text; a line of output is what capture says of it: valid, the words of
 * the rules it breaks, and those of the warnings.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/json_out.h"

#include "event/epcis_findings.h"

#include "base/banned.h"

#define FILE_MAX ((size_t)256 << 20)

static struct epcis_findings found;

static void
judge(struct span text)
{
	uint32_t capacity = epcis_nodes(text);
	struct json_node *nodes = malloc(capacity * sizeof(*nodes));
	struct epcis_doc doc;

	if (nodes == NULL)
		abort();
	if (epcis_findings_open(&found, &doc, text, nodes, capacity) == ERR_OK)
		epcis_findings_check(&found, &doc);
	free(nodes);
}

static void
put_rules(struct json_out *o, const char *name, bool warnings)
{
	json_out_array(o, name);
	for (unsigned i = 0; i < found.count; i++) {
		if (found.list[i].warning != warnings)
			continue;
		json_out_object(o, NULL);
		json_out_str(o, "rule", epcis_rule_code(found.list[i].rule));
		json_out_str(o, "pointer", found.list[i].pointer);
		json_out_end_object(o);
	}
	json_out_end_array(o);
}

static void
print_line(struct span text)
{
	struct buf out = buf_heap(1 << 20);
	struct json_out o;

	judge(text);
	json_out_init(&o, &out);
	json_out_object(&o, NULL);
	json_out_bool(&o, "valid", found.errors == 0);
	put_rules(&o, "errors", false);
	put_rules(&o, "warnings", true);
	json_out_end_object(&o);
	if (buf_text(&out) == NULL)
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
		fputs("usage: epcis_tool FILE\n", stderr);
		return 64;
	}
	if (file_read(&file, argv[1], FILE_MAX, NULL) != ERR_OK)
		return 1;
	for (rest = buf_span(&file); rest.n > 0;) {
		const uint8_t *lf = memchr(rest.p, '\n', rest.n);
		size_t n = lf == NULL ? rest.n : (size_t)(lf - rest.p);

		print_line(span_of(rest.p, n));
		rest = span_skip(rest, lf == NULL ? n : n + 1);
	}
	buf_free(&file);
	return 0;
}
