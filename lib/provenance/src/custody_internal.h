/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROVENANCE_CUSTODY_INTERNAL_H
#define PROVENANCE_CUSTODY_INTERNAL_H

#include "event/epcis_fields.h"
#include "provenance/custody.h"

/* Texts that live as long as the trace, in chunks. */
struct text_chunk {
	struct text_chunk *next;
	size_t used;
	size_t cap;
	char bytes[];
};

struct texts {
	struct text_chunk *head;
};

/* A NUL-terminated copy; "" for nothing. NULL when memory is out. */
const char *texts_add(struct texts *t, struct span s);
void texts_clear(struct texts *t);

/* What an event says about the one subject that was asked for. */
struct record {
	struct custody_step step; /* via is "" */
	const char *event_id;     /* "" absent */
	const char *parent;       /* ADD or DELETE of the subject as a child:
				   * the parent's canonical form, else NULL */
	bool adds;                /* ADD, with parent */
	bool deletes;             /* DELETE, with parent */
	bool empties;             /* DELETE of all children of the subject */
	bool declaration;         /* an error declaration: no step */
	bool by_authority;        /* signed with a key of the genesis */
	const char *signer_org;   /* name, "" none */
};

struct records {
	struct record *at;
	size_t n;
	size_t cap;
};

/* One trace's working memory. */
struct reader {
	struct texts *texts;
	struct roster *roster;
	const char *host;
	struct json_node *nodes;
	uint8_t *space; /* unescaped text */
	size_t space_cap;
	struct epcis_ilmd ilmd;
	struct buf name; /* canonical form of the string at hand */
	/* of the call under way: */
	struct span subject;
	struct records *out;
};

enum err reader_init(struct reader *r, struct texts *texts,
    struct roster *roster, const char *host) CM_MUST_USE;
void reader_clear(struct reader *r);
/* Fills out with the events of subject, in log order, withdrawn ones marked.
 * ERR_LIMIT above CUSTODY_STEPS. */
enum err reader_run(struct reader *r, struct span subject,
    const struct custody_source *source, struct records *out,
    struct diag *d) CM_MUST_USE;

#endif
