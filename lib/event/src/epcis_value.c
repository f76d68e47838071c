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
epcis_text(struct span *out, struct check *c, uint32_t node, const char *clause,
    const char *wanted)
{
	if (json_type(c->json, node) != JSON_STRING)
		return epcis_fail(c, node, clause, wanted);
	if (json_string(out, c->json, node, c->space, sizeof(c->space)) !=
	    ERR_OK)
		return epcis_fail(
		    c, node, clause, "a shorter text or one without escapes");
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
	return epcis_fail(c, node, "epcis 1.4", "a string");
}

enum err
epcis_v_number(struct check *c, uint32_t node)
{
	if (json_type(c->json, node) == JSON_NUMBER)
		return ERR_OK;
	return epcis_fail(c, node, "epcis 1.4", "a number");
}

enum err
epcis_v_time(struct check *c, uint32_t node)
{
	struct span text;
	int64_t ms;
	enum err e = epcis_text(&text, c, node, "epcis 1.3", "a date-time");

	if (e == ERR_OK && rfc3339_parse(&ms, text) != ERR_OK)
		e = epcis_fail(
		    c, node, "epcis 1.3", "a date-time of RFC 3339 with zone");
	return e;
}

enum err
epcis_v_uri(struct check *c, uint32_t node)
{
	struct span text;
	enum err e = epcis_text(&text, c, node, "epcis 1.3", "a uri");

	if (e == ERR_OK && !epcis_is_uri(text))
		e = epcis_fail(c, node, "epcis 1.3", "a uri");
	return e;
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
	enum err e = epcis_text(&s, c, node, "epcis 3.2", wanted);

	if (e != ERR_OK)
		return e;
	if (s.n == 6 && (s.p[0] == '+' || s.p[0] == '-') && digit(s.p[1]) &&
	    digit(s.p[2]) && s.p[3] == ':' && s.p[4] >= '0' && s.p[4] <= '5' &&
	    digit(s.p[5]) &&
	    (s.p[1] == '0' || (s.p[1] == '1' && s.p[2] <= '3') ||
		memcmp(s.p + 1, "14:00", 5) == 0))
		return ERR_OK;
	return epcis_fail(c, node, "epcis 3.2", wanted);
}

enum err
epcis_v_version(struct check *c, uint32_t node)
{
	static const char wanted[] = "numbers joined by dots";
	bool number = false; /* the byte before was a digit */
	struct span s;
	enum err e = epcis_text(&s, c, node, "epcis 2.2", wanted);

	for (size_t i = 0; e == ERR_OK && i < s.n; i++) {
		if (!digit(s.p[i]) && !(s.p[i] == '.' && number))
			return epcis_fail(c, node, "epcis 2.2", wanted);
		number = digit(s.p[i]);
	}
	if (e == ERR_OK && !number)
		e = epcis_fail(c, node, "epcis 2.2", wanted);
	return e;
}

