/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EVENT_EPCIS_FIELDS_H
#define EVENT_EPCIS_FIELDS_H

#include "event/epcis.h"

/*
 * What a document says of its goods beside the events: the ILMD of an event
 * and the master data of the header, one value at a time, with the prefixes of
 * the contexts resolved (epcis.md 7.3). For a document that has passed the
 * rules; on any other what cannot be read is passed over.
 */
#define EPCIS_NAME_SPACE 1024
#define EPCIS_VALUE_SPACE 2048

/*
 * A name as (namespace IRI, local name): of `ex:size` what ex was declared as,
 * and size; of a whole IRI what stands up to its last `/`, `#` or `:`, and the
 * rest. The same field has the same pair under any prefix.
 */
struct epcis_name {
	struct span ns;
	struct span local;
	uint8_t space[EPCIS_NAME_SPACE]; /* for what is unescaped */
	size_t used;
};

/* A value. Spans are views of the document or of space: they live as long as
 * both and until the next call. */
struct epcis_value {
	enum json_type type;
	uint32_t node; /* JSON_NONE: there is none */
	/* A string unescaped; of all else the bytes as received. Empty for an
	 * escaped string longer than space: read it by its node. */
	struct span text;
	uint8_t space[EPCIS_VALUE_SPACE];
};

struct epcis_ilmd {
	struct epcis_name name;
	struct epcis_value value;
	uint32_t event, node; /* the cursor's own */
};

/* The fields of an event's ilmd, in its order; event: its node (JSON_ROOT for
 * a bare event). An array is one value. False: no more. */
bool epcis_ilmd_first(
    struct epcis_ilmd *out, const struct epcis_doc *doc, uint32_t event);
bool epcis_ilmd_next(struct epcis_ilmd *out, const struct epcis_doc *doc);

struct epcis_master {
	struct epcis_value type; /* of the vocabulary, as
				  * urn:epcglobal:epcis:vtype:EPCClass */
	struct epcis_value id;   /* of the element: a class, place, party */
	/* Of the attribute; with node JSON_NONE in value when the element has
	 * none, or one without a value. */
	struct epcis_name name;
	struct epcis_value value;
	/* The cursor's own. */
	uint32_t vocabulary, element, attribute;
};

/* The attributes of all elements of the header's vocabularies (of a query
 * document: of its results), in their order; an element without attributes
 * comes once. False: no more. */
bool epcis_master_first(struct epcis_master *out, const struct epcis_doc *doc);
bool epcis_master_next(struct epcis_master *out, const struct epcis_doc *doc);

#endif
