/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EPCIS_INTERNAL_H
#define EPCIS_INTERNAL_H

#include "event/epcis.h"
#include "event/epcis_findings.h"

/* The parts of epcis*.c share these; nobody else includes this file. */

/* What a member of an event touches (formats 5.4). */
enum epcis_touched {
	EPCIS_TOUCHED_NOTHING,
	EPCIS_TOUCHED_LIST, /* an EPC list */
	EPCIS_TOUCHED_ONE,  /* parentID */
	EPCIS_TOUCHED_QUANTITIES,
	EPCIS_TOUCHED_PART, /* cm:part */
};
enum epcis_touched epcis_touched(const struct json_doc *json, uint32_t member);
/* A member's unescaped name; false when it does not fit. */
bool epcis_key(struct span *out, const struct json_doc *json, uint32_t node,
    uint8_t *space, size_t cap);
enum epcis_type epcis_type_of(const struct json_doc *json, uint32_t type);

/* Word lists of epcis.md 6. */
enum epcis_list {
	EPCIS_BIZ_STEP,
	EPCIS_DISPOSITION,
	EPCIS_BIZ_TRANSACTION,
	EPCIS_SOURCE,
	EPCIS_REASON,
	EPCIS_EXCEPTION,
	EPCIS_COMPONENT,
	EPCIS_SENSOR,
};
bool epcis_word(enum epcis_list list, struct span word);
/* NULL behind the last. */
const char *epcis_word_at(enum epcis_list list, size_t i);
/* The word of the list that looks most like it, for a hint. */
const char *epcis_nearest(enum epcis_list list, struct span word);

/* epcis.md 1.3 */
bool epcis_is_uri(struct span text);

/* Longest string that is looked at unescaped. */
#define EPCIS_TEXT 2048

/* What a check knows; borrowed for one call of epcis_check(). */
struct check {
	const struct json_doc *json;
	struct diag *d;           /* the first fault, where f is NULL */
	struct epcis_findings *f; /* all faults, or NULL */
	int32_t pos;              /* of the event in hand, -1: none */
	unsigned errors;          /* found in what is in hand */
	bool large;               /* more than a statement holds */
	uint32_t doc_context;     /* node or JSON_NONE */
	uint32_t event_context;   /* node or JSON_NONE */
	uint32_t event;           /* node of the event in hand */
	enum epcis_type type;
	uint8_t space[EPCIS_TEXT]; /* unescaped text */
};

/*
 * ERR_SCHEMA at a node: pointer, what was got, what was wanted. ERR_FULL when
 * findings are collected and more of what is in hand is not wanted.
 */
enum err epcis_fail(struct check *c, uint32_t node, enum epcis_rule rule,
    const char *wanted) CM_MUST_USE;
/* A member that is missing in node. */
enum err epcis_lacks(struct check *c, uint32_t node, enum epcis_rule rule,
    const char *member) CM_MUST_USE;
/* Tells a rule that refuses nothing; only where findings are collected. */
void epcis_warn(
    struct check *c, uint32_t node, enum epcis_rule rule, const char *wanted);

/* Is there to be a check of the next thing after that result? */
static inline bool
epcis_goes_on(const struct check *c, enum err e)
{
	return e == ERR_OK || (e == ERR_SCHEMA && c->f != NULL);
}

/* epcis_findings.c: keeps one; got NULL: the value of the node. */
enum err epcis_findings_add(struct check *c, uint32_t node,
    enum epcis_rule rule, const char *got, const char *wanted);
/* Will the next error be written down? */
bool epcis_findings_room(const struct epcis_findings *f);
/* What a text shows of a value, cut at a character's border. */
struct span epcis_got(const struct json_doc *json, uint32_t node);

/* The shape of formats 1.3. */
struct shape_fault {
	uint32_t node;
	const char *wanted; /* NULL: none */
};
void epcis_shape_nul(struct shape_fault *out, const struct json_doc *json);
void epcis_shape_event(
    struct shape_fault *out, const struct json_doc *json, uint32_t event);
void epcis_shape_events(struct shape_fault *out, struct epcis_doc *doc);

/* epcis_check.c: one event, and what stands around the events. */
enum err epcis_check_event(struct check *c, uint32_t event);
enum err epcis_check_around(struct check *c, enum epcis_kind kind);

typedef enum err (*check_fn)(struct check *c, uint32_t node);

/* One member of an object: its check, and whether it must be there. */
struct member {
	const char *name;
	check_fn check;
	bool required;
	enum epcis_rule rule; /* that it must be there */
};

