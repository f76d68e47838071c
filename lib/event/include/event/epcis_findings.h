/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EVENT_EPCIS_FINDINGS_H
#define EVENT_EPCIS_FINDINGS_H

#include "event/epcis.h"

/*
 * Everything that is wrong with an EPCIS document at once, for capture:
 * epcis_check() tells the first fault, this one collects up to 100 of the
 * whole document (epcis.md 1.2), so that the fault of one event hides no
 * other's, and says of each event whether it is good.
 *
 * The rules of epcis.md 1 to 8, each with a word of its own that never changes
 * (the member `rule` of a problem document). Left to others, since they need
 * the log or other events: 8.2, 8.3, 8.4, 8.5, 8.6.
 */
enum epcis_rule {
	EPCIS_RULE_NONE,
	/* 1: the text */
	EPCIS_RULE_TOO_LARGE,
	EPCIS_RULE_JSON,
	EPCIS_RULE_BOM,
	EPCIS_RULE_UTF8,
	EPCIS_RULE_NAME_TWICE,
	EPCIS_RULE_SURROGATE,
	EPCIS_RULE_NUL,
	EPCIS_RULE_DEPTH,
	EPCIS_RULE_VALUES,
	EPCIS_RULE_SHAPE,
	EPCIS_RULE_DATE_TIME,
	EPCIS_RULE_URI,
	EPCIS_RULE_VALUE_TYPE,
	EPCIS_RULE_TEXT_LENGTH,
	/* 2: the document */
	EPCIS_RULE_DOCUMENT_TYPE,
	EPCIS_RULE_CONTEXT_MISSING,
	EPCIS_RULE_CONTEXT,
	EPCIS_RULE_CONTEXT_TWICE,
	EPCIS_RULE_CONTEXT_LIMIT,
	EPCIS_RULE_DOCUMENT_MEMBER,
	EPCIS_RULE_SCHEMA_VERSION,
	EPCIS_RULE_QUERY_MEMBER,
	EPCIS_RULE_DOCUMENT_NAME,
	EPCIS_RULE_MASTER_DATA,
	EPCIS_RULE_VOCABULARY_TYPE,
	EPCIS_RULE_ELEMENT_ID,
	EPCIS_RULE_ATTRIBUTE_ID,
	EPCIS_RULE_ATTRIBUTE_VALUE,
	EPCIS_RULE_EVENT_COUNT,
	/* 3: every event */
	EPCIS_RULE_EVENT_TYPE,
	EPCIS_RULE_EVENT_TIME,
	EPCIS_RULE_TIME_ZONE_OFFSET,
	EPCIS_RULE_RECORD_TIME,
	EPCIS_RULE_EVENT_ID,
	EPCIS_RULE_CERTIFICATION,
	EPCIS_RULE_DECLARATION_TIME,
	EPCIS_RULE_CORRECTIVE_ID,
	EPCIS_RULE_DECLARATION_NAME,
	EPCIS_RULE_EVENT_NAME,
	EPCIS_RULE_BARE_CONTEXT,
	/* 4, 11: by type */
	EPCIS_RULE_ACTION,
	EPCIS_RULE_MEMBER,
	EPCIS_RULE_EPCS_TWICE,
	EPCIS_RULE_PARENT,
	EPCIS_RULE_TRANSACTION_LIST,
	EPCIS_RULE_ILMD_ACTION,
	EPCIS_RULE_OBJECT_LEAST,
	EPCIS_RULE_AGGREGATION_LEAST,
	EPCIS_RULE_TRANSACTION_LEAST,
	EPCIS_RULE_TRANSFORMATION_LEAST,
	EPCIS_RULE_ASSOCIATION_LEAST,
	EPCIS_RULE_PERSISTENT_MEMBER,
	/* 5: shapes */
	EPCIS_RULE_EPC_CLASS,
	EPCIS_RULE_QUANTITY_NAME,
	EPCIS_RULE_UOM,
	EPCIS_RULE_TRANSACTION_ID,
	EPCIS_RULE_TRANSACTION_NAME,
	EPCIS_RULE_SOURCE,
	EPCIS_RULE_SOURCE_NAME,
	EPCIS_RULE_DESTINATION,
	EPCIS_RULE_DESTINATION_NAME,
	EPCIS_RULE_PLACE_ID,
	EPCIS_RULE_PLACE_NAME,
	EPCIS_RULE_PERSISTENT_EMPTY,
	EPCIS_RULE_PERSISTENT_TWICE,
	EPCIS_RULE_PERSISTENT_NAME,
	EPCIS_RULE_ILMD_NAME,
	EPCIS_RULE_SENSOR_REPORT,
	EPCIS_RULE_SENSOR_TYPE,
	EPCIS_RULE_HEX_VALUE,
	EPCIS_RULE_SENSOR_NAME,
	EPCIS_RULE_SENSOR_TIME,  /* warning */
	EPCIS_RULE_SENSOR_TWICE, /* warning */
	/* 6: words */
	EPCIS_RULE_BIZ_STEP_WORD,
	EPCIS_RULE_DISPOSITION_WORD,
	EPCIS_RULE_TRANSACTION_WORD,
	EPCIS_RULE_SOURCE_WORD,
	EPCIS_RULE_REASON_WORD,
	EPCIS_RULE_EXCEPTION_WORD,
	EPCIS_RULE_COMPONENT_WORD,
	EPCIS_RULE_SENSOR_WORD,
	EPCIS_RULE_WORD_SPELLING,
	/* 7: contexts */
	EPCIS_RULE_CONTEXT_UNKNOWN, /* warning */
	EPCIS_RULE_CONTEXT_KEYWORD,
	EPCIS_RULE_PREFIX_FIXED,
	EPCIS_RULE_PREFIX_OTHER, /* warning */
	EPCIS_RULE_PREFIX_UNDECLARED,
	EPCIS_RULE_VALUE_PREFIX, /* warning */
	/* 8: positions */
	EPCIS_RULE_CLASS_AS_INSTANCE,
	EPCIS_RULE_INSTANCE_AS_CLASS,
	EPCIS_RULES, /* how many */
};

