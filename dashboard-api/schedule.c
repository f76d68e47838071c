/* SPDX-License-Identifier: Apache-2.0 */
#include "schedule.h"

#include <stdio.h>

#include "base/banned.h"

#define DAY_S 86400
/* Weekdays of 29 February repeat after 28 years, or 40 around a century
 * without a leap day. */
#define SEARCH_DAYS (41 * 366)

/* ---- reading ---- */
static const struct {
	const char *name;
	unsigned least, most;
	const char *wanted;
} members[] = {
	{ "second", 0, 59, "numbers and [a-b] ranges within 0-59" },
	{ "minute", 0, 59, "numbers and [a-b] ranges within 0-59" },
	{ "hour", 0, 23, "numbers and [a-b] ranges within 0-23" },
	{ "dayOfMonth", 1, 31, "numbers and [a-b] ranges within 1-31" },
	{ "month", 1, 12, "numbers and [a-b] ranges within 1-12" },
	{ "dayOfWeek", 1, 7,
	    "numbers and [a-b] ranges within 1-7, 1 is Monday" },
};
#define MEMBERS (sizeof(members) / sizeof(members[0]))

/* One or two digits; NULL or what is wrong. */
static const char *
take_number(unsigned *out, struct span *in, size_t row)
{
	unsigned v = 0, digits = 0;

	while (in->n > 0 && in->p[0] >= '0' && in->p[0] <= '9') {
		if (++digits > 2)
			return "a number has more than two digits";
		v = v * 10 + (in->p[0] - (unsigned)'0');
		*in = span_skip(*in, 1);
	}
	if (digits == 0)
		return "got something that is no number";
	if (v < members[row].least || v > members[row].most)
		return "a number is out of range";
	*out = v;
	return NULL;
}

static bool
take_byte(struct span *in, char c)
{
	if (in->n == 0 || in->p[0] != (uint8_t)c)
		return false;
	*in = span_skip(*in, 1);
	return true;
}

static const char *
take_part(uint64_t *set, struct span *in, size_t row)
{
	bool range = take_byte(in, '[');
	unsigned first, last;
	const char *why = take_number(&first, in, row);

	if (why != NULL)
		return why;
	last = first;
	if (range) {
		if (!take_byte(in, '-'))
			return "a range lacks its -";
		if ((why = take_number(&last, in, row)) != NULL)
			return why;
		if (!take_byte(in, ']'))
			return "a range lacks its ]";
		if (last < first)
			return "a range runs backwards";
	}
	for (unsigned i = first; i <= last; i++)
		*set |= UINT64_C(1) << i;
	return NULL;
}

static const char *
take_text(uint64_t *set, struct span text, size_t row)
{
	const char *why = take_part(set, &text, row);

	while (why == NULL && text.n > 0) {
		if (!take_byte(&text, ','))
			return "got something behind a number";
		why = take_part(set, &text, row);
	}
	return why;
}

static const char *
take_member(
    uint64_t *set, const struct json_doc *doc, uint32_t node, size_t row)
{
	uint8_t space[SCHEDULE_VALUE];
	struct span text;

	if (json_type(doc, node) != JSON_STRING)
		return "the value is no string";
	if (json_string(&text, doc, node, space, sizeof(space)) != ERR_OK ||
	    text.n > SCHEDULE_VALUE)
		return "the value is too long";
	return take_text(set, text, row);
}

static enum err
fault(struct schedule_fault *f, const char *member, const char *wanted,
    const char *detail)
{
	(void)snprintf(f->member, sizeof(f->member), "%s", member);
	f->wanted = wanted;
	f->detail = detail;
	return ERR_SYNTAX;
}

static size_t
row_of(const struct json_doc *doc, uint32_t member)
{
	uint8_t space[16];
	struct span key;
	size_t i = 0;

	if (json_key(&key, doc, member, space, sizeof(space)) != ERR_OK)
		return MEMBERS;
	while (i < MEMBERS && !span_is(key, members[i].name))
		i++;
	return i;
}