/* What members beside the table an object may have (2.4, 3.5). */
enum others { OTHERS_REFUSED, OTHERS_EXTENSIONS, OTHERS_OPEN };

/* All members of an object against a table that ends with a NULL name; rule:
 * of the names beside it. */
enum err epcis_object(struct check *c, uint32_t node,
    const struct member *members, enum others others,
    enum epcis_rule rule) CM_MUST_USE;
/* Every item of an array. */
enum err epcis_each(struct check *c, uint32_t node, check_fn fn) CM_MUST_USE;
/* The strings of an array are distinct. */
enum err epcis_distinct(
    struct check *c, uint32_t node, enum epcis_rule rule) CM_MUST_USE;
/* A member's name that is no member of the standard: rule, 7.3. */
enum err epcis_extension(
    struct check *c, uint32_t node, enum epcis_rule rule) CM_MUST_USE;
/* The unescaped string; ERR_SCHEMA when node is none or too long. */
enum err epcis_text(struct span *out, struct check *c, uint32_t node,
    const char *wanted) CM_MUST_USE;

/* epcis_value.c: values and shapes (epcis.md 5, 6). */
enum err epcis_v_string(struct check *c, uint32_t node);
enum err epcis_v_number(struct check *c, uint32_t node);
enum err epcis_v_time(struct check *c, uint32_t node);
enum err epcis_v_uri(struct check *c, uint32_t node);
/* The same with a rule of its own in place of uri, date_time. */
enum err epcis_uri_as(
    struct check *c, uint32_t node, enum epcis_rule rule) CM_MUST_USE;
enum err epcis_time_as(
    struct check *c, uint32_t node, enum epcis_rule rule) CM_MUST_USE;
enum err epcis_v_uris(struct check *c, uint32_t node);
enum err epcis_v_any(struct check *c, uint32_t node);
enum err epcis_v_offset(struct check *c, uint32_t node);
enum err epcis_v_record_time(struct check *c, uint32_t node);
enum err epcis_v_event_id(struct check *c, uint32_t node);
enum err epcis_v_version(struct check *c, uint32_t node);
enum err epcis_v_action(struct check *c, uint32_t node);
/* A word of the list or a uri of the user (6.1). */
enum err epcis_v_word(
    struct check *c, uint32_t node, enum epcis_list list) CM_MUST_USE;
enum err epcis_v_biz_step(struct check *c, uint32_t node);
enum err epcis_v_disposition(struct check *c, uint32_t node);
enum err epcis_v_persistent(struct check *c, uint32_t node);
enum err epcis_v_place(struct check *c, uint32_t node);
enum err epcis_v_epc(struct check *c, uint32_t node);
enum err epcis_v_epcs(struct check *c, uint32_t node);
enum err epcis_v_unique_epcs(struct check *c, uint32_t node);
enum err epcis_v_quantities(struct check *c, uint32_t node);
enum err epcis_v_transactions(struct check *c, uint32_t node);
enum err epcis_v_sources(struct check *c, uint32_t node);
enum err epcis_v_destinations(struct check *c, uint32_t node);
enum err epcis_v_certification(struct check *c, uint32_t node);
enum err epcis_v_error(struct check *c, uint32_t node);
enum err epcis_v_ilmd(struct check *c, uint32_t node);

/* epcis_sensor.c */
enum err epcis_v_sensors(struct check *c, uint32_t node);

/* epcis_context.c: 2.1, 7.2. */
enum err epcis_v_context(struct check *c, uint32_t node);
/* Is that prefix built in or declared for the event in hand? */
bool epcis_prefix(const struct check *c, struct span prefix);
/*
 * What a prefix means in an event (JSON_NONE: in the header): the string's
 * node where a context declares it, the built-in text otherwise. False: it
 * means nothing.
 */
struct prefix_meaning {
	uint32_t node; /* JSON_NONE: iri holds it */
	const char *iri;
};
bool epcis_prefix_meaning(struct prefix_meaning *out,
    const struct json_doc *json, uint32_t event, struct span prefix);
/* epcis_header.c: 2.5 */
enum err epcis_v_header(struct check *c, uint32_t node);
enum err epcis_v_vocabularies(struct check *c, uint32_t node);
/* The vocabularyList of a document of either kind, or JSON_NONE. */
uint32_t epcis_vocabularies(const struct json_doc *json, enum epcis_kind kind);

#endif
