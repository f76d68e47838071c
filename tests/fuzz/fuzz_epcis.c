/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/buf.h"
#include "event/epcis_fields.h"
#include "event/epcis_findings.h"

#include "base/banned.h"

/* Any bytes as a document: opened, walked, checked, named; and as capture
 * reads them: findings, the document made of what is good, fields. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct json_node nodes[EPCIS_NODES], more[EPCIS_NODES];
static struct epcis_findings found;

/* Right for ingest; only its size may be too much by now. */
static void
must_pass(struct span text)
{
	struct epcis_doc doc;
	struct diag d = { .code = ERR_OK };
	enum err e = epcis_open(&doc, text, more, EPCIS_NODES, &d);

	if (e == ERR_LIMIT || (e == ERR_SCHEMA && doc.event_count == 0))
		return;
	if (e != ERR_OK || epcis_check(&doc, &d) != ERR_OK)
		abort();
}

static bool
good(const void *ctx, unsigned pos)
{
	return epcis_findings_good(ctx, pos);
}

static void
read_fields(const struct epcis_doc *doc)
{
	static struct epcis_master m;
	static struct epcis_ilmd f;
	uint32_t event =
	    doc->kind == EPCIS_KIND_EVENT ? JSON_ROOT : epcis_first(doc);

	for (uint32_t i = 0; i < doc->event_count;
	     i++, event = doc->json.nodes[event].next) {
		for (bool is = epcis_ilmd_first(&f, doc, event); is;
		     is = epcis_ilmd_next(&f, doc)) {
			if (f.name.ns.n == 0 && f.name.local.n == 0)
				abort();
		}
	}
	for (bool is = epcis_master_first(&m, doc); is;
	     is = epcis_master_next(&m, doc)) {
		if (m.element == JSON_NONE)
			abort();
	}
}

/* Each event is bad exactly when it alone has an error to tell. */
static void
ask_each(const struct epcis_doc *doc)
{
	struct epcis_finding one;
	uint32_t event =
	    doc->kind == EPCIS_KIND_EVENT ? JSON_ROOT : epcis_first(doc);

	for (uint32_t i = 0; i < doc->event_count;
	     i++, event = doc->json.nodes[event].next) {
		if (epcis_findings_first(&one, doc, event, i) ==
		    epcis_findings_good(&found, i))
			abort();
	}
}

static void
as_capture(struct span text)
{
	struct buf b = buf_heap(text.n * 2 + 4096);
	struct epcis_doc doc;

	if (epcis_findings_open(&found, &doc, text, nodes, EPCIS_NODES) !=
	    ERR_OK) {
		if (found.errors == 0)
			abort();
		return;
	}
	epcis_findings_check(&found, &doc);
	if ((found.errors == 0) !=
	    (found.bad_count == 0 && !found.document_bad))
		abort();
	ask_each(&doc);
	read_fields(&doc);
	if (epcis_wrap(&b, &doc, 0, good, &found) != ERR_OK)
		abort();
	if (!found.document_bad && found.bad_count < doc.event_count)
		must_pass(buf_span(&b));
	buf_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct span text = span_of(data, n);
	struct buf sub = buf_heap(1 << 20);
	struct epcis_event event;
	struct epcis_doc doc;
	struct diag d = { .code = ERR_OK };
	unsigned pos = 0;
	enum err e;

	as_capture(text);
	if (epcis_open(&doc, text, nodes, EPCIS_NODES, &d) != ERR_OK)
		return 0;
	for (uint32_t i = epcis_first(&doc); i != JSON_NONE; i = nodes[i].next)
		epcis_event(&event, &doc, i, pos++);
	if (pos != doc.event_count)
		abort();
	e = epcis_check(&doc, &d);
	if (e != ERR_OK && d.code != ERR_SCHEMA)
		abort();
	/* One set of rules for both ways. */
	if (n <= 60000 && (e == ERR_OK) != (found.errors == 0))
		abort();
	if (epcis_sub(&sub, &doc, span_str("did:web:h:device:d")) != ERR_OK)
		abort();
	buf_free(&sub);
	return 0;
}