/* Absent members hold of everything. */
static void
fill(struct schedule *out, const uint64_t sets[MEMBERS])
{
	uint64_t s[MEMBERS];

	for (size_t i = 0; i < MEMBERS; i++)
		s[i] = sets[i] != 0 ? sets[i]
				    : (UINT64_C(2) << members[i].most) -
					  (UINT64_C(1) << members[i].least);
	out->second = s[0];
	out->minute = s[1];
	out->hour = (uint32_t)s[2];
	out->day = (uint32_t)s[3];
	out->month = (uint32_t)s[4];
	out->weekday = (uint32_t)s[5];
}

enum err
schedule_parse(struct schedule *out, const struct json_doc *doc,
    uint32_t object, struct schedule_fault *f)
{
	static const char names[] =
	    "second, minute, hour, dayOfMonth, month, dayOfWeek";
	uint64_t sets[MEMBERS] = { 0 };

	if (json_type(doc, object) != JSON_OBJECT)
		return fault(f, "", names, "the schedule is no object");
	if (json_first(doc, object) == JSON_NONE)
		return fault(f, "", names, "the schedule has no member");
	for (uint32_t m = json_first(doc, object); m != JSON_NONE;
	     m = doc->nodes[m].next) {
		size_t row = row_of(doc, m);
		const char *why;

		if (row == MEMBERS)
			return fault(f, "", names,
			    "the schedule has a member that is not known");
		if ((why = take_member(&sets[row], doc, m, row)) != NULL)
			return fault(
			    f, members[row].name, members[row].wanted, why);
	}
	fill(out, sets);
	if (schedule_next(out, 0) < 0)
		return fault(f, "dayOfMonth", "a day that the months have",
		    "the schedule never fires");
	return ERR_OK;
}

/* ---- time ---- */
struct date {
	unsigned year, month, day; /* from 1 */
};

static unsigned
month_days(unsigned year, unsigned month)
{
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	if (month == 2)
		return leap ? 29 : 28;
	return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

static unsigned
year_days(unsigned year)
{
	return 337 + month_days(year, 2);
}

static struct date
date_of(int64_t day)
{
	struct date d = { 1970, 1, 1 };

	/* 400 years have as many days always */
	d.year += (unsigned)(day / 146097) * 400;
	day %= 146097;
	while (day >= year_days(d.year))
		day -= year_days(d.year++);
	while (day >= month_days(d.year, d.month))
		day -= month_days(d.year, d.month++);
	d.day += (unsigned)day;
	return d;
}

static void
date_step(struct date *d)
{
	if (++d->day <= month_days(d->year, d->month))
		return;
	d->day = 1;
	if (++d->month <= 12)
		return;
	d->month = 1;
	d->year++;
}

/* The lowest bit from `from` on, below count; count when there is none. */
static unsigned
from(uint64_t set, unsigned from, unsigned count)
{
	while (from < count && (set >> from & 1) == 0)
		from++;
	return from;
}

/* Second of the day from `at` on; DAY_S when there is none. */
static unsigned
time_from(const struct schedule *s, unsigned at)
{
	unsigned hour = at / 3600, minute = at / 60 % 60, second = at % 60;

	for (; (hour = from(s->hour, hour, 24)) < 24; hour++, minute = 0) {
		if (hour != at / 3600)
			minute = second = 0;
		for (; (minute = from(s->minute, minute, 60)) < 60; minute++) {
			if (hour * 60 + minute != at / 60)
				second = 0;
			second = from(s->second, second, 60);
			if (second < 60)
				return (hour * 60 + minute) * 60 + second;
		}
	}
	return DAY_S;
}

int64_t
schedule_next(const struct schedule *s, int64_t after_ms)
{
	int64_t at = after_ms / 1000 + 1, day = at / DAY_S;
	unsigned second = (unsigned)(at % DAY_S);
	struct date d = date_of(day);

	for (unsigned i = 0; i < SEARCH_DAYS; i++, day++, second = 0) {
		/* the first of January 1970 was a Thursday */
		unsigned weekday = (unsigned)((day + 3) % 7) + 1;

		if ((s->day >> d.day & 1) != 0 &&
		    (s->month >> d.month & 1) != 0 &&
		    (s->weekday >> weekday & 1) != 0 &&
		    (second = time_from(s, second)) < DAY_S)
			return (day * DAY_S + second) * 1000;
		date_step(&d);
	}
	return -1;
}
