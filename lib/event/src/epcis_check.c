/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include "epcis_internal.h"

#include "base/banned.h"

#define GOT 48

struct span
epcis_got(const struct json_doc *json, uint32_t node)
{
	struct span raw = json_raw(json, node);
	size_t n = raw.n;

	if (n > GOT) {
		n = GOT;
		while (n > 0 && (raw.p[n] & 0xc0) == 0x80)
			n--;
	}
	return span_of(raw.p, n);
}

enum err
epcis_fail(
    struct check *c, uint32_t node, enum epcis_rule rule, const char *wanted)
{
	struct span raw = epcis_got(c->json, node);
	char pointer[80];

	if (c->f != NULL)
		return epcis_findings_add(c, node, rule, NULL, wanted);
	if (c->d == NULL)
		return ERR_SCHEMA;
	json_pointer(pointer, sizeof(pointer), c->json, node);
	return diag_fail(c->d, ERR_SCHEMA, epcis_rule_clause(rule),
	    "%s: got %.*s, wanted %s",
	    pointer[0] == '\0' ? "document" : pointer, SPAN_ARG(raw), wanted);
}

enum err
epcis_lacks(
    struct check *c, uint32_t node, enum epcis_rule rule, const char *member)
{
	char pointer[80];

	if (c->f != NULL)
		return epcis_findings_add(c, node, rule, "nothing", member);
	if (c->d == NULL)
		return ERR_SCHEMA;
	json_pointer(pointer, sizeof(pointer), c->json, node);
	return diag_fail(c->d, ERR_SCHEMA, epcis_rule_clause(rule),
	    "%s: got no %s, wanted it",
	    pointer[0] == '\0' ? "document" : pointer, member);
}

enum err
epcis_extension(struct check *c, uint32_t node, enum epcis_rule rule)
{
	uint8_t space[EPCIS_TEXT];
	struct span key;
	const uint8_t *colon;

	if (!epcis_key(&key, c->json, node, space, sizeof(space)) ||
	    !epcis_is_uri(key))
		return epcis_fail(c, node, rule,
		    "a member of the standard or a uri as its name");
	colon = memchr(key.p, ':', key.n);
	if (!epcis_prefix(c, span_of(key.p, (size_t)(colon - key.p))))
		return epcis_fail(c, node, EPCIS_RULE_PREFIX_UNDECLARED,
		    "its prefix declared in @context");
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
    enum others others, enum epcis_rule rule)
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
		return epcis_extension(c, node, rule);
	return epcis_fail(c, node, rule, "no such member here");
}

enum err
epcis_object(struct check *c, uint32_t node, const struct member *members,
    enum others others, enum epcis_rule rule)
{
	if (json_type(c->json, node) != JSON_OBJECT)
		return epcis_fail(c, node, EPCIS_RULE_VALUE_TYPE, "an object");
	for (uint32_t m = json_first(c->json, node); m != JSON_NONE;
	     m = c->json->nodes[m].next) {
		enum err e = check_member(c, m, members, others, rule);

		if (!epcis_goes_on(c, e))
			return e;
	}
	for (; members->name != NULL; members++) {
		enum err e = ERR_OK;

		if (members->required &&
		    json_member(c->json, node, members->name) == JSON_NONE)
			e = epcis_lacks(c, node, members->rule, members->name);
		if (!epcis_goes_on(c, e))
			return e;
	}
	return ERR_OK;
}

