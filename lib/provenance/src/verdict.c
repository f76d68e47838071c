/* SPDX-License-Identifier: Apache-2.0 */
#include "provenance/verdict.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/banned.h"

/* verdict.md 2: word, colour, what the officer does next. */
struct kind {
	const char *word;
	const char *colour;
	const char *next;
};

static const struct kind kinds[] = {
	[VERDICT_GENUINE_CODE_ONLY] = { "genuine_code_only", "green",
	    "Compare the overt feature shown." },
	[VERDICT_UNKNOWN_HERE] = { "unknown_here", "grey",
	    "Not an alert: use the features of the goods, ask the brand." },
	[VERDICT_NOT_REGISTERED] = { "not_registered", "amber",
	    "Ask the brand, and check again later." },
	[VERDICT_UNREADABLE] = { "unreadable", "grey", "Scan again." },
	[VERDICT_FORGED] = { "forged", "red",
	    "Hold the goods and write a detention report." },
};

const char *
verdict_word(enum verdict v)
{
	return kinds[v].word;
}

const char *
verdict_colour(enum verdict v)
{
	return kinds[v].colour;
}

static CM_PRINTF(3, 4) void say(
    struct answer *out, enum verdict v, const char *fmt, ...)
{
	va_list ap;

	out->verdict = v;
	out->next = kinds[v].next;
	va_start(ap, fmt);
	(void)vsnprintf(out->sentence, sizeof(out->sentence), fmt, ap);
	va_end(ap);
}

static CM_PRINTF(5, 6) struct finding *find(struct answer *out,
    const char *code, const char *group, bool hard, const char *fmt, ...)
{
	struct finding *f = &out->findings[out->finding_count];
	va_list ap;

	assert(out->finding_count < FINDINGS);
	out->finding_count++;
	f->code = code;
	f->group = group;
	f->hard = hard;
	f->evidence_count = 0;
	va_start(ap, fmt);
	(void)vsnprintf(f->text, sizeof(f->text), fmt, ap);
	va_end(ap);
	return f;
}

/* An index as evidence, once. */
static void
prove(struct finding *f, uint64_t index)
{
	for (unsigned i = 0; i < f->evidence_count; i++) {
		if (f->evidence[i] == index)
			return;
	}
	if (f->evidence_count < FINDING_EVIDENCE)
		f->evidence[f->evidence_count++] = index;
}

static void
prove_steps(struct finding *f, const struct custody *history)
{
	for (size_t i = 0; history != NULL && i < custody_count(history); i++)
		prove(f, custody_at(history, i)->index);
}

static const struct custody_step *
commissioning_of(const struct custody *history)
{
	for (size_t i = 0; history != NULL && i < custody_count(history); i++) {
		const struct custody_step *s = custody_at(history, i);

		if (s->commissions && !s->withdrawn && s->via[0] == '\0')
			return s;
	}
	return NULL;
}

/* Organisation of the goods' registration as a step names it. */
static bool
by_right_holder(struct roster *roster, const struct roster_goods *goods,
    const struct custody_step *step)
{
	const struct roster_org *org =
	    roster_org(roster, span_str(goods->organisation));

	return org != NULL && strcmp(org->did, step->organisation) == 0;
}

/* The printable value of an AI, cut to what a sentence takes. */
static void
value_of(char *out, size_t cap, const struct gs1_code *code, const char *ai)
{
	struct span v = gs1_value(code, ai);
	size_t n = v.n < cap ? v.n : cap - 1;

	if (n > 0)
		memcpy(out, v.p, n);
	out[n] = '\0';
}

static void
judge_issued(struct answer *out, struct roster *roster,
    const struct roster_goods *goods, const char *gtin, const char *serial,
    const struct custody_step *made)
{
	struct finding *f;

	say(out, VERDICT_GENUINE_CODE_ONLY,
	    "Serial %s of GTIN %s was issued; a copy of the printed code "
	    "cannot be excluded.",
	    serial, gtin);
	if (by_right_holder(roster, goods, made))
		return;
	f = find(out, "commissioned_by_other", "authority", false,
	    "commissioned by %.100s, while the goods belong to organisation "
	    "%s",
	    made->organisation[0] == '\0' ? "a device without organisation"
					  : made->organisation,
	    goods->organisation);
	prove(f, made->index);
	prove(f, goods->index);
}

