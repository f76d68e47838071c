/* SPDX-License-Identifier: Apache-2.0 */
#include "event/cbv.h"

#include "epcis_internal.h"

#include "base/banned.h"

static const struct {
	enum epcis_list list;
	const char *kind;
} lists[] = {
	[CBV_BIZ_STEP] = { EPCIS_BIZ_STEP, "BizStep-" },
	[CBV_DISPOSITION] = { EPCIS_DISPOSITION, "Disp-" },
	[CBV_BIZ_TRANSACTION] = { EPCIS_BIZ_TRANSACTION, "BTT-" },
	[CBV_SOURCE] = { EPCIS_SOURCE, "SDT-" },
	[CBV_REASON] = { EPCIS_REASON, "ER-" },
};

bool
cbv_word(enum cbv_list list, struct span word)
{
	return epcis_word(lists[list].list, word);
}

const char *
cbv_word_at(enum cbv_list list, size_t i)
{
	return epcis_word_at(lists[list].list, i);
}

const char *
cbv_nearest(enum cbv_list list, struct span word)
{
	return epcis_nearest(lists[list].list, word);
}

const char *
cbv_kind(enum cbv_list list)
{
	return lists[list].kind;
}

bool
cbv_uri(struct span text)
{
	return epcis_is_uri(text);
}