enum err
epcis_each(struct check *c, uint32_t node, check_fn fn)
{
	if (json_type(c->json, node) != JSON_ARRAY)
		return epcis_fail(c, node, EPCIS_RULE_VALUE_TYPE, "an array");
	for (uint32_t i = json_first(c->json, node); i != JSON_NONE;
	     i = c->json->nodes[i].next) {
		enum err e = fn(c, i);

		if (!epcis_goes_on(c, e))
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
	enum epcis_rule rule; /* that it must, or must not, be there */
};

static enum err
v_type(struct check *c, uint32_t node)
{
	return c->type == EPCIS_OTHER
		   ? epcis_uri_as(c, node, EPCIS_RULE_EVENT_TYPE)
		   : ERR_OK;
}

/* Unique in an object event, not so in a transaction. */
static enum err
v_epc_list(struct check *c, uint32_t node)
{
	return c->type == EPCIS_TRANSACTION ? epcis_v_epcs(c, node)
					    : epcis_v_unique_epcs(c, node);
}

static const struct field fields[] = {
	{ "type", ALL | X, ALL | X, v_type, EPCIS_RULE_EVENT_TYPE },
	{ "eventTime", ALL | X, ALL | X, epcis_v_time, EPCIS_RULE_EVENT_TIME },
	{ "eventTimeZoneOffset", ALL | X, ALL | X, epcis_v_offset,
	    EPCIS_RULE_TIME_ZONE_OFFSET },
	{ "eventID", ALL | X, 0, epcis_v_event_id, EPCIS_RULE_NONE },
	{ "recordTime", ALL | X, 0, epcis_v_record_time, EPCIS_RULE_NONE },
	{ "certificationInfo", ALL | X, 0, epcis_v_certification,
	    EPCIS_RULE_NONE },
	{ "errorDeclaration", ALL | X, 0, epcis_v_error, EPCIS_RULE_NONE },
	{ "@context", ALL | X, 0, epcis_v_context, EPCIS_RULE_NONE },
	{ "action", O | A | T | S, O | A | T | S, epcis_v_action,
	    EPCIS_RULE_ACTION },
	{ "epcList", O | T, 0, v_epc_list, EPCIS_RULE_MEMBER },
	{ "bizStep", ALL, 0, epcis_v_biz_step, EPCIS_RULE_MEMBER },
	{ "disposition", ALL, 0, epcis_v_disposition, EPCIS_RULE_MEMBER },
	{ "readPoint", ALL, 0, epcis_v_place, EPCIS_RULE_MEMBER },
	{ "bizLocation", ALL, 0, epcis_v_place, EPCIS_RULE_MEMBER },
	{ "bizTransactionList", ALL, T, epcis_v_transactions,
	    EPCIS_RULE_TRANSACTION_LIST },
	{ "quantityList", O | T, 0, epcis_v_quantities, EPCIS_RULE_MEMBER },
	{ "parentID", A | T | S, S, epcis_v_epc, EPCIS_RULE_PARENT },
	{ "childEPCs", A | S, 0, epcis_v_epcs, EPCIS_RULE_MEMBER },
	{ "childQuantityList", A | S, 0, epcis_v_quantities,
	    EPCIS_RULE_MEMBER },
	{ "sourceList", ALL, 0, epcis_v_sources, EPCIS_RULE_MEMBER },
	{ "destinationList", ALL, 0, epcis_v_destinations, EPCIS_RULE_MEMBER },
	{ "ilmd", O | F, 0, epcis_v_ilmd, EPCIS_RULE_MEMBER },
	{ "sensorElementList", ALL, 0, epcis_v_sensors, EPCIS_RULE_MEMBER },
	{ "persistentDisposition", O | F, 0, epcis_v_persistent,
	    EPCIS_RULE_PERSISTENT_MEMBER },
	{ "inputEPCList", F, 0, epcis_v_unique_epcs, EPCIS_RULE_MEMBER },
	{ "outputEPCList", F, 0, epcis_v_unique_epcs, EPCIS_RULE_MEMBER },
	{ "inputQuantityList", F, 0, epcis_v_quantities, EPCIS_RULE_MEMBER },
	{ "outputQuantityList", F, 0, epcis_v_quantities, EPCIS_RULE_MEMBER },
	{ "transformationID", F, 0, epcis_v_uri, EPCIS_RULE_MEMBER },
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
		return epcis_fail(c, node,
		    fields[i].check == epcis_v_persistent
			? EPCIS_RULE_PERSISTENT_MEMBER
			: EPCIS_RULE_MEMBER,
		    "no such member in an event of this type");
	}
	return bit == X ? ERR_OK
			: epcis_extension(c, node, EPCIS_RULE_EVENT_NAME);
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
		return epcis_fail(
		    c, ilmd, EPCIS_RULE_ILMD_ACTION, "ilmd with ADD only");
	if (has(c, "epcList") || items(c, "quantityList") > 0 ||
	    (items(c, "sensorElementList") > 0 && has(c, "readPoint")))
		return ERR_OK;
	return epcis_lacks(c, c->event, EPCIS_RULE_OBJECT_LEAST,
	    "epcList, quantityList or sensorElementList with readPoint");
}