static void
judge_not_issued(struct answer *out, const struct roster_goods *goods,
    const char *gtin, const char *serial, const struct custody *history)
{
	bool seen = history != NULL && custody_count(history) > 0;
	bool forged = !goods->during && !seen;
	struct finding *f = find(out, "never_commissioned", "identity", forged,
	    "serial %s of GTIN %s was never commissioned", serial, gtin);

	prove(f, goods->index);
	prove_steps(f, history);
	if (forged)
		say(out, VERDICT_FORGED,
		    "Serial %s of GTIN %s was never issued.", serial, gtin);
	else if (seen)
		say(out, VERDICT_NOT_REGISTERED,
		    "Serial %s of GTIN %s was seen, but its making is not in "
		    "the ledger.",
		    serial, gtin);
	else
		say(out, VERDICT_NOT_REGISTERED,
		    "Serial %s of GTIN %s is not in the ledger; its maker may "
		    "not have reported yet.",
		    serial, gtin);
}

static void
judge_unconnected(
    struct answer *out, const char *gtin, const struct custody *history)
{
	struct finding *f = find(out, "gtin_not_connected", "identity", false,
	    "no registered goods connect GTIN %s to this ledger", gtin);

	prove_steps(f, history);
	say(out, VERDICT_UNKNOWN_HERE,
	    "GTIN %s is not connected to this ledger.", gtin);
}

static void
judge_gtin(struct answer *out, const struct gs1_code *code,
    struct roster *roster, const struct custody *history)
{
	const struct custody_step *made = commissioning_of(history);
	const struct roster_goods *goods;
	char gtin[15], serial[64];

	value_of(gtin, sizeof(gtin), code, "01");
	value_of(serial, sizeof(serial), code,
	    gs1_value(code, "21").p != NULL ? "21" : "235");
	goods = roster_goods(roster, gtin);
	if (goods == NULL)
		judge_unconnected(out, gtin, history);
	else if (made != NULL)
		judge_issued(out, roster, goods, gtin, serial, made);
	else
		judge_not_issued(out, goods, gtin, serial, history);
}

/* A code without a GTIN (an SSCC, an asset): there is no register of what was
 * issued, so being in the ledger is all that can be said. */
static void
judge_other(struct answer *out, const struct custody *history)
{
	size_t n = history == NULL ? 0 : custody_count(history);

	if (n == 0)
		say(out, VERDICT_UNKNOWN_HERE,
		    "This code is well formed, but not in this ledger.");
	else
		say(out, VERDICT_GENUINE_CODE_ONLY,
		    "This code is in the ledger with %zu event%s; a copy of "
		    "the printed code cannot be excluded.",
		    n, n == 1 ? "" : "s");
}

void
verdict_judge(struct answer *out, const struct gs1_code *code,
    struct roster *roster, const struct custody *history)
{
	memset(out, 0, sizeof(*out));
	if (!gs1_is_instance(code)) {
		say(out, VERDICT_UNREADABLE,
		    "This code names a kind of product, not one item: it has "
		    "no serial.");
		out->next = "Scan the 2D code beside it.";
		return;
	}
	if (gs1_value(code, "01").p != NULL && gs1_value(code, "00").p == NULL)
		judge_gtin(out, code, roster, history);
	else
		judge_other(out, history);
}

void
verdict_unreadable(struct answer *out, const struct diag *d)
{
	memset(out, 0, sizeof(*out));
	say(out, VERDICT_UNREADABLE, "The code cannot be read: %s.", d->text);
	out->next = err_advice(d->code);
	(void)find(out, err_name(d->code), "identity", false, "%s%s%s", d->text,
	    d->clause[0] == '\0' ? "" : ", ", d->clause);
}
