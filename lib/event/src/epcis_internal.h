/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EPCIS_INTERNAL_H
#define EPCIS_INTERNAL_H

#include "event/epcis.h"

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
/* The word of the list that looks most like it, for a hint. */
const char *epcis_nearest(enum epcis_list list, struct span word);

/* epcis.md 1.3 */
bool epcis_is_uri(struct span text);

/* Longest string that is looked at unescaped. */
#define EPCIS_TEXT 2048

/* What a check knows; borrowed for one call of epcis_check(). */
struct check {
	const struct json_doc *json;
	struct diag *d;
	uint32_t doc_context;   /* node or JSON_NONE */
	uint32_t event_context; /* node or JSON_NONE */
	uint32_t event;         /* node of the event in hand */
	enum epcis_type type;
	uint8_t space[EPCIS_TEXT]; /* unescaped text */
};

/* ERR_SCHEMA at a node: pointer, what was got, what was wanted. */
enum err epcis_fail(struct check *c, uint32_t node, const char *clause,
    const char *wanted) CM_MUST_USE;
/* A member that is missing in node. */
enum err epcis_lacks(struct check *c, uint32_t node, const char *clause,
    const char *member) CM_MUST_USE;

typedef enum err (*check_fn)(struct check *c, uint32_t node);

/* One member of an object: its check, and whether it must be there. */
struct member {
	const char *name;
	check_fn check;
	bool required;
	const char *clause;
};

/* What members beside the table an object may have (2.4, 3.5). */
enum others { OTHERS_REFUSED, OTHERS_EXTENSIONS, OTHERS_OPEN };

/* All members of an object against a table that ends with a NULL name. */
enum err epcis_object(struct check *c, uint32_t node,
    const struct member *members, enum others others,
    const char *clause) CM_MUST_USE;
/* Every item of an array. */
enum err epcis_each(struct check *c, uint32_t node, check_fn fn) CM_MUST_USE;
/* The strings of an array are distinct. */
enum err epcis_distinct(
    struct check *c, uint32_t node, const char *clause) CM_MUST_USE;
/* A member's name that is no member of the standard: 3.5, 7.3. */
enum err epcis_extension(struct check *c, uint32_t node) CM_MUST_USE;
/* The unescaped string; ERR_SCHEMA when node is none or too long. */
enum err epcis_text(struct span *out, struct check *c, uint32_t node,
    const char *clause, const char *wanted) CM_MUST_USE;

/* epcis_value.c: values and shapes (epcis.md 5, 6). */
enum err epcis_v_string(struct check *c, uint32_t node);
enum err epcis_v_number(struct check *c, uint32_t node);
enum err epcis_v_time(struct check *c, uint32_t node);
enum err epcis_v_uri(struct check *c, uint32_t node);
enum err epcis_v_uris(struct check *c, uint32_t node);
enum err epcis_v_any(struct check *c, uint32_t node);
enum err epcis_v_offset(struct check *c, uint32_t node);
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
/* epcis_header.c: 2.5 */
enum err epcis_v_header(struct check *c, uint32_t node);

#endif
