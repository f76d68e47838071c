/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies of named queries and of subscriptions, by the first byte: q or s.
 * What is taken keeps to its limits, and a schedule fires behind the moment
 * that is asked about. */
#include <stdlib.h>

#include "epcis_body.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool good)
{
	if (!good)
		abort();
}

static void
check_schedule(const struct schedule *s)
{
	int64_t at = 0;

	for (int i = 0; i < 5; i++) {
		int64_t next = schedule_next(s, at);

		check(next > at && next % 1000 == 0);
		check(schedule_next(s, next - 1) == next);
		at = next;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct json_node nodes[EPCIS_BODY_NODES];
	static struct epcis_query q;
	struct json_doc doc = { .nodes = nodes, .capacity = EPCIS_BODY_NODES };
	struct epcis_subscribe sub;
	struct epcis_named named;
	struct epcis_fault f;
	struct span body;
	enum err e;

	if (size == 0)
		return 0;
	body = span_of(data + 1, size - 1);
	if (data[0] == 'q') {
		e = epcis_body_query(&named, &doc, &q, body, &f);
		check(e != ERR_OK || epcis_name_ok(named.name));
	} else {
		e = epcis_body_subscription(
		    &sub, &doc, body, data[0] == 'S', &f);
		if (e == ERR_OK) {
			check(webhook_dest_fault(sub.dest, true) == NULL);
			check(sub.secret.n <= EPCIS_SECRET);
			check(sub.stream == (sub.schedule.n == 0));
			if (!sub.stream)
				check_schedule(&sub.when);
		}
	}
	check(e == ERR_OK ||
	      (e == ERR_SYNTAX && (f.status == 400 || f.status == 413) &&
		  f.detail[0] != '\0' &&
		  strlen(f.parameter) < sizeof(f.parameter)));
	return 0;
}
