/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include "epcis_internal.h"

#include "base/banned.h"

/* The value as it was received, cut at a character's border. */
static struct span
got(const struct check *c, uint32_t node)
{
	struct span raw = json_raw(c->json, node);
	size_t n = raw.n;

	if (n > 48) {
		n = 48;
		while (n > 0 && (raw.p[n] & 0xc0) == 0x80)
			n--;
	}
	return span_of(raw.p, n);
}

enum err
epcis_fail(
    struct check *c, uint32_t node, const char *clause, const char *wanted)
{
	struct span raw = got(c, node);
	char pointer[80];

	if (c->d == NULL)
		return ERR_SCHEMA;
	json_pointer(pointer, sizeof(pointer), c->json, node);
	return diag_fail(c->d, ERR_SCHEMA, clause, "%s: got %.*s, wanted %s",
	    pointer[0] == '\0' ? "document" : pointer, SPAN_ARG(raw), wanted);
}

enum err
epcis_lacks(
    struct check *c, uint32_t node, const char *clause, const char *member)
{
	char pointer[80];

	if (c->d == NULL)
		return ERR_SCHEMA;
	json_pointer(pointer, sizeof(pointer), c->json, node);
	return diag_fail(c->d, ERR_SCHEMA, clause, "%s: got no %s, wanted it",
	    pointer[0] == '\0' ? "document" : pointer, member);
}

enum err
epcis_extension(struct check *c, uint32_t node)
{
	uint8_t space[EPCIS_TEXT];
	struct span key;
	const uint8_t *colon;

	if (!epcis_key(&key, c->json, node, space, sizeof(space)) ||
	    !epcis_is_uri(key))
		return epcis_fail(c, node, "epcis 3.5",
		    "a member of the standard or a uri as its name");
	colon = memchr(key.p, ':', key.n);
	if (!epcis_prefix(c, span_of(key.p, (size_t)(colon - key.p))))
		return epcis_fail(
		    c, node, "epcis 7.3", "its prefix declared in @context");
	return ERR_OK;
}

static const struct member *
member_named(const struct member *members, struct span key)
{
	for (; members->name != NULL; members++) {
		if (span_is(key, members->name))
			return members;
	}
	return NULL;
}

static enum err
check_member(struct check *c, uint32_t node, const struct member *members,
    enum others others, const char *clause)
{
	const struct member *m = NULL;
	uint8_t space[64];
	struct span key;

	if (epcis_key(&key, c->json, node, space, sizeof(space)))
		m = member_named(members, key);
	if (m != NULL)
		return m->check(c, node);
	if (others == OTHERS_OPEN)
		return ERR_OK;
	if (others == OTHERS_EXTENSIONS)
		return epcis_extension(c, node);
	return epcis_fail(c, node, clause, "no such member here");
}

enum err
epcis_object(struct check *c, uint32_t node, const struct member *members,
    enum others others, const char *clause)
{
	if (json_type(c->json, node) != JSON_OBJECT)
		return epcis_fail(c, node, clause, "an object");
	for (uint32_t m = json_first(c->json, node); m != JSON_NONE;
	     m = c->json->nodes[m].next) {
		enum err e = check_member(c, m, members, others, clause);

		if (e != ERR_OK)
			return e;
	}
	for (; members->name != NULL; members++) {
		if (members->required &&
		    json_member(c->json, node, members->name) == JSON_NONE)
			return epcis_lacks(
			    c, node, members->clause, members->name);
	}
	return ERR_OK;
}

enum err
epcis_each(struct check *c, uint32_t node, check_fn fn)
{
	if (json_type(c->json, node) != JSON_ARRAY)
		return epcis_fail(c, node, "epcis 1.4", "an array");
	for (uint32_t i = json_first(c->json, node); i != JSON_NONE;
	     i = c->json->nodes[i].next) {
		enum err e = fn(c, i);

		if (e != ERR_OK)
			return e;
	}
	return ERR_OK;
}

/* Which types have a member, which of them must (epcis.md 4). */
#define O 1u  /* object */
#define A 2u  /* aggregation */
#define T 4u  /* transaction */
#define F 8u  /* transformation */
#define S 16u /* association */
#define X 32u /* an extension type */
#define ALL (O | A | T | F | S)

struct field {
	const char *name;
	unsigned may;
	unsigned must;
	check_fn check;
	const char *clause;
};

static enum err
v_type(struct check *c, uint32_t node)
{
	return c->type == EPCIS_OTHER ? epcis_v_uri(c, node) : ERR_OK;
}

