/* SPDX-License-Identifier: Apache-2.0 */
#include "tally.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/banned.h"

static const char *
reason(const struct tally *t, struct span row)
{
	const struct difference *k;

	for (k = t->known; k->row != NULL; k++) {
		if (span_is(row, k->row))
			return k->why;
	}
	return NULL;
}

void
tally_count(struct tally *t, struct span row, bool agrees)
{
	const char *why = reason(t, row);

	if (agrees && why == NULL) {
		t->agree++;
	} else if (!agrees && why != NULL) {
		t->explained++;
	} else {
		t->failed++;
		print_error("%s row %.*s: %s\n", t->name, SPAN_ARG(row),
		    agrees ? "listed as different, but agrees" : "differs");
	}
}

void
tally_finish(const struct tally *t, unsigned rows)
{
	print_message("%s: %u rows, %u agree, %u explained, %u lenient mode\n",
	    t->name, rows, t->agree, t->explained, t->lenient);
	assert_int_not_equal(rows, 0);
	assert_int_equal(t->failed, 0);
}

const struct difference tally_none[1] = { { NULL, NULL } };
