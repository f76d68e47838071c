/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"
#include "base/clock.h"
#include "gs1/gs1.h"

#include "epcis_internal.h"

#include "base/banned.h"

static bool
letter(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool
hex(uint8_t c)
{
	return digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* RFC 3986 section 2, without the percent sign. */
static bool
uri_byte(uint8_t c)
{
	return letter(c) || digit(c) ||
	       (c != 0 && strchr("-._~:/?#[]@!$&'()*+,;=", c) != NULL);
}

bool
epcis_is_uri(struct span s)
{
	size_t i = 0;

	if (s.n == 0 || !letter(s.p[0]))
		return false;
	while (i < s.n && s.p[i] != ':') {
		if (!letter(s.p[i]) && !digit(s.p[i]) && s.p[i] != '+' &&
		    s.p[i] != '.' && s.p[i] != '-')
			return false;
		i++;
	}
	if (i + 1 >= s.n)
		return false;
	for (i++; i < s.n; i++) {
		if (uri_byte(s.p[i]))
			continue;
		if (s.p[i] != '%' || s.n - i < 3 || !hex(s.p[i + 1]) ||
		    !hex(s.p[i + 2]))
			return false;
		i += 2;
	}
	return true;
}

enum err
epcis_text(struct span *out, struct check *c, uint32_t node, const char *wanted)
{
	if (json_type(c->json, node) != JSON_STRING)
		return epcis_fail(c, node, EPCIS_RULE_VALUE_TYPE, wanted);
	if (json_string(out, c->json, node, c->space, sizeof(c->space)) !=
	    ERR_OK)
		return epcis_fail(c, node, EPCIS_RULE_TEXT_LENGTH,
		    "a shorter text or one without escapes");
	return ERR_OK;
}

enum err
epcis_v_any(struct check *c, uint32_t node)
{
	(void)c;
	(void)node;
	return ERR_OK;
}

enum err
epcis_v_string(struct check *c, uint32_t node)
{
	if (json_type(c->json, node) == JSON_STRING)
		return ERR_OK;
	return epcis_fail(c, node, EPCIS_RULE_VALUE_TYPE, "a string");
}

enum err
epcis_v_number(struct check *c, uint32_t node)
{
	if (json_type(c->json, node) == JSON_NUMBER)
		return ERR_OK;
	return epcis_fail(c, node, EPCIS_RULE_VALUE_TYPE, "a number");
}

enum err
epcis_time_as(struct check *c, uint32_t node, enum epcis_rule rule)
{
	struct span text;
	int64_t ms;
	enum err e = epcis_text(&text, c, node, "a date-time");

	if (e == ERR_OK && rfc3339_parse(&ms, text) != ERR_OK)
		e = epcis_fail(
		    c, node, rule, "a date-time of RFC 3339 with zone");
	return e;
}

enum err
epcis_v_time(struct check *c, uint32_t node)
{
	return epcis_time_as(c, node, EPCIS_RULE_DATE_TIME);
}

enum err
epcis_v_record_time(struct check *c, uint32_t node)
{
	return epcis_time_as(c, node, EPCIS_RULE_RECORD_TIME);
}

/* 7.3: a value with an undeclared prefix is kept and told. */
static void
warn_prefix(struct check *c, uint32_t node, struct span uri)
{
	const uint8_t *colon = memchr(uri.p, ':', uri.n);

	if (!epcis_prefix(c, span_of(uri.p, (size_t)(colon - uri.p))))
		epcis_warn(c, node, EPCIS_RULE_VALUE_PREFIX,
		    "a known scheme, or the prefix declared in @context");
}

enum err
epcis_uri_as(struct check *c, uint32_t node, enum epcis_rule rule)
{
	struct span text;
	enum err e = epcis_text(&text, c, node, "a uri");

	if (e == ERR_OK && !epcis_is_uri(text))
		return epcis_fail(c, node, rule, "a uri");
	if (e == ERR_OK && c->f != NULL && c->f->warnings < EPCIS_WARNINGS)
		warn_prefix(c, node, text);
	return e;
}

enum err
epcis_v_uri(struct check *c, uint32_t node)
{
	return epcis_uri_as(c, node, EPCIS_RULE_URI);
}

enum err
epcis_v_event_id(struct check *c, uint32_t node)
{
	return epcis_uri_as(c, node, EPCIS_RULE_EVENT_ID);
}

enum err
epcis_v_uris(struct check *c, uint32_t node)
{
	return epcis_each(c, node, epcis_v_uri);
}

enum err
epcis_v_offset(struct check *c, uint32_t node)
{
	static const char wanted[] = "an offset from -14:00 to +14:00";
	struct span s;
	enum err e = epcis_text(&s, c, node, wanted);

	if (e != ERR_OK)
		return e;
	if (s.n == 6 && (s.p[0] == '+' || s.p[0] == '-') && digit(s.p[1]) &&
	    digit(s.p[2]) && s.p[3] == ':' && s.p[4] >= '0' && s.p[4] <= '5' &&
	    digit(s.p[5]) &&
	    (s.p[1] == '0' || (s.p[1] == '1' && s.p[2] <= '3') ||
		memcmp(s.p + 1, "14:00", 5) == 0))
		return ERR_OK;
	return epcis_fail(c, node, EPCIS_RULE_TIME_ZONE_OFFSET, wanted);
}

enum err
epcis_v_version(struct check *c, uint32_t node)
{
	static const char wanted[] = "numbers joined by dots";
	bool number = false; /* the byte before was a digit */
	struct span s;
	enum err e = epcis_text(&s, c, node, wanted);

	for (size_t i = 0; e == ERR_OK && i < s.n; i++) {
		if (!digit(s.p[i]) && !(s.p[i] == '.' && number))
			return epcis_fail(
			    c, node, EPCIS_RULE_SCHEMA_VERSION, wanted);
		number = digit(s.p[i]);
	}
	if (e == ERR_OK && !number)
		e = epcis_fail(c, node, EPCIS_RULE_SCHEMA_VERSION, wanted);
	return e;
}

enum err
epcis_v_action(struct check *c, uint32_t node)
{
	if (json_string_is(c->json, node, "ADD") ||
	    json_string_is(c->json, node, "OBSERVE") ||
	    json_string_is(c->json, node, "DELETE"))
		return ERR_OK;
	return epcis_fail(c, node, EPCIS_RULE_ACTION, "ADD, OBSERVE or DELETE");
}

/* 6.1: spellings of standard words that are refused. */
static bool
refused_uri(struct span s, bool web)
{
	static const char *const cbv[] = { "urn:epcglobal:cbv",
		"http://ns.gs1.org/cbv/", "https://ns.gs1.org/cbv/" };
	static const char *const voc[] = { "http://gs1.org/voc/",
		"https://gs1.org/voc/", "http://www.gs1.org/voc/",
		"https://www.gs1.org/voc/" };

	for (size_t i = 0; !web && i < 3; i++) {
		if (span_starts(s, cbv[i]))
			return true;
	}
	for (size_t i = 0; web && i < 4; i++) {
		if (span_starts(s, voc[i]))
			return true;
	}
	return false;
}

static const enum epcis_rule rule_of_list[] = {
	[EPCIS_BIZ_STEP] = EPCIS_RULE_BIZ_STEP_WORD,
	[EPCIS_DISPOSITION] = EPCIS_RULE_DISPOSITION_WORD,
	[EPCIS_BIZ_TRANSACTION] = EPCIS_RULE_TRANSACTION_WORD,
	[EPCIS_SOURCE] = EPCIS_RULE_SOURCE_WORD,
	[EPCIS_REASON] = EPCIS_RULE_REASON_WORD,
	[EPCIS_EXCEPTION] = EPCIS_RULE_EXCEPTION_WORD,
	[EPCIS_COMPONENT] = EPCIS_RULE_COMPONENT_WORD,
	[EPCIS_SENSOR] = EPCIS_RULE_SENSOR_WORD,
};

/* 6.2: the nearest word as a hint. */
static enum err
no_word(struct check *c, uint32_t node, enum epcis_list list, struct span got)
{
	char wanted[96];
	struct buf b = buf_fixed(wanted, sizeof(wanted));

	/* The nearest word costs more than all else; not for nobody. */
	if (c->f != NULL && !epcis_findings_room(c->f))
		return epcis_fail(c, node, rule_of_list[list], "");
	buf_str(&b, "a word of CBV (nearest: ");
	buf_str(&b, epcis_nearest(list, got));
	buf_str(&b, ") or a uri");
	buf_byte(&b, 0);
	return epcis_fail(c, node, rule_of_list[list],
	    buf_error(&b) == ERR_OK ? wanted : "a word of CBV or a uri");
}

enum err
epcis_v_word(struct check *c, uint32_t node, enum epcis_list list)
{
	static const char wanted[] = "the bare word of CBV or a uri";
	bool web = list == EPCIS_SENSOR || list == EPCIS_EXCEPTION;
	struct span s;
	enum err e = epcis_text(&s, c, node, wanted);

	if (e != ERR_OK || epcis_word(list, s))
		return e;
	if (!epcis_is_uri(s))
		return no_word(c, node, list, s);
	if (refused_uri(s, web))
		return epcis_fail(c, node, EPCIS_RULE_WORD_SPELLING, wanted);
	if (c->f != NULL && c->f->warnings < EPCIS_WARNINGS)
		warn_prefix(c, node, s);
	return ERR_OK;
}

enum err
epcis_v_biz_step(struct check *c, uint32_t node)
{
	return epcis_v_word(c, node, EPCIS_BIZ_STEP);
}

enum err
epcis_v_disposition(struct check *c, uint32_t node)
{
	return epcis_v_word(c, node, EPCIS_DISPOSITION);
}

/* What gs1_subject() makes of a string; its text is not needed here. */
static enum gs1_subject_kind
kind_of(struct span text)
{
	uint8_t space[GS1_CANONICAL];
	struct buf b = buf_fixed(space, sizeof(space));

	return gs1_subject(&b, text);
}

enum err
epcis_v_epc(struct check *c, uint32_t node)
{
	struct span text;
	enum err e = epcis_v_uri(c, node);

	if (e == ERR_OK)
		e = epcis_text(&text, c, node, "a uri");
	if (e == ERR_OK && kind_of(text) == GS1_SUBJECT_CLASS)
		e = epcis_fail(c, node, EPCIS_RULE_CLASS_AS_INSTANCE,
		    "an instance (a serial), not a class");
	return e;
}

static enum err
v_epc_class(struct check *c, uint32_t node)
{
	struct span text;
	enum err e = epcis_v_uri(c, node);

	if (e == ERR_OK)
		e = epcis_text(&text, c, node, "a uri");
	if (e == ERR_OK && kind_of(text) == GS1_SUBJECT_INSTANCE)
		e = epcis_fail(c, node, EPCIS_RULE_INSTANCE_AS_CLASS,
		    "a class, not an instance");
	return e;
}

enum err
epcis_v_epcs(struct check *c, uint32_t node)
{
	return epcis_each(c, node, epcis_v_epc);
}

enum err
epcis_v_unique_epcs(struct check *c, uint32_t node)
{
	enum err e = epcis_each(c, node, epcis_v_epc);

	return e == ERR_OK ? epcis_distinct(c, node, EPCIS_RULE_EPCS_TWICE) : e;
}

static enum err
v_uom(struct check *c, uint32_t node)
{
	static const char wanted[] = "a unit of 2 or 3 letters or digits";
	struct span s;
	enum err e = epcis_text(&s, c, node, wanted);

	if (e == ERR_OK && (s.n < 2 || s.n > 3))
		e = epcis_fail(c, node, EPCIS_RULE_UOM, wanted);
	for (size_t i = 0; e == ERR_OK && i < s.n; i++) {
		if (!digit(s.p[i]) && !(s.p[i] >= 'A' && s.p[i] <= 'Z'))
			return epcis_fail(c, node, EPCIS_RULE_UOM, wanted);
	}
	return e;
}

static enum err
v_quantity(struct check *c, uint32_t node)
{
	static const struct member members[] = {
		{ "epcClass", v_epc_class, true, EPCIS_RULE_EPC_CLASS },
		{ "quantity", epcis_v_number, false, EPCIS_RULE_NONE },
		{ "uom", v_uom, false, EPCIS_RULE_NONE },
		{ NULL, NULL, false, EPCIS_RULE_NONE },
	};

	return epcis_object(
	    c, node, members, OTHERS_REFUSED, EPCIS_RULE_QUANTITY_NAME);
}

enum err
epcis_v_quantities(struct check *c, uint32_t node)
{
	return epcis_each(c, node, v_quantity);
}

static enum err
v_transaction_type(struct check *c, uint32_t node)
{
	return epcis_v_word(c, node, EPCIS_BIZ_TRANSACTION);
}

static enum err
v_transaction(struct check *c, uint32_t node)
{
	static const struct member members[] = {
		{ "bizTransaction", epcis_v_uri, true,
		    EPCIS_RULE_TRANSACTION_ID },
		{ "type", v_transaction_type, false, EPCIS_RULE_NONE },
		{ NULL, NULL, false, EPCIS_RULE_NONE },
	};

	return epcis_object(
	    c, node, members, OTHERS_REFUSED, EPCIS_RULE_TRANSACTION_NAME);
}

enum err
epcis_v_transactions(struct check *c, uint32_t node)
{
	return epcis_each(c, node, v_transaction);
}

static enum err
v_source_type(struct check *c, uint32_t node)
{
	return epcis_v_word(c, node, EPCIS_SOURCE);
}

static enum err
v_source(struct check *c, uint32_t node)
{
	static const struct member members[] = {
		{ "type", v_source_type, true, EPCIS_RULE_SOURCE },
		{ "source", epcis_v_uri, true, EPCIS_RULE_SOURCE },
		{ NULL, NULL, false, EPCIS_RULE_NONE },
	};

	return epcis_object(
	    c, node, members, OTHERS_REFUSED, EPCIS_RULE_SOURCE_NAME);
}

static enum err
v_destination(struct check *c, uint32_t node)
{
	static const struct member members[] = {
		{ "type", v_source_type, true, EPCIS_RULE_DESTINATION },
		{ "destination", epcis_v_uri, true, EPCIS_RULE_DESTINATION },
		{ NULL, NULL, false, EPCIS_RULE_NONE },
	};

	return epcis_object(
	    c, node, members, OTHERS_REFUSED, EPCIS_RULE_DESTINATION_NAME);
}

enum err
epcis_v_sources(struct check *c, uint32_t node)
{
	return epcis_each(c, node, v_source);
}

enum err
epcis_v_destinations(struct check *c, uint32_t node)
{
	return epcis_each(c, node, v_destination);
}

enum err
epcis_v_place(struct check *c, uint32_t node)
{
	static const struct member members[] = {
		{ "id", epcis_v_uri, true, EPCIS_RULE_PLACE_ID },
		{ NULL, NULL, false, EPCIS_RULE_NONE },
	};

	return epcis_object(
	    c, node, members, OTHERS_EXTENSIONS, EPCIS_RULE_PLACE_NAME);
}

static enum err
v_dispositions(struct check *c, uint32_t node)
{
	enum err e = epcis_each(c, node, epcis_v_disposition);

	if (e == ERR_OK && c->json->nodes[node].children == 0)
		e = epcis_fail(c, node, EPCIS_RULE_PERSISTENT_EMPTY,
		    "at least one disposition");
	return e == ERR_OK
		   ? epcis_distinct(c, node, EPCIS_RULE_PERSISTENT_TWICE)
		   : e;
}

enum err
epcis_v_persistent(struct check *c, uint32_t node)
{
	static const struct member members[] = {
		{ "set", v_dispositions, false, EPCIS_RULE_NONE },
		{ "unset", v_dispositions, false, EPCIS_RULE_NONE },
		{ NULL, NULL, false, EPCIS_RULE_NONE },
	};
	enum err e = epcis_object(
	    c, node, members, OTHERS_REFUSED, EPCIS_RULE_PERSISTENT_NAME);

	if (e == ERR_OK && c->json->nodes[node].children == 0)
		e = epcis_lacks(
		    c, node, EPCIS_RULE_PERSISTENT_EMPTY, "set or unset");
	return e;
}

static enum err
v_certificate(struct check *c, uint32_t node)
{
	return epcis_uri_as(c, node, EPCIS_RULE_CERTIFICATION);
}

enum err
epcis_v_certification(struct check *c, uint32_t node)
{
	if (json_type(c->json, node) == JSON_ARRAY)
		return epcis_each(c, node, v_certificate);
	return v_certificate(c, node);
}

static enum err
v_reason(struct check *c, uint32_t node)
{
	return epcis_v_word(c, node, EPCIS_REASON);
}

static enum err
v_corrective_id(struct check *c, uint32_t node)
{
	return epcis_uri_as(c, node, EPCIS_RULE_CORRECTIVE_ID);
}

static enum err
v_corrective_ids(struct check *c, uint32_t node)
{
	return epcis_each(c, node, v_corrective_id);
}

enum err
epcis_v_error(struct check *c, uint32_t node)
{
	static const struct member members[] = {
		{ "declarationTime", epcis_v_time, true,
		    EPCIS_RULE_DECLARATION_TIME },
		{ "reason", v_reason, false, EPCIS_RULE_NONE },
		{ "correctiveEventIDs", v_corrective_ids, false,
		    EPCIS_RULE_NONE },
		{ NULL, NULL, false, EPCIS_RULE_NONE },
	};

	return epcis_object(
	    c, node, members, OTHERS_EXTENSIONS, EPCIS_RULE_DECLARATION_NAME);
}

enum err
epcis_v_ilmd(struct check *c, uint32_t node)
{
	static const struct member members[] = {
		{ NULL, NULL, false, EPCIS_RULE_NONE },
	};

	return epcis_object(
	    c, node, members, OTHERS_EXTENSIONS, EPCIS_RULE_ILMD_NAME);
}