static const struct field fields[] = {
	{ "type", ALL | X, ALL | X, v_type, "epcis 3.1" },
	{ "eventTime", ALL | X, ALL | X, epcis_v_time, "epcis 3.2" },
	{ "eventTimeZoneOffset", ALL | X, ALL | X, epcis_v_offset,
	    "epcis 3.2" },
	{ "eventID", ALL | X, 0, epcis_v_uri, "epcis 3.3" },
	{ "recordTime", ALL | X, 0, epcis_v_time, "epcis 3.3" },
	{ "certificationInfo", ALL | X, 0, epcis_v_certification, "epcis 3.3" },
	{ "errorDeclaration", ALL | X, 0, epcis_v_error, "epcis 3.4" },
	{ "@context", ALL | X, 0, epcis_v_context, "epcis 3.6" },
	{ "action", O | A | T | S, O | A | T | S, epcis_v_action, "epcis 4" },
	{ "epcList", O | T, 0, epcis_v_unique_epcs, "epcis 4" },
	{ "bizStep", ALL, 0, epcis_v_biz_step, "epcis 4" },
	{ "disposition", ALL, 0, epcis_v_disposition, "epcis 4" },
	{ "readPoint", ALL, 0, epcis_v_place, "epcis 4" },
	{ "bizLocation", ALL, 0, epcis_v_place, "epcis 4" },
	{ "bizTransactionList", ALL, T, epcis_v_transactions, "epcis 4" },
	{ "quantityList", O | T, 0, epcis_v_quantities, "epcis 4" },
	{ "parentID", A | T | S, S, epcis_v_epc, "epcis 4" },
	{ "childEPCs", A | S, 0, epcis_v_epcs, "epcis 4" },
	{ "childQuantityList", A | S, 0, epcis_v_quantities, "epcis 4" },
	{ "sourceList", ALL, 0, epcis_v_sources, "epcis 4" },
	{ "destinationList", ALL, 0, epcis_v_destinations, "epcis 4" },
	{ "ilmd", O | F, 0, epcis_v_ilmd, "epcis 4" },
	{ "sensorElementList", ALL, 0, epcis_v_sensors, "epcis 4" },
	{ "persistentDisposition", O | F, 0, epcis_v_persistent, "epcis 11" },
	{ "inputEPCList", F, 0, epcis_v_unique_epcs, "epcis 4" },
	{ "outputEPCList", F, 0, epcis_v_unique_epcs, "epcis 4" },
	{ "inputQuantityList", F, 0, epcis_v_quantities, "epcis 4" },
	{ "outputQuantityList", F, 0, epcis_v_quantities, "epcis 4" },
	{ "transformationID", F, 0, epcis_v_uri, "epcis 4" },
};
#define FIELDS (sizeof(fields) / sizeof(fields[0]))

static const unsigned bit_of[] = {
	[EPCIS_OBJECT] = O,
	[EPCIS_AGGREGATION] = A,
	[EPCIS_TRANSACTION] = T,
	[EPCIS_TRANSFORMATION] = F,
	[EPCIS_ASSOCIATION] = S,
	[EPCIS_OTHER] = X,
};

#undef O
#undef A
#undef T
#undef F
#undef S

static enum err
check_field(struct check *c, uint32_t node, unsigned bit, unsigned *seen)
{
	uint8_t space[64];
	struct span key = SPAN_NONE;

	(void)epcis_key(&key, c->json, node, space, sizeof(space));
	for (size_t i = 0; i < FIELDS; i++) {
		if (!span_is(key, fields[i].name))
			continue;
		*seen |= 1u << i;
		if ((fields[i].may & bit) != 0)
			return fields[i].check(c, node);
		/* 3.1: what an extension type has besides is its own. */
		if (bit == X)
			return ERR_OK;
		return epcis_fail(c, node, fields[i].clause,
		    "no such member in an event of this type");
	}
	return bit == X ? ERR_OK : epcis_extension(c, node);
}

/* Items of a list member; 0 when it is absent. */
static uint32_t
items(const struct check *c, const char *name)
{
	uint32_t m = json_member(c->json, c->event, name);

	return m == JSON_NONE ? 0 : c->json->nodes[m].children;
}

static bool
has(const struct check *c, const char *name)
{
	return json_member(c->json, c->event, name) != JSON_NONE;
}

static bool
action_is(const struct check *c, const char *word)
{
	uint32_t m = json_member(c->json, c->event, "action");

	return m != JSON_NONE && json_string_is(c->json, m, word);
}

