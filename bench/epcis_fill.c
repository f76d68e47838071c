/* SPDX-License-Identifier: Apache-2.0 */
#include "epcis_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "event/statement.h"
#include "ledger/logtext.h"

#include "base/banned.h"

#define PAYLOAD 60000

static void
must(enum err e, const char *what, const struct diag *d)
{
	if (e == ERR_OK)
		return;
	(void)fprintf(stderr, "epcis: %s: %s %s\n", what, err_name(e), d->text);
	exit(1);
}

/* SplitMix64: the same events on each run. */
static uint64_t
mix(uint64_t n)
{
	uint64_t z = n + UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

enum epcis_class
epcis_class(uint64_t n, uint64_t total, enum epcis_part part)
{
	uint64_t h = mix(n * 16 + part);

	if (n % (total / 10 + 1) == 7)
		return EPCIS_RARE;
	if (n >= total / 100 * 99 && h % 2 == 0)
		return EPCIS_LATE;
	if (h % 300 == 1)
		return EPCIS_MIDDLE;
	return h / 300 % 10 < 4 ? EPCIS_FREQUENT : EPCIS_CLASSES;
}

const char *
epcis_step(enum epcis_class c, uint64_t n)
{
	static const char *const words[] = { "shipping", "inspecting",
		"void_shipping", "destroying" };
	static const char *const others[] = { "receiving", "packing",
		"unpacking", "storing", "picking", "loading", "unloading",
		"arriving" };

	return c < EPCIS_CLASSES ? words[c] : others[mix(n) % 8];
}

const char *
epcis_disposition(enum epcis_class c, uint64_t n)
{
	static const char *const words[] = { "in_transit", "damaged", "stolen",
		"expired" };
	static const char *const others[] = { "active", "in_progress",
		"sellable_accessible", "available" };

	return c < EPCIS_CLASSES ? words[c] : others[mix(n) % 4];
}

/* `https://a.example/<kind>/<class or a number of 1,000>`. */
static void
put_uri(struct buf *b, const char *kind, enum epcis_class c, uint64_t n)
{
	if (c < EPCIS_CLASSES)
		buf_printf(b, "\"https://a.example/%s/c%d\"", kind, (int)c);
	else
		buf_printf(b, "\"https://a.example/%s/%" PRIu64 "\"", kind,
		    mix(n) % 1000);
}

static void
put_epc(struct buf *b, const char *kind, uint64_t n)
{
	buf_printf(b,
	    "\"https://id.gs1.org/01/09506000134352/21/%s%010" PRIu64 "\"",
	    kind, n);
}

static void
put_quantities(struct buf *b, const char *name, uint64_t n, uint64_t total)
{
	enum epcis_class c = epcis_class(n, total, PART_CLASS);

	buf_printf(b, ",\"%s\":[{\"epcClass\":", name);
	put_uri(b, "class", c, n);
	buf_printf(b, ",\"quantity\":%" PRIu64 ".5%s}]", mix(n) % 1000,
	    n % 2 == 0 ? ",\"uom\":\"KGM\"" : "");
}

static void
put_what(struct buf *b, uint64_t n, uint64_t total)
{
	enum epcis_class c = epcis_class(n, total, PART_EPC);
	unsigned kind = (unsigned)(mix(n) % 20);

	if (kind == 0) {
		buf_str(
		    b, "\"type\":\"TransformationEvent\",\"inputEPCList\":[");
		put_uri(b, "crate", c, n);
		buf_str(b, "],\"outputEPCList\":[");
		put_epc(b, "T", n);
		buf_str(b, "],\"transformationID\":");
		put_uri(b, "transformation", c, n);
		put_quantities(b, "inputQuantityList", n, total);
		put_quantities(b, "outputQuantityList", n + 1, total);
		return;
	}
	if (kind < 4) {
		buf_str(b, "\"type\":\"AggregationEvent\",\"action\":\"ADD\","
			   "\"parentID\":");
		put_uri(b, "pallet", c, n);
		buf_str(b, ",\"childEPCs\":[");
		put_epc(b, "C", n);
		buf_str(b, "]");
		return;
	}
	buf_printf(b,
	    "\"type\":\"ObjectEvent\",\"action\":\"%s\",\"epcList\":[",
	    c == EPCIS_RARE ? "DELETE"
	    : n % 2 == 0    ? "ADD"
			    : "OBSERVE");
	put_epc(b, "S", n);
	buf_byte(b, ',');
	put_uri(b, "crate", c, n);
	buf_str(b, "]");
	if (kind < 8)
		put_quantities(b, "quantityList", n, total);
	if (n % 2 == 0 && c != EPCIS_RARE && kind < 8)
		buf_printf(b,
		    ",\"ilmd\":{\"cbvmda:lotNumber\":\"L%d\","
		    "\"cbvmda:itemExpirationDate\":\"2027-%02d-01\"}",
		    (int)c, (int)(n % 12 + 1));
}

static void
put_special(struct buf *b, uint64_t n, uint64_t total)
{
	enum epcis_class c = epcis_class(n, total, PART_SPECIAL);

	if (c == EPCIS_MIDDLE || c == EPCIS_RARE) {
		char at[RFC3339_CHARS + 1];

		rfc3339_print(at, EPCIS_BASE_MS + (int64_t)n * EPCIS_STEP_MS);
		buf_printf(b,
		    ",\"errorDeclaration\":{\"declarationTime\":\"%s\","
		    "\"reason\":\"%s\",\"correctiveEventIDs\":["
		    "\"https://a.example/event/%d\"]}",
		    at, c == EPCIS_RARE ? "did_not_occur" : "incorrect_data",
		    (int)c);
	}
}

void
epcis_event_put(struct buf *b, uint64_t n, uint64_t total)
{
	enum epcis_class step = epcis_class(n, total, PART_STEP);
	enum epcis_class party = epcis_class(n, total, PART_PARTY);
	char at[RFC3339_CHARS + 1];

	/* in the order of the log but for some minutes */
	rfc3339_print(at, EPCIS_BASE_MS + (int64_t)n * EPCIS_STEP_MS +
			      (int64_t)(mix(n) % 600000));
	buf_str(b, "{");
	put_what(b, n, total);
	buf_printf(b,
	    ",\"eventTime\":\"%s\",\"eventTimeZoneOffset\":\"+00:00\","
	    "\"bizStep\":\"%s\",\"disposition\":\"%s\",\"readPoint\":{\"id\":",
	    at, epcis_step(step, n),
	    epcis_disposition(epcis_class(n, total, PART_DISPOSITION), n));
	put_uri(b, "read", epcis_class(n, total, PART_READ), n);
	buf_str(b, "},\"bizLocation\":{\"id\":");
	put_uri(b, "place", epcis_class(n, total, PART_BUSINESS), n);
	buf_str(b, "},\"bizTransactionList\":[{\"type\":\"po\","
		   "\"bizTransaction\":");
	put_uri(b, "po", epcis_class(n, total, PART_LINK), n);
	buf_printf(b,
	    "}],\"sourceList\":[{\"type\":\"owning_party\",\"source\":"
	    "\"did:web:o%d.example\"}],\"destinationList\":[{\"type\":"
	    "\"location\",\"destination\":",
	    (int)party);
	put_uri(b, "to", party, n);
	buf_str(b, "}]");
	put_special(b, n, total);
	buf_str(b, "}");
}

static void
put_document(struct buf *b, uint64_t from, uint64_t below, uint64_t total)
{
	buf_reset(b);
	buf_str(b, "{\"@context\":\"https://ref.gs1.org/standards/epcis/2.0.0/"
		   "epcis-context.jsonld\",\"type\":\"EPCISDocument\","
		   "\"schemaVersion\":\"2.0\",\"creationDate\":"
		   "\"2026-01-01T00:00:00Z\",\"epcisBody\":{\"eventList\":[");
	for (uint64_t n = from; n < below; n++) {
		if (n > from)
			buf_byte(b, ',');
		epcis_event_put(b, n, total);
	}
	buf_str(b, "]}}");
}

static void
create(const struct pgtest *db, const char *log, const struct sign_key *key)
{
	struct genesis g = { .authority_count = 1 };
	struct buf text = buf_heap(4096);
	struct diag d = { .code = ERR_OK };

	(void)snprintf(g.origin, sizeof g.origin, "example.com/%s", log);
	memcpy(g.authority[0], key->pub, KEY_BYTES);
	must(genesis_print(&text, &g), "genesis", &d);
	must(store_create_log(db->uri, log, g.origin, buf_span(&text), &d),
	    "log", &d);
	buf_free(&text);
}

void
epcis_fill(
    const struct pgtest *db, const char *log, uint64_t total, unsigned each)
{
	static const uint8_t seed[KEY_BYTES] = { 7 };
	struct claims c = { .epoch = 1, .iss = span_str("did:web:x") };
	struct buf payload = buf_heap(PAYLOAD);
	struct buf entry = buf_heap(STATEMENT_MAX);
	struct diag d = { .code = ERR_OK };
	struct sign_key key;
	struct pglog l;

	key_from_seed(&key, seed);
	create(db, log, &key);
	pglog_open(&l, pgtest_store(db->uri, log, 0));
	c.sub = c.iss;
	for (uint64_t n = 0; n < total;) {
		pglog_begin(&l);
		for (unsigned i = 0; i < EPCIS_BATCH && n < total; i++) {
			uint64_t below = total - n < each ? total : n + each;

			put_document(&payload, n, below, total);
			buf_reset(&entry);
			c.seq = l.size;
			must(statement_make(&entry, &c, CONTENT_IS_PRODUCT,
				 buf_span(&payload), &key, &d),
			    "statement", &d);
			pglog_row(&l, buf_span(&entry), NULL, 0, 0);
			n = below;
		}
		must(pglog_commit(&l, &d), "append", &d);
	}
	pglog_close(&l);
	buf_free(&payload);
	buf_free(&entry);
}

double
epcis_project(const char *uri, const char *log, uint64_t below)
{
	struct store *s = pgtest_store(uri, log, 0);
	struct diag d = { .code = ERR_OK };
	struct search_count count;
	struct search_batch *b;
	struct search *f;
	uint64_t at = 0, refused = 0;
	int64_t start;

	must(search_begin(s, &d), "projection", &d);
	must(search_load(&f, s, 0, &d), "load", &d);
	must(search_batch_new(&b, s), "batch", &d);
	start = clock_mono_us();
	while (at < below) {
		must(search_project(
			 s, f, b, at, below, EPCIS_BATCH, &at, &count, &d),
		    "project", &d);
		refused += count.refused;
	}
	start = clock_mono_us() - start;
	if (refused > 0)
		must(ERR_SCHEMA, "an event of the bench is refused", &d);
	search_batch_free(b);
	search_free(f);
	store_close(s);
	return (double)start / 1e6;
}
