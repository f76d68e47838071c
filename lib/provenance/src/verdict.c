/* SPDX-License-Identifier: Apache-2.0 */
#include "provenance/verdict.h"

#include <stdarg.h>
#include <stdio.h>

#include "verdict_internal.h"

#include "base/banned.h"

/* verdict.md 2: word, colour, what the officer does next. */
struct kind {
	const char *word;
	const char *colour;
	const char *next;
};

static const struct kind kinds[] = {
	[VERDICT_GENUINE_STRONG] = { "genuine_strong", "green", "Release." },
	[VERDICT_GENUINE_CODE_ONLY] = { "genuine_code_only", "green",
	    "Compare the overt feature shown." },
	[VERDICT_UNKNOWN_HERE] = { "unknown_here", "grey",
	    "Not an alert: use the features of the goods, ask the brand." },
	[VERDICT_NOT_REGISTERED] = { "not_registered", "amber",
	    "Ask the brand, and check again later." },
	[VERDICT_STALE_OFFLINE] = { "stale_offline", "grey",
	    "Check again when there is a network." },
	[VERDICT_UNREADABLE] = { "unreadable", "grey", "Scan again." },
	[VERDICT_DATA_MISMATCH] = { "data_mismatch", "amber",
	    "Compare the label with the record; mostly clerical." },
	[VERDICT_CUSTODY_GAP] = { "custody_gap", "amber",
	    "Ask for documents." },
	[VERDICT_DIVERTED] = { "diverted", "amber",
	    "Genuine goods: no customs detention (Regulation (EU) 608/2013 "
	    "Art 1(5)). The brand is told." },
	[VERDICT_OVERRUN] = { "overrun", "amber",
	    "Genuine goods: no customs detention (Regulation (EU) 608/2013 "
	    "Art 1(5)). The brand is told." },
	[VERDICT_RECALLED] = { "recalled", "amber",
	    "Hold as the recall says; these are no falsified goods." },
	[VERDICT_EXPIRED] = { "expired", "amber", "Hold as the policy says." },
	[VERDICT_ALREADY_USED] = { "already_used", "red", "Hold the goods." },
	[VERDICT_DUPLICATE] = { "duplicate", "red",
	    "Hold the goods; both makings are shown." },
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

/* A text cut by its room may end inside a character. */
static CM_PRINTF(3, 0) void print_cut(
    char *out, size_t cap, const char *fmt, va_list ap)
{
	int n = vsnprintf(out, cap, fmt, ap);
	size_t end = cap - 1;

	if (n < 0)
		out[0] = '\0';
	if (n < 0 || (size_t)n < cap)
		return;
	while (end > 0 && ((unsigned char)out[end - 1] & 0xc0) == 0x80)
		end--;
	if (end > 0 && (unsigned char)out[end - 1] >= 0xc0)
		end--;
	else
		end = cap - 1;
	out[end] = '\0';
}

static CM_PRINTF(3, 4) void say(
    struct answer *out, enum verdict v, const char *fmt, ...)
{
	va_list ap;

	out->verdict = v;
	out->next = kinds[v].next;
	va_start(ap, fmt);
	print_cut(out->sentence, sizeof(out->sentence), fmt, ap);
	va_end(ap);
}

struct finding *
verdict_find(struct answer *out, const char *code, const char *group, bool hard,
    enum verdict asks, const char *fmt, ...)
{
	struct finding *f;
	va_list ap;

	if (out->finding_count == FINDINGS)
		return NULL;
	f = &out->findings[out->finding_count++];
	f->code = code;
	f->group = group;
	f->hard = hard;
	f->asks = asks;
	f->evidence_count = 0;
	va_start(ap, fmt);
	print_cut(f->text, sizeof(f->text), fmt, ap);
	va_end(ap);
	if (asks > VERDICT_GENUINE_CODE_ONLY && asks > out->verdict)
		say(out, asks, "%s", f->text);
	return f;
}

void
verdict_prove(struct finding *f, uint64_t index)
{
	if (f == NULL)
		return;
	for (unsigned i = 0; i < f->evidence_count; i++) {
		if (f->evidence[i] == index)
			return;
	}
	if (f->evidence_count < FINDING_EVIDENCE)
		f->evidence[f->evidence_count++] = index;
}

size_t
judging_steps(const struct judging *j)
{
	return j->history == NULL ? 0 : custody_count(j->history);
}

const struct custody_step *
judging_step(const struct judging *j, size_t i)
{
	const struct custody_step *s = custody_at(j->history, i);

	return s->withdrawn ? NULL : s;
}

const struct custody_step *
judging_direct(const struct judging *j, size_t i)
{
	const struct custody_step *s = judging_step(j, i);

	return s == NULL || s->via[0] != '\0' ? NULL : s;
}

const struct custody_step *
judging_making(const struct judging *j, size_t i)
{
	const struct custody_step *s = judging_direct(j, i);

	return s == NULL || !s->commissions ? NULL : s;
}

static void
prove_steps(struct finding *f, const struct judging *j)
{
	for (size_t i = 0; i < judging_steps(j); i++)
		verdict_prove(f, custody_at(j->history, i)->index);
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
judge_not_issued(struct judging *j)
{
	bool seen = judging_steps(j) > 0;
	bool forged = !j->goods->during && !seen;
	struct finding *f = verdict_find(j->out, "never_commissioned",
	    "identity", forged,
	    forged ? VERDICT_FORGED : VERDICT_NOT_REGISTERED,
	    "serial %s of GTIN %s was never commissioned", j->serial, j->gtin);

	verdict_prove(f, j->goods->index);
	prove_steps(f, j);
	if (forged)
		say(j->out, VERDICT_FORGED,
		    "Serial %s of GTIN %s was never issued.", j->serial,
		    j->gtin);
	else if (seen)
		say(j->out, VERDICT_NOT_REGISTERED,
		    "Serial %s of GTIN %s was seen, but its making is not in "
		    "the ledger.",
		    j->serial, j->gtin);
	else
		say(j->out, VERDICT_NOT_REGISTERED,
		    "Serial %s of GTIN %s is not in the ledger; its maker may "
		    "not have reported yet.",
		    j->serial, j->gtin);
}

static void
judge_unconnected(struct judging *j)
{
	struct finding *f = verdict_find(j->out, "gtin_not_connected",
	    "identity", false, VERDICT_UNKNOWN_HERE,
	    "no registered goods connect GTIN %s to this ledger", j->gtin);

	prove_steps(f, j);
	say(j->out, VERDICT_UNKNOWN_HERE,
	    "GTIN %s is not connected to this ledger.", j->gtin);
}

/* docs/verdict.md 3.7 */
static void
judge_gap(struct answer *out)
{
	const char *group = NULL;

	for (unsigned i = 0; i < out->finding_count; i++) {
		const struct finding *f = &out->findings[i];

		if (f->asks > VERDICT_GENUINE_CODE_ONLY)
			continue;
		if (group == NULL)
			group = f->group;
		if (strcmp(group, f->group) == 0)
			continue;
		if (out->verdict < VERDICT_CUSTODY_GAP)
			say(out, VERDICT_CUSTODY_GAP,
			    "The story of this item does not hold together in "
			    "more than one respect.");
		return;
	}
}

static void
judge_rules(struct judging *j)
{
	for (size_t i = 0; j->made == NULL && i < judging_steps(j); i++)
		j->made = judging_making(j, i);
	if (j->goods->right[0] != '\0')
		j->right = roster_right(j->roster, span_str(j->goods->right));
	if (j->made == NULL)
		judge_not_issued(j);
	else
		verdict_rule_licence(j);
	verdict_put_right(j);
	verdict_rule_devices(j);
	verdict_rule_twice(j);
	verdict_rule_used(j);
	verdict_rule_resale(j);
	verdict_rule_label(j);
	verdict_rule_territory(j);
	verdict_rule_recall(j);
	verdict_rule_expired(j);
	judge_gap(j->out);
}

static void
judge_gtin(struct judging *j)
{
	value_of(j->gtin, sizeof(j->gtin), j->code, "01");
	value_of(j->serial, sizeof(j->serial), j->code,
	    gs1_value(j->code, "21").p != NULL ? "21" : "235");
	say(j->out, VERDICT_GENUINE_CODE_ONLY,
	    "Serial %s of GTIN %s was issued; a copy of the printed code "
	    "cannot be excluded.",
	    j->serial, j->gtin);
	j->goods = roster_goods(j->roster, j->gtin);
	if (j->goods == NULL)
		judge_unconnected(j);
	else
		judge_rules(j);
}

/* A code without a GTIN (an SSCC, an asset): there is no register of what was
 * issued, so being in the ledger is all that can be said. */
static void
judge_other(struct judging *j)
{
	size_t n = judging_steps(j);

	if (n == 0)
		say(j->out, VERDICT_UNKNOWN_HERE,
		    "This code is well formed, but not in this ledger.");
	else
		say(j->out, VERDICT_GENUINE_CODE_ONLY,
		    "This code is in the ledger with %zu event%s; a copy of "
		    "the printed code cannot be excluded.",
		    n, n == 1 ? "" : "s");
}

void
verdict_judge(struct answer *out, const struct gs1_code *code,
    struct roster *roster, const struct custody *history,
    const struct verdict_question *q)
{
	struct judging j = { .out = out,
		.code = code,
		.roster = roster,
		.history = history,
		.q = q };

	memset(out, 0, sizeof(*out));
	if (!gs1_is_instance(code)) {
		say(out, VERDICT_UNREADABLE,
		    "This code names a kind of product, not one item: it has "
		    "no serial.");
		out->next = "Scan the 2D code beside it.";
		return;
	}
	if (gs1_value(code, "01").p != NULL && gs1_value(code, "00").p == NULL)
		judge_gtin(&j);
	else
		judge_other(&j);
}

void
verdict_unreadable(struct answer *out, const struct diag *d)
{
	memset(out, 0, sizeof(*out));
	(void)verdict_find(out, err_name(d->code), "identity", false,
	    VERDICT_UNREADABLE, "%s%s%s", d->text,
	    d->clause[0] == '\0' ? "" : ", ", d->clause);
	say(out, VERDICT_UNREADABLE, "The code cannot be read: %s.", d->text);
	out->next = err_advice(d->code);
}
