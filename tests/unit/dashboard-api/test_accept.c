/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "accept.h"

#include "base/banned.h"

struct row {
	const char *header; /* NULL: none */
	const char *what;
	unsigned weight;
};

static void
check(const struct row *rows, size_t n,
    unsigned (*fn)(struct span header, const char *what))
{
	for (size_t i = 0; i < n; i++) {
		const char *h = rows[i].header;
		struct span s = h == NULL ? SPAN_NONE : span_str(h);
		unsigned got = fn(s, rows[i].what);

		if (got != rows[i].weight)
			print_error("%s for %s\n", h, rows[i].what);
		assert_int_equal(got, rows[i].weight);
	}
}

/* RFC 9110 12.5.1 */
static void
test_type(void **state)
{
	static const struct row rows[] = {
		{ NULL, "application/json", 1000 },
		{ "", "application/json", 0 },
		{ "*/*", "application/json", 1000 },
		{ "application/*;q=0.5", "application/json", 500 },
		{ "text/html", "application/json", 0 },
		{ "text/html, application/json;q=0.25", "application/json",
		    250 },
		{ "*/*, application/json;q=0", "application/json", 0 },
		{ "application/json;q=0.001,*/*", "application/json", 1 },
		{ "Application/JSON ; Q=0.7", "application/json", 700 },
		{ "application/json;charset=utf-8;q=0.3", "application/json",
		    300 },
		/* what cannot be read is passed over */
		{ "application/json;q=2", "application/json", 0 },
		{ "application/json;q=0.1234, */*;q=0.2", "application/json",
		    200 },
		{ ",,;q=1,application/json", "application/json", 1000 },
		{ "application/jso", "application/json", 0 },
		{ "applicatio*/json", "application/json", 0 },
	};

	(void)state;
	check(rows, sizeof(rows) / sizeof(rows[0]), accept_type);
}

/* RFC 4647 3.3.1 */
static void
test_language(void **state)
{
	static const struct row rows[] = {
		{ NULL, "pt", 1000 },
		{ "pt", "pt-BR", 1000 },
		{ "pt-BR", "pt", 0 },
		{ "PT-br;q=0.4, pt;q=0.9", "pt-BR", 400 },
		{ "de, *;q=0.1", "pt", 100 },
		{ "p", "pt", 0 },
	};

	(void)state;
	check(rows, sizeof(rows) / sizeof(rows[0]), accept_language);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_type),
		cmocka_unit_test(test_language),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
