/* SPDX-License-Identifier: Apache-2.0 */
/* EPCIS queries: a JSON object, or the query of a target. Whatever is taken
 * keeps to the limits of struct query and points into what it may. */
#include <stdlib.h>

#include "epcis_query.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NODES 4096

static void
check(bool good)
{
	if (!good)
		abort();
}

/* Reads every byte, so that the sanitizer sees a view that dangles. */
static unsigned
touch(struct span s)
{
	unsigned sum = 0;

	for (size_t i = 0; i < s.n; i++)
		sum += s.p[i];
	return sum;
}

static unsigned
check_query(const struct epcis_query *q)
{
	unsigned sum = 0;

	check(q->sql.count <= QUERY_CONDITIONS);
	check(q->value_count <= EPCIS_QUERY_VALUES);
	check(q->range_count <= EPCIS_QUERY_VALUES);
	check(q->per_page >= 1 && q->per_page <= QUERY_LIMIT);
	for (size_t i = 0; i < q->sql.count; i++) {
		const struct query_condition *c = &q->sql.conditions[i];

		check(c->value_count + c->range_count <= QUERY_VALUES);
		for (size_t k = 0; k < c->value_count; k++)
			sum += touch(c->values[k]);
		for (size_t k = 0; k < c->range_count; k++) {
			check(span_compare(
				  c->ranges[k].lower, c->ranges[k].upper) < 0);
			sum += touch(c->ranges[k].lower);
			sum += touch(c->ranges[k].upper);
		}
		sum += touch(c->type);
	}
	return sum + epcis_query_digest(q).b[0];
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct epcis_query q;
	static struct target t;
	static struct json_node nodes[NODES];
	struct json_doc doc = { .nodes = nodes, .capacity = NODES };
	struct epcis_fault f;
	struct span text = span_of(data, size);
	enum err e = ERR_OK;

	epcis_query_init(&q);
	if (size > 0 && data[0] == '{') {
		if (size > EPCIS_QUERY_BYTES ||
		    json_scan(&doc, text, 8, NULL) != ERR_OK)
			return 0;
		e = epcis_query_json(&q, &doc, JSON_ROOT, &f);
	} else {
		if (target_parse(&t, text, NULL) != ERR_OK)
			return 0;
		e = epcis_query_target(&q, &t, &f);
	}
	if (e == ERR_OK) {
		(void)check_query(&q);
		return 0;
	}
	check(e == ERR_SYNTAX && (f.status == 400 || f.status == 413));
	check(strlen(f.parameter) < sizeof(f.parameter) && f.detail[0] != '\0');
	return 0;
}
