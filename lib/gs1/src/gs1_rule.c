/* SPDX-License-Identifier: Apache-2.0 */
#include "gs1_internal.h"

#include "base/banned.h"

static const char *const names[] = {
	[GS1_RULE_NONE] = "none",
	[GS1_RULE_EMPTY] = "empty",
	[GS1_RULE_TOO_LARGE] = "too_large",
	[GS1_RULE_SYNTAX] = "syntax",
	[GS1_RULE_UNKNOWN_AI] = "unknown_ai",
	[GS1_RULE_LENGTH] = "length",
	[GS1_RULE_CHARSET] = "charset",
	[GS1_RULE_CHECK_DIGIT] = "check_digit",
	[GS1_RULE_DATE] = "date",
	[GS1_RULE_CONTENT] = "content",
	[GS1_RULE_PAIR] = "pair",
	[GS1_RULE_GS_MISSING] = "gs_missing",
	[GS1_RULE_GS_EXTRA] = "gs_extra",
	[GS1_RULE_TRUNCATED] = "truncated",
	[GS1_RULE_MERGED] = "merged",
	[GS1_RULE_CASE_SWAPPED] = "case_swapped",
	[GS1_RULE_KEYBOARD_LAYOUT] = "keyboard_layout",
	[GS1_RULE_NO_FNC1] = "no_fnc1",
	[GS1_RULE_WRONG_SYMBOLOGY] = "wrong_symbology",
	[GS1_RULE_NOT_GS1] = "not_gs1",
	[GS1_RULE_DL_SYNTAX] = "dl_syntax",
	[GS1_RULE_DL_FOREIGN] = "dl_foreign",
	[GS1_RULE_UNSUPPORTED] = "unsupported",
};

const char *
gs1_rule_name(enum gs1_rule rule)
{
	size_t i = (size_t)rule;

	return i < sizeof(names) / sizeof(names[0]) ? names[i] : names[0];
}

enum gs1_rule
gs1_rule_of(enum err e)
{
	switch (e) {
	case ERR_TOO_LARGE:
		return GS1_RULE_TOO_LARGE;
	case ERR_UNKNOWN_AI:
		return GS1_RULE_UNKNOWN_AI;
	case ERR_LENGTH:
		return GS1_RULE_LENGTH;
	case ERR_CHARSET:
		return GS1_RULE_CHARSET;
	case ERR_CHECK_DIGIT:
		return GS1_RULE_CHECK_DIGIT;
	case ERR_DATE:
		return GS1_RULE_DATE;
	case ERR_TRUNCATED:
		return GS1_RULE_TRUNCATED;
	case ERR_GS_MISSING:
		return GS1_RULE_GS_MISSING;
	case ERR_SYMBOLOGY:
		return GS1_RULE_WRONG_SYMBOLOGY;
	case ERR_UNSUPPORTED:
		return GS1_RULE_UNSUPPORTED;
	default:
		return GS1_RULE_SYNTAX;
	}
}

enum gs1_class
gs1_class_of_two(const struct gs1_code *code)
{
	switch (code->rule) {
	case GS1_RULE_UNKNOWN_AI:
	case GS1_RULE_LENGTH:
	case GS1_RULE_CHARSET:
	case GS1_RULE_CHECK_DIGIT:
	case GS1_RULE_DATE:
	case GS1_RULE_CONTENT:
	case GS1_RULE_PAIR:
	case GS1_RULE_DL_SYNTAX:
		return GS1_CLASS_DATA;
	default:
		return code->cls;
	}
}
