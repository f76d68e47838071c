/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules of docs/verdict.md 4 that need no licence, in the order of its
 * table.
 */
#include <stdio.h>

#include "roster_internal.h"
#include "verdict_internal.h"

#include "base/banned.h"

#define DAY_MS INT64_C(86400000)
#define UNDO_MS (10 * DAY_MS)

static bool
is_one_of(const char *word, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(word, words[i]) == 0)
			return true;
	return false;
}
#define IS_ONE_OF(word, words)                                                 \
	is_one_of(word, words, sizeof(words) / sizeof((words)[0]))

static void
find_device(struct judging *j, const char *code, const char *group,
    const char *what, const struct custody_step *s, uint64_t index)
{
	struct finding *f =
	    verdict_find(j->out, code, group, false, VERDICT_GENUINE_CODE_ONLY,
		"commissioned with %.150s, %s", s->device, what);

	verdict_prove(f, s->index);
	verdict_prove(f, index);
}

void
verdict_rule_devices(struct judging *j)
{
	bool revoked = false, forked = false;

	for (size_t i = 0; i < judging_steps(j); i++) {
		const struct custody_step *s = judging_making(j, i);
		const struct device_item *item =
		    s == NULL ? NULL
			      : roster_signer(j->roster, span_str(s->device));
		const struct roster_device *d;

		if (item == NULL)
			continue;
		d = &item->device;
		if (!revoked && d->revoked && s->signed_ms != 0 &&
		    s->signed_ms >= d->revoked_from_ms) {
			find_device(j, "device_revoked", "authority",
			    "which was revoked then", s, d->revoked_index);
			revoked = true;
		}
		if (!forked && d->suspension_registered) {
			find_device(j, "device_forked", "integrity",
			    "which is suspended", s, d->registered_index);
			forked = true;
		}
	}
}

/* A step that says it makes the item; ADD alone is often said of what is
 * merely received. */
static const struct custody_step *
plain_making(const struct judging *j, size_t i)
{
	static const char *const steps[] = { "commissioning",
		"creating_class_instance" };
	const struct custody_step *s = judging_making(j, i);

	if (s == NULL || s->organisation[0] == '\0' ||
	    (s->action[0] != '\0' && !IS_ONE_OF(s->biz_step, steps)))
		return NULL;
	return s;
}

/* verdict.md 3: a step by one who is not entitled to it changes no state. */
static bool
counts(const struct judging *j, const struct custody_step *s)
{
	struct entitlement by;

	if (j->right == NULL)
		return true;
	verdict_entitled(&by, j, s);
	return by.how == ENTITLED_OWNER || by.how == ENTITLED_LICENCE;
}

static void
find_makers(struct judging *j)
{
	const struct custody_step *first = NULL;

	for (size_t i = 0; i < judging_steps(j); i++) {
		const struct custody_step *s = plain_making(j, i);
		struct finding *f;

		if (s == NULL ||
		    (first != NULL &&
			strcmp(first->organisation, s->organisation) == 0) ||
		    !counts(j, s))
			continue;
		if (first == NULL) {
			first = s;
			continue;
		}
		f = verdict_find(j->out, "commissioned_by_two", "history", true,
		    VERDICT_DUPLICATE, "Commissioned by %.80s and by %.80s.",
		    first->organisation, s->organisation);
		verdict_prove(f, first->index);
		verdict_prove(f, s->index);
		return;
	}
}

static const struct custody_step *
earlier_making(const struct judging *j, size_t below)
{
	const struct custody_step *s = plain_making(j, below);

	for (size_t i = 0; s != NULL && i < below; i++) {
		const struct custody_step *t = plain_making(j, i);

		if (t != NULL && t->index != s->index &&
		    strcmp(t->organisation, s->organisation) == 0)
			return t;
	}
	return NULL;
}