enum err
epcis_v_action(struct check *c, uint32_t node)
{
	if (json_string_is(c->json, node, "ADD") ||
	    json_string_is(c->json, node, "OBSERVE") ||
	    json_string_is(c->json, node, "DELETE"))
		return ERR_OK;
	return epcis_fail(c, node, "epcis 4", "ADD, OBSERVE or DELETE");
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

/* 6.2: the nearest word as a hint. */
static enum err
no_word(struct check *c, uint32_t node, enum epcis_list list, struct span got)
{
	char wanted[96];
	struct buf b = buf_fixed(wanted, sizeof(wanted));

	buf_str(&b, "a word of CBV (nearest: ");
	buf_str(&b, epcis_nearest(list, got));
	buf_str(&b, ") or a uri");
	buf_byte(&b, 0);
	return epcis_fail(c, node, "epcis 6",
	    buf_error(&b) == ERR_OK ? wanted : "a word of CBV or a uri");
}

enum err
epcis_v_word(struct check *c, uint32_t node, enum epcis_list list)
{
	static const char wanted[] = "the bare word of CBV or a uri";
	bool web = list == EPCIS_SENSOR || list == EPCIS_EXCEPTION;
	struct span s;
	enum err e = epcis_text(&s, c, node, "epcis 6", wanted);

	if (e != ERR_OK || epcis_word(list, s))
		return e;
	if (!epcis_is_uri(s))
		return no_word(c, node, list, s);
	return refused_uri(s, web) ? epcis_fail(c, node, "epcis 6.1", wanted)
				   : ERR_OK;
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
		e = epcis_text(&text, c, node, "epcis 8.1", "a uri");
	if (e == ERR_OK && kind_of(text) == GS1_SUBJECT_CLASS)
		e = epcis_fail(c, node, "epcis 8.1",
		    "an instance (a serial), not a class");
	return e;
}

static enum err
v_epc_class(struct check *c, uint32_t node)
{
	struct span text;
	enum err e = epcis_v_uri(c, node);

	if (e == ERR_OK)
		e = epcis_text(&text, c, node, "epcis 8.1", "a uri");
	if (e == ERR_OK && kind_of(text) == GS1_SUBJECT_INSTANCE)
		e = epcis_fail(
		    c, node, "epcis 8.1", "a class, not an instance");
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

	return e == ERR_OK ? epcis_distinct(c, node, "epcis 4") : e;
}

static enum err
v_uom(struct check *c, uint32_t node)
{
	static const char wanted[] = "a unit of 2 or 3 letters or digits";
	struct span s;
	enum err e = epcis_text(&s, c, node, "epcis 5.1", wanted);

	if (e == ERR_OK && (s.n < 2 || s.n > 3))
		e = epcis_fail(c, node, "epcis 5.1", wanted);
	for (size_t i = 0; e == ERR_OK && i < s.n; i++) {
		if (!digit(s.p[i]) && !(s.p[i] >= 'A' && s.p[i] <= 'Z'))
			return epcis_fail(c, node, "epcis 5.1", wanted);
	}
	return e;
}

static enum err
v_quantity(struct check *c, uint32_t node)
{
	static const struct member members[] = {
		{ "epcClass", v_epc_class, true, "epcis 5.1" },
		{ "quantity", epcis_v_number, false, "epcis 5.1" },
		{ "uom", v_uom, false, "epcis 5.1" },
		{ NULL, NULL, false, NULL },
	};

	return epcis_object(c, node, members, OTHERS_REFUSED, "epcis 5.1");
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
		{ "bizTransaction", epcis_v_uri, true, "epcis 5.2" },
		{ "type", v_transaction_type, false, "epcis 5.2" },
		{ NULL, NULL, false, NULL },
	};

	return epcis_object(c, node, members, OTHERS_REFUSED, "epcis 5.2");
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
		{ "type", v_source_type, true, "epcis 5.2" },
		{ "source", epcis_v_uri, true, "epcis 5.2" },
		{ NULL, NULL, false, NULL },
	};

	return epcis_object(c, node, members, OTHERS_REFUSED, "epcis 5.2");
}

static enum err
v_destination(struct check *c, uint32_t node)
{
	static const struct member members[] = {
		{ "type", v_source_type, true, "epcis 5.2" },
		{ "destination", epcis_v_uri, true, "epcis 5.2" },
		{ NULL, NULL, false, NULL },
	};

	return epcis_object(c, node, members, OTHERS_REFUSED, "epcis 5.2");
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
		{ "id", epcis_v_uri, true, "epcis 5.3" },
		{ NULL, NULL, false, NULL },
	};

	return epcis_object(c, node, members, OTHERS_EXTENSIONS, "epcis 5.3");
}

static enum err
v_dispositions(struct check *c, uint32_t node)
{
	enum err e = epcis_each(c, node, epcis_v_disposition);

	if (e == ERR_OK && c->json->nodes[node].children == 0)
		e = epcis_fail(
		    c, node, "epcis 5.3", "at least one disposition");
	return e == ERR_OK ? epcis_distinct(c, node, "epcis 5.3") : e;
}

enum err
epcis_v_persistent(struct check *c, uint32_t node)
{
	static const struct member members[] = {
		{ "set", v_dispositions, false, "epcis 5.3" },
		{ "unset", v_dispositions, false, "epcis 5.3" },
		{ NULL, NULL, false, NULL },
	};
	enum err e =
	    epcis_object(c, node, members, OTHERS_REFUSED, "epcis 5.3");

	if (e == ERR_OK && c->json->nodes[node].children == 0)
		e = epcis_lacks(c, node, "epcis 5.3", "set or unset");
	return e;
}

enum err
epcis_v_certification(struct check *c, uint32_t node)
{
	if (json_type(c->json, node) == JSON_ARRAY)
		return epcis_v_uris(c, node);
	return epcis_v_uri(c, node);
}

static enum err
v_reason(struct check *c, uint32_t node)
{
	return epcis_v_word(c, node, EPCIS_REASON);
}

enum err
epcis_v_error(struct check *c, uint32_t node)
{
	static const struct member members[] = {
		{ "declarationTime", epcis_v_time, true, "epcis 3.4" },
		{ "reason", v_reason, false, "epcis 3.4" },
		{ "correctiveEventIDs", epcis_v_uris, false, "epcis 3.4" },
		{ NULL, NULL, false, NULL },
	};

	return epcis_object(c, node, members, OTHERS_EXTENSIONS, "epcis 3.4");
}

enum err
epcis_v_ilmd(struct check *c, uint32_t node)
{
	static const struct member members[] = {
		{ NULL, NULL, false, NULL },
	};

	return epcis_object(c, node, members, OTHERS_EXTENSIONS, "epcis 5.3");
}
