/* SPDX-License-Identifier: Apache-2.0 */
/* Schedules: what each text means, when it fires, what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/clock.h"

#include "schedule.h"

#include "base/banned.h"

static enum err
parse(struct schedule *s, struct schedule_fault *f, const char *text)
{
	static struct json_node nodes[64];
	struct json_doc doc = { .nodes = nodes, .capacity = 64 };

	assert_int_equal(json_scan(&doc, span_str(text), 8, NULL), ERR_OK);
	return schedule_parse(s, &doc, JSON_ROOT, f);
}

static const struct fire {
	const char *schedule, *after, *at;
} fires[] = {
	/* an absent member holds of everything, seconds too */
	{ "{\"hour\":\"1\"}", "2026-01-01T00:59:59.999Z",
	    "2026-01-01T01:00:00.000Z" },
	{ "{\"hour\":\"1\"}", "2026-01-01T01:00:00.000Z",
	    "2026-01-01T01:00:01.000Z" },
	/* strictly behind, also within a second */
	{ "{\"second\":\"0\"}", "2026-01-01T00:00:00.000Z",
	    "2026-01-01T00:01:00.000Z" },
	{ "{\"second\":\"0\"}", "2026-01-01T00:00:00.001Z",
	    "2026-01-01T00:01:00.000Z" },
	{ "{\"second\":\"[0-59]\"}", "2026-12-31T23:59:59.500Z",
	    "2027-01-01T00:00:00.000Z" },
	/* lists and ranges */
	{ "{\"second\":\"5,[10-12],50\"}", "2026-01-01T00:00:05.000Z",
	    "2026-01-01T00:00:10.000Z" },
	{ "{\"second\":\"5,[10-12],50\"}", "2026-01-01T00:00:12.000Z",
	    "2026-01-01T00:00:50.000Z" },
	{ "{\"second\":\"5,[10-12],50\"}", "2026-01-01T00:00:50.000Z",
	    "2026-01-01T00:01:05.000Z" },
	{ "{\"second\":\"00\",\"minute\":\"05\",\"hour\":\"1\"}",
	    "2026-01-01T01:05:00.000Z", "2026-01-02T01:05:00.000Z" },
	{ "{\"second\":\"30\",\"minute\":\"10\",\"hour\":\"[8-9]\"}",
	    "2026-01-01T08:20:00.000Z", "2026-01-01T09:10:30.000Z" },
	/* the minute of the same hour, its second past */
	{ "{\"second\":\"10\",\"minute\":\"20,40\",\"hour\":\"8\"}",
	    "2026-01-01T08:20:30.000Z", "2026-01-01T08:40:10.000Z" },
	/* days: 26 November 2026 is a Thursday */
	{ "{\"second\":\"0\",\"minute\":\"0\",\"hour\":\"0\","
	  "\"dayOfWeek\":\"1\"}",
	    "2026-11-26T12:00:00.000Z", "2026-11-30T00:00:00.000Z" },
	{ "{\"second\":\"0\",\"minute\":\"0\",\"hour\":\"0\","
	  "\"dayOfWeek\":\"7\"}",
	    "2026-11-26T12:00:00.000Z", "2026-11-29T00:00:00.000Z" },
	{ "{\"second\":\"0\",\"minute\":\"0\",\"hour\":\"0\","
	  "\"dayOfMonth\":\"31\"}",
	    "2026-01-31T00:00:00.000Z", "2026-03-31T00:00:00.000Z" },
	{ "{\"second\":\"0\",\"minute\":\"0\",\"hour\":\"0\","
	  "\"dayOfMonth\":\"29\",\"month\":\"2\"}",
	    "2026-01-01T00:00:00.000Z", "2028-02-29T00:00:00.000Z" },
	/* 2100 has no leap day */
	{ "{\"second\":\"0\",\"minute\":\"0\",\"hour\":\"0\","
	  "\"dayOfMonth\":\"29\",\"month\":\"2\"}",
	    "2097-01-01T00:00:00.000Z", "2104-02-29T00:00:00.000Z" },
	/* both of day and weekday: the first Friday the 13th of 2026 */
	{ "{\"second\":\"0\",\"minute\":\"0\",\"hour\":\"0\","
	  "\"dayOfMonth\":\"13\",\"dayOfWeek\":\"5\"}",
	    "2026-01-01T00:00:00.000Z", "2026-02-13T00:00:00.000Z" },
	{ "{\"second\":\"0\",\"minute\":\"0\",\"hour\":\"0\","
	  "\"dayOfMonth\":\"1\",\"month\":\"1\"}",
	    "2026-12-31T23:59:59.999Z", "2027-01-01T00:00:00.000Z" },
	/* the weekday of a leap day: a Sunday comes 28 years later */
	{ "{\"second\":\"0\",\"minute\":\"0\",\"hour\":\"0\","
	  "\"dayOfMonth\":\"29\",\"month\":\"2\",\"dayOfWeek\":\"7\"}",
	    "2004-02-29T00:00:00.000Z", "2032-02-29T00:00:00.000Z" },
};