static enum err
check_children(struct check *c, enum epcis_rule rule)
{
	if (action_is(c, "DELETE") || items(c, "childEPCs") > 0 ||
	    items(c, "childQuantityList") > 0)
		return ERR_OK;
	return epcis_lacks(
	    c, c->event, rule, "childEPCs or childQuantityList with an item");
}

static enum err
check_aggregation(struct check *c)
{
	if (!has(c, "parentID") && !action_is(c, "OBSERVE"))
		return epcis_lacks(c, c->event, EPCIS_RULE_PARENT, "parentID");
	return check_children(c, EPCIS_RULE_AGGREGATION_LEAST);
}

static enum err
check_transaction(struct check *c)
{
	if (items(c, "bizTransactionList") == 0 && has(c, "bizTransactionList"))
		return epcis_lacks(c, c->event, EPCIS_RULE_TRANSACTION_LIST,
		    "bizTransactionList with an item");
	if (action_is(c, "DELETE") || has(c, "epcList") ||
	    items(c, "quantityList") > 0)
		return ERR_OK;
	return epcis_lacks(c, c->event, EPCIS_RULE_TRANSACTION_LEAST,
	    "epcList or quantityList");
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
	return epcis_lacks(c, c->event, EPCIS_RULE_TRANSFORMATION_LEAST,
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
		return check_children(c, EPCIS_RULE_ASSOCIATION_LEAST);
	case EPCIS_OTHER:
		break;
	}
	return ERR_OK;
}

/* What depends on the action makes no sense where that is not known. */
static bool
action_known(const struct check *c)
{
	return c->type == EPCIS_TRANSFORMATION || action_is(c, "ADD") ||
	       action_is(c, "OBSERVE") || action_is(c, "DELETE");
}

enum err
epcis_check_event(struct check *c, uint32_t event)
{
	unsigned bit, seen = 0;

	c->event = event;
	c->type = epcis_type_of(c->json, json_member(c->json, event, "type"));
	c->event_context = json_member(c->json, event, "@context");
	bit = bit_of[c->type];
	for (uint32_t m = json_first(c->json, event); m != JSON_NONE;
	     m = c->json->nodes[m].next) {
		enum err e = check_field(c, m, bit, &seen);

		if (!epcis_goes_on(c, e))
			return e;
	}
	for (size_t i = 0; i < FIELDS; i++) {
		enum err e = ERR_OK;

		if ((fields[i].must & bit) != 0 && (seen & 1u << i) == 0)
			e = epcis_lacks(
			    c, event, fields[i].rule, fields[i].name);
		if (!epcis_goes_on(c, e))
			return e;
	}
	return c->f == NULL || action_known(c) ? check_least(c) : ERR_OK;
}

/* 2.4: epcisBody of an EPCISDocument is open; its events come after. */
static enum err
check_document(struct check *c)
{
	static const struct member members[] = {
		{ "@context", epcis_v_context, true,
		    EPCIS_RULE_CONTEXT_MISSING },
		{ "type", epcis_v_any, true, EPCIS_RULE_DOCUMENT_TYPE },
		{ "id", epcis_v_uri, false, EPCIS_RULE_NONE },
		{ "schemaVersion", epcis_v_version, true,
		    EPCIS_RULE_DOCUMENT_MEMBER },
		{ "creationDate", epcis_v_time, true,
		    EPCIS_RULE_DOCUMENT_MEMBER },
		{ "instanceIdentifier", epcis_v_string, false,
		    EPCIS_RULE_NONE },
		{ "sender", epcis_v_string, false, EPCIS_RULE_NONE },
		{ "receiver", epcis_v_string, false, EPCIS_RULE_NONE },
		{ "epcisHeader", epcis_v_header, false, EPCIS_RULE_NONE },
		{ "epcisBody", epcis_v_any, true, EPCIS_RULE_DOCUMENT_MEMBER },
		{ NULL, NULL, false, EPCIS_RULE_NONE },
	};

	return epcis_object(
	    c, JSON_ROOT, members, OTHERS_EXTENSIONS, EPCIS_RULE_DOCUMENT_NAME);
}