/* The rule's word, as "event_time"; "none" for one that does not exist. */
const char *epcis_rule_code(enum epcis_rule rule);
/* Where it is written, as "epcis 3.2". */
const char *epcis_rule_clause(enum epcis_rule rule);
/* Is it told only, and refuses nothing? */
bool epcis_rule_warns(enum epcis_rule rule);

#define EPCIS_FINDINGS 100 /* epcis.md 1.2 */
#define EPCIS_WARNINGS 32  /* of them, so that errors find room */
/* Errors of one event, and of what stands around them all. */
#define EPCIS_EVENT_FINDINGS 16
#define EPCIS_DOCUMENT_FINDINGS 50
#define EPCIS_POINTER 160

struct epcis_finding {
	enum epcis_rule rule;
	bool warning;
	int32_t event; /* position from 0, -1: the document around them */
	/* All texts end with NUL and are cut at a character's border. */
	char pointer[EPCIS_POINTER]; /* RFC 6901, "" the whole document */
	char got[64];
	char wanted[112];
};

/* The caller's storage, about 35 kB; filled by the two functions below. */
struct epcis_findings {
	struct epcis_finding list[EPCIS_FINDINGS];
	unsigned count;     /* in the list */
	unsigned errors;    /* of them */
	unsigned warnings;  /* of them */
	bool more;          /* there were more than the list holds */
	bool document_bad;  /* what stands around the events breaks a rule */
	unsigned bad_count; /* events that break one; all are counted, also
			     * those whose faults found no room */
	uint64_t bad[(EPCIS_CAPTURE_EVENTS + 63) / 64];
};

/*
 * Opens a document of any kind within the limits of capture (EPCIS_CAPTURE_*).
 * nodes: the caller's, epcis_nodes() of them. f: emptied; when the result is
 * not ERR_OK, it tells why and there are no events to ask about. ERR_TOO_LARGE,
 * ERR_JSON, ERR_UTF8, ERR_LIMIT (depth, values), ERR_SCHEMA (no document and
 * no event); ERR_NOMEM (without a finding).
 */
enum err epcis_findings_open(struct epcis_findings *f, struct epcis_doc *out,
    struct span text, struct json_node *nodes, uint32_t capacity) CM_MUST_USE;

/* All rules on a document opened so, findings in document order. A document
 * without errors has all of epcis_check(). */
void epcis_findings_check(
    struct epcis_findings *f, const struct epcis_doc *doc);

/* Does the event at that position (from 0) break no rule? With document_bad
 * none may be kept all the same: they cannot be understood without it. */
bool epcis_findings_good(const struct epcis_findings *f, unsigned pos);

/* The first error of the event at that position, also of one whose findings
 * found no room in a list; false: it has none. Node: of the event. */
bool epcis_findings_first(struct epcis_finding *out,
    const struct epcis_doc *doc, uint32_t node, unsigned pos);

#endif
