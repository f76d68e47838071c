/* SPDX-License-Identifier: Apache-2.0 */
#include "api.h"

#include <stdlib.h>

#include "base/banned.h"

/*
 * What findings tell whom (api.md, Access). The texts of lib/provenance name
 * organisations, places and containers as /history shows them to who may see
 * the steps whole; all others get what was found, not about whom. A code that
 * is not listed here is taken to name somebody.
 */
static const char *const names_nobody[] = { "never_commissioned",
	"gtin_not_connected", "lot_differs", "expiry_differs", "expired",
	"recalled", "step_after_sale", "outside_territory", "used_stolen",
	"used_dispensed", "used_decommissioned", "used_destroyed" };

static const struct {
	const char *code, *text;
} by_code[] = {
	{ "commissioned_by_other",
	    "commissioned by another organisation than the goods belong to" },
	{ "commissioned_by_two", "commissioned by two organisations" },
	{ "commissioned_twice", "commissioned twice" },
	{ "licence_goods", "made under a licence for other goods" },
	{ "licence_period", "made under a licence for another time" },
	{ "licence_quantity",
	    "made under a licence whose quantity was reached" },
	{ "device_revoked", "made by a device that was revoked then" },
	{ "device_forked", "made by a device that is suspended" },
};

static const struct {
	const char *group, *text;
} by_group[] = {
	{ "identity", "the label does not agree with the record" },
	{ "integrity", "the proof of a tag or of a signature is wrong" },
	{ "authority", "a step was made by somebody not entitled to it" },
	{ "history", "the steps of this item do not fit together" },
	{ "market", "the item is not where or what may be sold" },
	{ "use", "the code was seen more often than one item can be" },
};

static const char *
brief(const struct finding *f)
{
	for (size_t i = 0; i < sizeof(names_nobody) / sizeof(names_nobody[0]);
	     i++) {
		if (strcmp(f->code, names_nobody[i]) == 0)
			return f->text;
	}
	for (size_t i = 0; i < sizeof(by_code) / sizeof(by_code[0]); i++) {
		if (strcmp(f->code, by_code[i].code) == 0)
			return by_code[i].text;
	}
	for (size_t i = 0; i < sizeof(by_group) / sizeof(by_group[0]); i++) {
		if (strcmp(f->group, by_group[i].group) == 0)
			return by_group[i].text;
	}
	return "see the evidence";
}

/* Does the finding rest on a step that is not among `whole` (NULL: none is)? */
static bool
rests_on(
    const struct finding *f, const struct custody *story, const bool *whole)
{
	size_t n = story == NULL ? 0 : custody_count(story);

	for (size_t i = 0; i < n; i++) {
		for (unsigned k = 0; k < f->evidence_count; k++) {
			if ((whole == NULL || !whole[i]) &&
			    f->evidence[k] == custody_at(story, i)->index)
				return true;
		}
	}
	return false;
}

bool
findings_name_steps(const struct answer *a, const struct item *it)
{
	for (unsigned i = 0; i < a->finding_count; i++) {
		const struct finding *f = &a->findings[i];

		if (strcmp(brief(f), f->text) != 0 &&
		    rests_on(f, it->story, NULL))
			return true;
	}
	return false;
}

const char *
finding_text(const struct finding *f, const struct item *it)
{
	return it->whole != NULL && rests_on(f, it->story, it->whole) ? brief(f)
								      : f->text;
}

/* A sentence that names somebody is the text of a finding. */
const char *
answer_sentence(const struct answer *a, const struct item *it)
{
	for (unsigned i = 0; i < a->finding_count; i++) {
		if (strcmp(a->findings[i].text, a->sentence) == 0)
			return finding_text(&a->findings[i], it);
	}
	return a->sentence;
}