static enum err
v_results_body(struct check *c, uint32_t node)
{
	static const struct member members[] = {
		{ "eventList", epcis_v_any, true, EPCIS_RULE_QUERY_MEMBER },
		{ "vocabularyList", epcis_v_vocabularies, false,
		    EPCIS_RULE_NONE },
		{ NULL, NULL, false, EPCIS_RULE_NONE },
	};

	return epcis_object(
	    c, node, members, OTHERS_EXTENSIONS, EPCIS_RULE_DOCUMENT_NAME);
}

static enum err
v_query_results(struct check *c, uint32_t node)
{
	static const struct member members[] = {
		{ "queryName", epcis_v_string, true, EPCIS_RULE_QUERY_MEMBER },
		{ "subscriptionID", epcis_v_string, false, EPCIS_RULE_NONE },
		{ "resultsBody", v_results_body, true,
		    EPCIS_RULE_QUERY_MEMBER },
		{ NULL, NULL, false, EPCIS_RULE_NONE },
	};

	return epcis_object(
	    c, node, members, OTHERS_EXTENSIONS, EPCIS_RULE_DOCUMENT_NAME);
}

static enum err
v_query_body(struct check *c, uint32_t node)
{
	static const struct member members[] = {
		{ "queryResults", v_query_results, true,
		    EPCIS_RULE_QUERY_MEMBER },
		{ NULL, NULL, false, EPCIS_RULE_NONE },
	};

	return epcis_object(
	    c, node, members, OTHERS_EXTENSIONS, EPCIS_RULE_DOCUMENT_NAME);
}

/* 2.3 */
static enum err
check_query(struct check *c)
{
	static const struct member members[] = {
		{ "@context", epcis_v_context, true,
		    EPCIS_RULE_CONTEXT_MISSING },
		{ "type", epcis_v_any, true, EPCIS_RULE_DOCUMENT_TYPE },
		{ "id", epcis_v_uri, false, EPCIS_RULE_NONE },
		{ "schemaVersion", epcis_v_version, false, EPCIS_RULE_NONE },
		{ "creationDate", epcis_v_time, false, EPCIS_RULE_NONE },
		{ "epcisBody", v_query_body, true, EPCIS_RULE_QUERY_MEMBER },
		{ NULL, NULL, false, EPCIS_RULE_NONE },
	};

	return epcis_object(
	    c, JSON_ROOT, members, OTHERS_EXTENSIONS, EPCIS_RULE_DOCUMENT_NAME);
}

enum err
epcis_check_around(struct check *c, enum epcis_kind kind)
{
	c->doc_context = JSON_NONE;
	c->event_context = JSON_NONE;
	if (kind == EPCIS_KIND_EVENT &&
	    json_member(c->json, JSON_ROOT, "@context") == JSON_NONE)
		return epcis_lacks(
		    c, JSON_ROOT, EPCIS_RULE_BARE_CONTEXT, "@context");
	if (kind == EPCIS_KIND_EVENT)
		return ERR_OK;
	c->doc_context = json_member(c->json, JSON_ROOT, "@context");
	return kind == EPCIS_KIND_QUERY ? check_query(c) : check_document(c);
}

enum err
epcis_check_envelope(const struct epcis_doc *doc, struct diag *d)
{
	struct check c = { .json = &doc->json, .d = d, .pos = -1 };

	return epcis_check_around(&c, doc->kind);
}

enum err
epcis_check(const struct epcis_doc *doc, struct diag *d)
{
	struct check c = { .json = &doc->json, .d = d, .pos = -1 };
	enum err e = epcis_check_around(&c, doc->kind);

	for (uint32_t i = epcis_first(doc); e == ERR_OK && i != JSON_NONE;
	     i = c.json->nodes[i].next)
		e = epcis_check_event(&c, i);
	return e;
}
