/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_EPCIS_PRINT_H
#define API_EPCIS_PRINT_H

#include "event/epcis.h"
#include "gs1/gcp.h"
#include "ledger/query.h"

#include "api.h"

/*
 * Prints single events of many documents into one answer: each with the
 * prefixes that it needs of its document (epcis.md 7.4), the ledger's
 * recordTime (8.2), an eventID (8.3), identifiers in the form asked for (9.2).
 * All else stays as signed, numbers in their own text.
 */
struct epcis_printer {
	enum epc_format format;
	const struct gcp *gcp; /* borrowed */
	char origin[321];      /* of the log, for eventIDs */
	/* the document at hand, so that its events are read once */
	uint64_t index;
	bool open;
	struct epcis_doc doc;
	struct json_node *nodes;
	struct buf payload;
	struct gs1_code code;
	struct buf text;    /* the event in the making */
	struct buf name;    /* an identifier in the making */
	struct buf scratch; /* an unescaped string */
	struct buf refused; /* the identifier that has no form as asked for */
};

/* gcp: NULL where the operator gives no list. ERR_NOMEM. */
enum err epcis_printer_init(struct epcis_printer *p, enum epc_format format,
    const struct gcp *gcp, const char *origin) CM_MUST_USE;
void epcis_printer_clear(struct epcis_printer *p);

/* ERR_UNSUPPORTED: p->refused has no form as asked for; ERR_STATE: the payload
 * lacks that event; ERR_NOMEM. */
enum err epcis_print_event(struct epcis_printer *p, struct json_out *o,
    const struct query_event *e) CM_MUST_USE;

/* One identifier in the form asked for, appended to out. ERR_UNSUPPORTED with
 * p->refused, ERR_NOMEM. */
enum err epcis_print_identifier(
    struct epcis_printer *p, struct buf *out, struct span uri) CM_MUST_USE;

#endif