static void
test_next(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(fires) / sizeof(fires[0]); i++) {
		char got[RFC3339_CHARS + 1];
		struct schedule_fault f;
		struct schedule s;
		int64_t after;

		assert_int_equal(parse(&s, &f, fires[i].schedule), ERR_OK);
		assert_int_equal(
		    rfc3339_parse(&after, span_str(fires[i].after)), ERR_OK);
		rfc3339_print(got, schedule_next(&s, after));
		if (strcmp(got, fires[i].at) != 0)
			fail_msg("%s after %s: got %s, wanted %s",
			    fires[i].schedule, fires[i].after, got,
			    fires[i].at);
	}
}

/* Against a walk over every second of three days. */
static void
test_every_second(void **state)
{
	static const char text[] = "{\"second\":\"0,[20-22],59\","
				   "\"minute\":\"[58-59],0,7\","
				   "\"hour\":\"0,[12-13],23\","
				   "\"dayOfMonth\":\"[1-2]\"}";
	int64_t start = INT64_C(1767139200000), last = start; /* 31 Dec 2025 */
	struct schedule_fault f;
	struct schedule s;
	int64_t next;

	(void)state;
	assert_int_equal(parse(&s, &f, text), ERR_OK);
	next = schedule_next(&s, start);
	for (int64_t t = 0; t < 3 * 86400; t++) {
		int64_t sec = t % 60, min = t / 60 % 60, hour = t / 3600 % 24,
			day = t / 86400;
		bool holds =
		    (sec == 0 || (sec >= 20 && sec <= 22) || sec == 59) &&
		    (min >= 58 || min == 0 || min == 7) &&
		    (hour == 0 || hour == 12 || hour == 13 || hour == 23) &&
		    day > 0;

		if (!holds)
			continue;
		assert_int_equal(next, start + t * 1000);
		assert_true(next > last);
		last = next;
		next = schedule_next(&s, last);
	}
}

static const struct bad {
	const char *schedule, *member, *detail;
} bads[] = {
	{ "[]", "", "the schedule is no object" },
	{ "{}", "", "the schedule has no member" },
	{ "{\"year\":\"1\"}", "",
	    "the schedule has a member that is not known" },
	{ "{\"aVeryLongNameOfAMember\":\"1\"}", "",
	    "the schedule has a member that is not known" },
	{ "{\"hour\":1}", "hour", "the value is no string" },
	{ "{\"hour\":\"\"}", "hour", "got something that is no number" },
	{ "{\"hour\":\"*\"}", "hour", "got something that is no number" },
	{ "{\"second\":\"0/30\"}", "second", "got something behind a number" },
	{ "{\"second\":\"1,\"}", "second", "got something that is no number" },
	{ "{\"second\":\" 1\"}", "second", "got something that is no number" },
	{ "{\"second\":\"001\"}", "second",
	    "a number has more than two digits" },
	{ "{\"second\":\"60\"}", "second", "a number is out of range" },
	{ "{\"minute\":\"60\"}", "minute", "a number is out of range" },
	{ "{\"hour\":\"24\"}", "hour", "a number is out of range" },
	{ "{\"dayOfMonth\":\"0\"}", "dayOfMonth", "a number is out of range" },
	{ "{\"dayOfMonth\":\"32\"}", "dayOfMonth", "a number is out of range" },
	{ "{\"month\":\"13\"}", "month", "a number is out of range" },
	{ "{\"dayOfWeek\":\"0\"}", "dayOfWeek", "a number is out of range" },
	{ "{\"dayOfWeek\":\"8\"}", "dayOfWeek", "a number is out of range" },
	{ "{\"hour\":\"[1-24]\"}", "hour", "a number is out of range" },
	{ "{\"hour\":\"[1\"}", "hour", "a range lacks its -" },
	{ "{\"hour\":\"[1-\"}", "hour", "got something that is no number" },
	{ "{\"hour\":\"[1-2\"}", "hour", "a range lacks its ]" },
	{ "{\"hour\":\"[2-1]\"}", "hour", "a range runs backwards" },
	{ "{\"hour\":\"1-2\"}", "hour", "got something behind a number" },
	{ "{\"dayOfMonth\":\"30\",\"month\":\"2\"}", "dayOfMonth",
	    "the schedule never fires" },
	{ "{\"dayOfMonth\":\"31\",\"month\":\"4,6,9,11\"}", "dayOfMonth",
	    "the schedule never fires" },
};

static void
test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bads) / sizeof(bads[0]); i++) {
		struct schedule_fault f;
		struct schedule s;

		if (parse(&s, &f, bads[i].schedule) != ERR_SYNTAX)
			fail_msg("taken: %s", bads[i].schedule);
		assert_string_equal(f.member, bads[i].member);
		assert_string_equal(f.detail, bads[i].detail);
		assert_non_null(f.wanted);
	}
}

static void
test_long(void **state)
{
	char text[300] = "{\"hour\":\"";
	struct schedule_fault f;
	struct schedule s;
	size_t n = strlen(text);

	(void)state;
	for (; n < SCHEDULE_VALUE + 12; n += 2) {
		text[n] = '1';
		text[n + 1] = ',';
	}
	(void)snprintf(text + n, sizeof(text) - n, "1\"}");
	assert_int_equal(parse(&s, &f, text), ERR_SYNTAX);
	assert_string_equal(f.detail, "the value is too long");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_next),
		cmocka_unit_test(test_every_second),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