void
verdict_rule_twice(struct judging *j)
{
	find_makers(j);
	for (size_t i = 0; i < judging_steps(j); i++) {
		const struct custody_step *t = earlier_making(j, i);
		struct finding *f;

		if (t == NULL)
			continue;
		f = verdict_find(j->out, "commissioned_twice", "history", false,
		    VERDICT_GENUINE_CODE_ONLY, "commissioned twice by %.150s",
		    t->organisation);
		verdict_prove(f, t->index);
		verdict_prove(f, judging_step(j, i)->index);
		return;
	}
}

/* 4.3: in the order in which one takes another's place. */
enum used {
	USED_NOT,
	USED_STOLEN,
	USED_DISPENSED,
	USED_DECOMMISSIONED,
	USED_DESTROYED
};

static enum used
use_of(const struct custody_step *s)
{
	if (strcmp(s->biz_step, "destroying") == 0 ||
	    strcmp(s->disposition, "destroyed") == 0)
		return USED_DESTROYED;
	if (strcmp(s->biz_step, "decommissioning") == 0)
		return USED_DECOMMISSIONED;
	if (strcmp(s->disposition, "dispensed") == 0 ||
	    (strcmp(s->biz_step, "dispensing") == 0 &&
		strcmp(s->disposition, "partially_dispensed") != 0))
		return USED_DISPENSED;
	if (strcmp(s->disposition, "stolen") == 0)
		return USED_STOLEN;
	return USED_NOT;
}

static bool
lifts(
    enum used now, const struct custody_step *by, const struct custody_step *s)
{
	static const char *const back[] = { "active", "in_progress", "returned",
		"sellable_accessible", "sellable_not_accessible" };
	int64_t apart;

	if (now == USED_NOT || now == USED_DESTROYED ||
	    by->organisation[0] == '\0' ||
	    strcmp(by->organisation, s->organisation) != 0)
		return false;
	if (now == USED_STOLEN)
		return strcmp(s->biz_step, "inspecting") != 0;
	if (by->event_ms == INT64_MIN || s->event_ms == INT64_MIN)
		return false;
	apart = s->event_ms - by->event_ms;
	return strcmp(by->place, s->place) == 0 &&
	       IS_ONE_OF(s->disposition, back) && apart <= UNDO_MS &&
	       apart >= -UNDO_MS;
}

void
verdict_rule_used(struct judging *j)
{
	static const char *const codes[][2] = {
		[USED_STOLEN] = { "used_stolen", "reported stolen" },
		[USED_DISPENSED] = { "used_dispensed", "dispensed" },
		[USED_DECOMMISSIONED] = { "used_decommissioned",
		    "decommissioned" },
		[USED_DESTROYED] = { "used_destroyed", "destroyed" },
	};
	const struct custody_step *by = NULL;
	enum used now = USED_NOT;

	for (size_t i = 0; i < judging_steps(j); i++) {
		const struct custody_step *s = judging_direct(j, i);
		enum used next = s == NULL ? USED_NOT : use_of(s);

		if (s == NULL)
			continue;
		if (next > now) {
			now = next;
			by = s;
		} else if (next == USED_NOT && lifts(now, by, s)) {
			now = USED_NOT;
		}
	}
	if (now != USED_NOT)
		verdict_prove(
		    verdict_find(j->out, codes[now][0], "history", true,
			VERDICT_ALREADY_USED, "This item was %s on %.30s.",
			codes[now][1], by->event_time),
		    by->index);
}

/* 4.4 */
static bool
goes_on(const struct custody_step *sale, const struct custody_step *s)
{
	static const char *const steps[] = { "shipping", "receiving",
		"commissioning", "packing", "retail_selling" };

	return IS_ONE_OF(s->biz_step, steps) && sale->event_ms != INT64_MIN &&
	       s->event_ms != INT64_MIN &&
	       s->event_ms - sale->event_ms > DAY_MS;
}

