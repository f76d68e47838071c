/* SPDX-License-Identifier: Apache-2.0 */
/* Names the events of a file as peers do: CBV 2.0, section 8.9. */
#include "cli.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "event/epcis_hash.h"

#include "base/banned.h"

/* A capture's document (epcis 9.4); the answer stays within cli_run()'s. */
#define FILE_BYTES ((size_t)16 << 20)
#define FILE_EVENTS 65536u

struct work {
	struct buf text;
	struct json_node *nodes;
	struct epcis_doc doc;
	struct epcis_hash hash;
};

static const char *
fit_name(enum epcis_hash_fit fit)
{
	switch (fit) {
	case EPCIS_HASH_FITS:
		return "reference";
	case EPCIS_HASH_FITS_TEXT:
		return "text";
	case EPCIS_HASH_OPAQUE:
		return "opaque";
	case EPCIS_HASH_NO_ID:
		break;
	}
	return NULL;
}

static enum err
print_event(struct work *w, struct cli *c, uint32_t event, unsigned pos)
{
	char name[EPCIS_HASH_CHARS + 1];
	enum epcis_hash_fit fit;
	struct diag d = { 0 };
	enum err e = epcis_hash_fit(&fit, &w->hash, &w->doc, event, &d);

	if (e == ERR_OK)
		e = epcis_hash_name(
		    name, &w->hash, &w->doc, event, EPCIS_HASH_REFERENCE, &d);
	if (e != ERR_OK)
		return diag_fail(
		    &c->d, e, d.clause, "event %u: %s", pos, d.text);
	json_out_object(&c->json, NULL);
	json_out_int(&c->json, "pos", pos);
	json_out_str(&c->json, "hash", name);
	json_out_bool(&c->json, "comparable", w->hash.why == NULL);
	if (w->hash.why != NULL)
		json_out_str(&c->json, "reason", w->hash.why);
	if (fit_name(fit) != NULL)
		json_out_str(&c->json, "eventID", fit_name(fit));
	json_out_end_object(&c->json);
	return ERR_OK;
}

static enum err
open_file(struct work *w, struct cli *c)
{
	const char *path = c->args.positional;
	size_t capacity;
	enum err e;

	if (strcmp(path, "-") == 0)
		e = file_read_fd(&w->text, STDIN_FILENO, "standard input",
		    FILE_BYTES, &c->d);
	else
		e = file_read(&w->text, path, FILE_BYTES, &c->d);
	if (e != ERR_OK)
		return e;
	/* A node takes two bytes; touched as far as needed. */
	capacity = w->text.n / 2 + 1;
	w->nodes = malloc(capacity * sizeof *w->nodes);
	if (w->nodes == NULL)
		return diag_fail(&c->d, ERR_NOMEM, "", "out of memory");
	e = epcis_hash_open(
	    &w->doc, buf_span(&w->text), w->nodes, (uint32_t)capacity, &c->d);
	if (e == ERR_OK && w->doc.event_count > FILE_EVENTS)
		e = diag_fail(&c->d, ERR_LIMIT, "",
		    "got %" PRIu32 " events, wanted at most %u",
		    w->doc.event_count, FILE_EVENTS);
	return e;
}

static enum err
run(struct work *w, struct cli *c)
{
	enum err e = open_file(w, c);
	unsigned pos = 0;

	json_out_array(&c->json, "events");
	for (uint32_t i = e == ERR_OK ? epcis_first(&w->doc) : JSON_NONE;
	     i != JSON_NONE && e == ERR_OK; i = w->nodes[i].next)
		e = print_event(w, c, i, pos++);
	json_out_end_array(&c->json);
	return e;
}

enum err
cli_event_hash(struct cli *c)
{
	struct work w = { .text = buf_heap(FILE_BYTES) };
	enum err e;

	epcis_hash_init(&w.hash, EPCIS_HASH_BYTES);
	e = run(&w, c);
	epcis_hash_clear(&w.hash);
	free(w.nodes);
	buf_free(&w.text);
	return e;
}