static enum err
check_object(struct check *c)
{
	uint32_t ilmd = json_member(c->json, c->event, "ilmd");

	if (ilmd != JSON_NONE && !action_is(c, "ADD"))
		return epcis_fail(c, ilmd, "epcis 4", "ilmd with ADD only");
	if (has(c, "epcList") || items(c, "quantityList") > 0 ||
	    (items(c, "sensorElementList") > 0 && has(c, "readPoint")))
		return ERR_OK;
	return epcis_lacks(c, c->event, "epcis 4",
	    "epcList, quantityList or sensorElementList with readPoint");
}

static enum err
check_children(struct check *c)
{
	if (action_is(c, "DELETE") || items(c, "childEPCs") > 0 ||
	    items(c, "childQuantityList") > 0)
		return ERR_OK;
	return epcis_lacks(c, c->event, "epcis 4",
	    "childEPCs or childQuantityList with an item");
}

static enum err
check_aggregation(struct check *c)
{
	if (!has(c, "parentID") && !action_is(c, "OBSERVE"))
		return epcis_lacks(c, c->event, "epcis 4", "parentID");
	return check_children(c);
}

static enum err
check_transaction(struct check *c)
{
	if (items(c, "bizTransactionList") == 0)
		return epcis_lacks(
		    c, c->event, "epcis 4", "bizTransactionList with an item");
	if (action_is(c, "DELETE") || has(c, "epcList") ||
	    items(c, "quantityList") > 0)
		return ERR_OK;
	return epcis_lacks(c, c->event, "epcis 4", "epcList or quantityList");
}

static enum err
check_transformation(struct check *c)
{
	bool in =
	    items(c, "inputEPCList") > 0 || items(c, "inputQuantityList") > 0;
	bool out =
	    items(c, "outputEPCList") > 0 || items(c, "outputQuantityList") > 0;

	if ((in && out) || ((in || out) && has(c, "transformationID")))
		return ERR_OK;
	return epcis_lacks(c, c->event, "epcis 4",
	    "input and output, or one of them with transformationID");
}

/* The row "at least" of epcis.md 4. */
static enum err
check_least(struct check *c)
{
	switch (c->type) {
	case EPCIS_OBJECT:
		return check_object(c);
	case EPCIS_AGGREGATION:
		return check_aggregation(c);
	case EPCIS_TRANSACTION:
		return check_transaction(c);
	case EPCIS_TRANSFORMATION:
		return check_transformation(c);
	case EPCIS_ASSOCIATION:
		return check_children(c);
	case EPCIS_OTHER:
		break;
	}
	return ERR_OK;
}

static enum err
check_event(struct check *c, uint32_t event)
{
	unsigned bit, seen = 0;

	c->event = event;
	c->type = epcis_type_of(c->json, json_member(c->json, event, "type"));
	c->event_context = json_member(c->json, event, "@context");
	bit = bit_of[c->type];
	for (uint32_t m = json_first(c->json, event); m != JSON_NONE;
	     m = c->json->nodes[m].next) {
		enum err e = check_field(c, m, bit, &seen);

		if (e != ERR_OK)
			return e;
	}
	for (size_t i = 0; i < FIELDS; i++) {
		if ((fields[i].must & bit) != 0 && (seen & 1u << i) == 0)
			return epcis_lacks(
			    c, event, fields[i].clause, fields[i].name);
	}
	return check_least(c);
}

/* 2.4: epcisBody of an EPCISDocument is open; its events come after. */
static enum err
check_document(struct check *c)
{
	static const struct member members[] = {
		{ "@context", epcis_v_context, true, "epcis 2.1" },
		{ "type", epcis_v_any, true, "epcis 2.1" },
		{ "id", epcis_v_uri, false, "epcis 2.2" },
		{ "schemaVersion", epcis_v_version, true, "epcis 2.2" },
		{ "creationDate", epcis_v_time, true, "epcis 2.2" },
		{ "instanceIdentifier", epcis_v_string, false, "epcis 2.2" },
		{ "sender", epcis_v_string, false, "epcis 2.2" },
		{ "receiver", epcis_v_string, false, "epcis 2.2" },
		{ "epcisHeader", epcis_v_header, false, "epcis 2.2" },
		{ "epcisBody", epcis_v_any, true, "epcis 2.2" },
		{ NULL, NULL, false, NULL },
	};

	return epcis_object(
	    c, JSON_ROOT, members, OTHERS_EXTENSIONS, "epcis 2.4");
}

enum err
epcis_check(const struct epcis_doc *doc, struct diag *d)
{
	struct check c = { .json = &doc->json, .d = d };
	enum err e;

	c.doc_context = json_member(c.json, JSON_ROOT, "@context");
	e = check_document(&c);
	for (uint32_t i = epcis_first(doc); e == ERR_OK && i != JSON_NONE;
	     i = c.json->nodes[i].next)
		e = check_event(&c, i);
	return e;
}