static bool
brings_back(const struct custody_step *sale, const struct custody_step *s)
{
	return strcmp(s->disposition, "returned") == 0 ||
	       strcmp(s->biz_step, "void_shipping") == 0 ||
	       strcmp(s->organisation, sale->organisation) == 0;
}

void
verdict_rule_resale(struct judging *j)
{
	const struct custody_step *sale = NULL;

	for (size_t i = 0; i < judging_steps(j); i++) {
		const struct custody_step *s = judging_step(j, i);
		struct finding *f;

		if (s == NULL)
			continue;
		if (sale != NULL && brings_back(sale, s)) {
			sale = NULL;
		} else if (sale != NULL && goes_on(sale, s)) {
			f = verdict_find(j->out, "step_after_sale", "history",
			    false, VERDICT_GENUINE_CODE_ONLY,
			    "%s after it was sold on %.30s, without coming "
			    "back",
			    s->biz_step, sale->event_time);
			verdict_prove(f, sale->index);
			verdict_prove(f, s->index);
			return;
		}
		if (sale == NULL &&
		    (strcmp(s->biz_step, "retail_selling") == 0 ||
			strcmp(s->disposition, "retail_sold") == 0))
			sale = s;
	}
}

static void
prove_makings(struct finding *f, const struct judging *j, bool expiry)
{
	for (size_t i = 0; i < judging_steps(j); i++) {
		const struct custody_step *s = judging_making(j, i);

		if (s != NULL && (expiry ? s->expiry : s->lot)[0] != '\0')
			verdict_prove(f, s->index);
	}
}

static bool
lot_known(const struct judging *j, struct span lot, bool *any)
{
	*any = false;
	for (size_t i = 0; i < judging_steps(j); i++) {
		const struct custody_step *s = judging_making(j, i);

		if (s == NULL || s->lot[0] == '\0')
			continue;
		*any = true;
		if (span_is(lot, s->lot))
			return true;
	}
	return false;
}

struct date {
	int year, month, day; /* day 0: the month's last */
};

static bool
digits(int *out, const char *p, size_t n)
{
	*out = 0;
	for (size_t i = 0; i < n; i++) {
		if (p[i] < '0' || p[i] > '9')
			return false;
		*out = *out * 10 + (p[i] - '0');
	}
	return true;
}

static int
month_days(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30,
		31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap ? 1 : 0);
}

static bool
date_ok(const struct date *d)
{
	return d->year >= 1 && d->month >= 1 && d->month <= 12 && d->day >= 0 &&
	       d->day <= month_days(d->year, d->month);
}

static bool
read_record(struct date *out, const char *text)
{
	return strlen(text) >= 10 && text[4] == '-' && text[7] == '-' &&
	       digits(&out->year, text, 4) &&
	       digits(&out->month, text + 5, 2) &&
	       digits(&out->day, text + 8, 2) && out->day > 0 && date_ok(out);
}

/* General Specifications 7.12: within 49 years before and 50 after. */
static bool
read_label(struct date *out, const struct judging *j)
{
	struct span v = gs1_value(j->code, "17");
	char now[RFC3339_CHARS + 1], text[7];
	int year;

	if (v.n != 6)
		return false;
	memcpy(text, v.p, 6);
	text[6] = '\0';
	rfc3339_print(now, j->q->at_ms);
	if (!digits(&year, now, 4) || !digits(&out->year, text, 2) ||
	    !digits(&out->month, text + 2, 2) ||
	    !digits(&out->day, text + 4, 2))
		return false;
	if (out->year - year % 100 >= 51)
		year -= 100;
	else if (out->year - year % 100 <= -50)
		year += 100;
	out->year += year - year % 100;
	return date_ok(out);
}

/* Milliseconds at its beginning, UTC. */
static int64_t
date_ms(const struct date *d)
{
	int64_t days = 0;
	int day = d->day == 0 ? month_days(d->year, d->month) : d->day;

	for (int y = 1970; y < d->year; y++)
		days += month_days(y, 2) == 29 ? 366 : 365;
	for (int y = d->year; y < 1970; y++)
		days -= month_days(y, 2) == 29 ? 366 : 365;
	for (int m = 1; m < d->month; m++)
		days += month_days(d->year, m);
	return (days + day - 1) * DAY_MS;
}

static void
find_expiry_differs(struct judging *j)
{
	struct date label, record;
	bool any = false;

	if (!read_label(&label, j))
		return;
	for (size_t i = 0; i < judging_steps(j); i++) {
		const struct custody_step *s = judging_making(j, i);

		if (s == NULL || !read_record(&record, s->expiry))
			continue;
		any = true;
		if (label.year == record.year && label.month == record.month &&
		    (label.day == 0 || label.day == record.day))
			return;
	}
	if (any)
		prove_makings(
		    verdict_find(j->out, "expiry_differs", "identity", false,
			VERDICT_DATA_MISMATCH,
			"The label says it expires on %04d-%02d-%02d; the "
			"record says another day.",
			label.year, label.month, label.day),
		    j, true);
}

void
verdict_rule_label(struct judging *j)
{
	struct span lot = gs1_value(j->code, "10");
	bool any = false;

	if (lot.p != NULL && !lot_known(j, lot, &any) && any)
		prove_makings(verdict_find(j->out, "lot_differs", "identity",
				  false, VERDICT_DATA_MISMATCH,
				  "The label says lot %.*s; the record says "
				  "another.",
				  (int)lot.n, (const char *)lot.p),
		    j, false);
	find_expiry_differs(j);
}

static bool
recall_reaches(const struct judging *j, const struct roster_recall *v)
{
	struct span lot = gs1_value(j->code, "10");
	bool any;

	if (v->from_ms > j->q->at_ms ||
	    (v->ended && v->ended_ms <= j->q->at_ms))
		return false;
	if ((v->lots.n == 0 && v->serials.n == 0) ||
	    word_list_has(&v->serials, span_str(j->serial)) ||
	    (lot.p != NULL && word_list_has(&v->lots, lot)))
		return true;
	for (size_t i = 0; i < v->lots.n; i++)
		if (lot_known(j, span_str(v->lots.at[i]), &any))
			return true;
	return false;
}

void
verdict_rule_recall(struct judging *j)
{
	const struct roster_recall *v;
	struct finding *f;

	for (size_t i = 0;
	     (v = roster_recall_of(j->roster, j->gtin, i)) != NULL; i++) {
		if (!recall_reaches(j, v))
			continue;
		f = verdict_find(j->out, "recalled", "market", false,
		    VERDICT_RECALLED, "Under recall %.80s%s%s", v->id,
		    v->reason[0] == '\0' ? "." : ": ", v->reason);
		verdict_prove(f, v->index);
		if (j->made != NULL)
			verdict_prove(f, j->made->index);
		return;
	}
}

void
verdict_rule_expired(struct judging *j)
{
	const struct custody_step *by = NULL;
	struct date d = { 0, 0, 0 }, best = { 0, 0, 0 };
	struct finding *f;

	for (size_t i = 0; i < judging_steps(j); i++) {
		const struct custody_step *s = judging_making(j, i);

		if (s == NULL || !read_record(&d, s->expiry) ||
		    (by != NULL && date_ms(&d) <= date_ms(&best)))
			continue;
		best = d;
		by = s;
	}
	if (by == NULL && !read_label(&best, j))
		return;
	if (j->q->at_ms < date_ms(&best) + 36 * INT64_C(3600000))
		return;
	f = verdict_find(j->out, "expired", "market", false, VERDICT_EXPIRED,
	    "Expired on %04d-%02d-%02d.", best.year, best.month,
	    best.day == 0 ? month_days(best.year, best.month) : best.day);
	if (by == NULL)
		by = j->made;
	if (by != NULL)
		verdict_prove(f, by->index);
}
