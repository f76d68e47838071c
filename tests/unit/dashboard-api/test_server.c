/* SPDX-License-Identifier: Apache-2.0 */
/* The whole API on a real database: a ledger made by hand, asked over TCP. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "event/touch.h"
#include "ledger/logtext.h"
#include "ledger/map.h"
#include "ledger/note.h"

#include "../provenance/story.h"
#include "api.h"
#include "client.h"
#include "pgtest.h"
#include "proofs.h"

#include "base/banned.h"

#define LOG "demo"
#define ORIGIN STORY_HOST "/" LOG
#define FILLERS 300
#define AUDITOR "Authorization: Bearer auditor-token\r\n"
#define ITEM_PATH "01%2F" STORY_GTIN "%2F21%2FA1"
#define ITEM_URI "https%3A%2F%2Fid.gs1.org%2F01%2F" STORY_GTIN "%2F21%2F"

struct world {
	struct pgtest db;
	struct story *story;
	struct pglog log;
	struct sign_key log_key;
	uint64_t previous;                      /* epoch */
	bool lie;                               /* about the map's root */
	unsigned commissioned, packed, shipped; /* ledger indices */
	struct api_conf conf;
	struct api api;
	struct http *http;
	unsigned port;
	struct reply r;
};

static struct world w;

static void
add_subject(void *ctx, struct span subject)
{
	struct store_batch *b = ctx;

	if (!span_starts(subject, "device/"))
		assert_int_equal(store_batch_subject(b, subject), ERR_OK);
}

static void
append_statement(struct touch *t, struct span entry)
{
	struct statement s;

	assert_int_equal(statement_parse(&s, entry, NULL), ERR_OK);
	/* The signer's chain is not looked at here: any device will do. */
	pglog_row(&w.log, entry, "line-1", 1, w.log.size);
	assert_int_equal(touch_entry(t, entry, add_subject, w.log.b), ERR_OK);
}

struct mapping {
	struct map *map;
	struct touch touch;
};

static enum err
map_entry(void *ctx, uint64_t index, struct span entry)
{
	struct mapping *m = ctx;

	return map_add_entry(m->map, &m->touch, index, entry);
}

/* The epoch covers all that is there. */
static void
cover(struct epoch *e)
{
	struct mapping m;
	struct diag d;

	e->covered = w.log.size;
	assert_int_equal(map_new(&m.map), ERR_OK);
	assert_int_equal(touch_init(&m.touch), ERR_OK);
	assert_int_equal(
	    store_entries(w.log.s, 0, e->covered, map_entry, &m, &d), ERR_OK);
	e->map_root = map_root(m.map);
	e->keys = map_keys(m.map);
	touch_clear(&m.touch);
	map_free(m.map);
}

/* Cuts an epoch and publishes the checkpoint over it. */
static void
publish(int64_t time_ms)
{
	struct epoch e = { .time_ms = time_ms, .previous = w.previous };
	struct buf text = buf_heap(4096), note = buf_heap(NOTE_MAX);
	struct checkpoint c;
	struct store_checkpoint sc;
	struct diag d;

	cover(&e);
	if (w.lie)
		e.map_root.b[0] ^= 1;
	e.chain = w.log.chain;
	assert_int_equal(epoch_print(&text, &e), ERR_OK);
	pglog_begin(&w.log);
	pglog_row(&w.log, buf_span(&text), NULL, 0, 0);
	assert_int_equal(store_batch_epoch(w.log.b, e.covered, time_ms,
			     &e.map_root, e.keys, w.previous),
	    ERR_OK);
	assert_int_equal(pglog_commit(&w.log, &d), ERR_OK);
	w.previous = w.log.size - 1;
	memset(&c, 0, sizeof(c));
	(void)snprintf(c.origin, sizeof(c.origin), "%s", ORIGIN);
	c.size = w.log.size;
	c.root = frontier_root(&w.log.frontier);
	assert_int_equal(checkpoint_sign(&note, &c, &w.log_key), ERR_OK);
	sc.size = c.size;
	sc.root = c.root;
	sc.at_ms = clock_wall_ms();
	assert_int_equal(
	    store_put_checkpoint(w.log.s, w.log.term, &sc, buf_span(&note), &d),
	    ERR_OK);
	buf_free(&text);
	buf_free(&note);
}

static void
append_story(unsigned from)
{
	struct touch t;
	struct diag d;

	assert_int_equal(touch_init(&t), ERR_OK);
	pglog_begin(&w.log);
	for (unsigned i = from; i < w.story->count; i++)
		append_statement(&t, buf_span(&w.story->entries[i]));
	assert_int_equal(pglog_commit(&w.log, &d), ERR_OK);
	touch_clear(&t);
}

static void
create_log(void)
{
	struct genesis g = { .origin = ORIGIN, .authority_count = 1 };
	struct buf text = buf_heap(4096);
	struct diag d;

	memcpy(g.authority[0], w.story->keys[STORY_AUTHORITY].pub, KEY_BYTES);
	memcpy(g.service, w.story->keys[STORY_AUTHORITY].pub, KEY_BYTES);
	assert_int_equal(genesis_print(&text, &g), ERR_OK);
	assert_int_equal(
	    store_create_log(w.db.uri, LOG, ORIGIN, buf_span(&text), &d),
	    ERR_OK);
	buf_free(&text);
	pglog_open(&w.log, pgtest_store(w.db.uri, LOG, 0));
}

/* Entry 1 is an epoch, so a story's entry i has index i + 1. */
static void
make_ledger(void)
{
	struct store_token auditor = { .role = "auditor", .scopes = "read" };
	struct store_token brand = { .role = "brand" };
	struct store_token old = { .role = "auditor", .expires_ms = 1 };
	struct hash h;
	struct diag d;

	create_log();
	publish(1000);
	story_goods(w.story, "lumen", "before");
	w.commissioned = 1 + story_object(w.story, STORY_LUMEN, STORY_ITEM,
				 "ADD", "commissioning");
	w.packed =
	    1 + story_pack(w.story, STORY_LUMEN, "ADD", STORY_CASE, STORY_ITEM);
	w.shipped = 1 + story_object(w.story, STORY_HARBOUR, STORY_CASE,
			    "OBSERVE", "shipping");
	(void)story_object(w.story, STORY_HARBOUR,
	    "https://id.gs1.org/01/" STORY_GTIN "/21/B1", "ADD",
	    "commissioning");
	append_story(1);
	publish(2000);
	pglog_fill(&w.log, FILLERS);
	publish(clock_wall_ms());
	h = hash_bytes(span_str("auditor-token"));
	assert_int_equal(store_token_add(w.log.s, &h, &auditor, &d), ERR_OK);
	h = hash_bytes(span_str("brand-token"));
	assert_int_equal(store_token_add(w.log.s, &h, &brand, &d), ERR_OK);
	h = hash_bytes(span_str("old-token"));
	assert_int_equal(store_token_add(w.log.s, &h, &old, &d), ERR_OK);
}

static void
start_api(void)
{
	struct store_options o = { NULL, LOG, "countermark-api", 0 };
	static char uri[1200];
	struct http_options h = { .listen = "127.0.0.1",
		.threads = 2,
		.connections = 50,
		.timeout_s = 10,
		.body_max = api_body_max,
		.handler = api_handle,
		.ctx = &w.api };
	struct diag d;

	pgtest_as(uri, sizeof(uri), &w.db, "countermark_api");
	o.conninfo = uri;
	w.conf.log = LOG;
	w.conf.max_age_ms = 60000;
	w.api.conf = &w.conf;
	key_generate(&w.api.answer);
	did_key_print(w.api.answer_did, w.api.answer.pub);
	api_metrics_init(&w.api.metrics);
	assert_int_equal(pool_new(&w.api.pool, &o, 2), ERR_OK);
	assert_int_equal(view_new(&w.api.view), ERR_OK);
	assert_int_equal(
	    proofs_start(&w.api.proofs, &o, &w.api.metrics, &d), ERR_OK);
	assert_int_equal(http_start(&w.http, &h, &d), ERR_OK);
	w.port = http_port(w.http);
}

static int
open_all(void **state)
{
	(void)story_setup((void **)&w.story);
	key_generate(&w.log_key);
	make_ledger();
	start_api();
	*state = &w;
	return 0;
}

static int
close_all(void **state)
{
	void *story = w.story;

	(void)state;
	http_stop(w.http, 1000);
	proofs_stop(w.api.proofs);
	view_free(w.api.view);
	pool_free(w.api.pool);
	pglog_close(&w.log);
	return story_teardown(&story);
}

static int
clear(void **state)
{
	(void)state;
	client_clear(&w.r);
	return 0;
}

static void
ask_with(unsigned status, const char *target, const char *headers)
{
	client_clear(&w.r);
	client_ask(&w.r, w.port, "GET", target, headers, "");
	if (w.r.status != status)
		print_message("%s\n%s\n", w.r.head, (const char *)w.r.body.p);
	assert_int_equal(w.r.status, status);
}

static void
ask(unsigned status, const char *target)
{
	ask_with(status, target, "");
}

static struct json *
body(void)
{
	struct json *j;

	assert_int_equal(json_parse(&j, w.r.body, NULL), ERR_OK);
	return j;
}

static void
has(const struct json *j, const char *name, const char *want)
{
	const char *got = json_text(json_get(j, name));

	if (want == NULL) {
		assert_non_null(json_get(j, name));
		assert_null(got);
	} else {
		assert_non_null(got);
		assert_string_equal(got, want);
	}
}

static int64_t
number(const struct json *j, const char *name)
{
	int64_t v;

	assert_int_equal(json_get_int(&v, j, name, NULL), ERR_OK);
	return v;
}

static void
test_ready(void **state)
{
	(void)state;
	ask(200, "/healthz");
	ask(200, "/readyz");
	w.conf.max_age_ms = -1;
	ask(503, "/readyz");
	w.conf.max_age_ms = 60000;
	ask(200, "/metrics");
	assert_non_null(strstr((const char *)w.r.body.p, "# EOF"));
}

static void
test_checkpoint(void **state)
{
	struct note_key key = { .type = NOTE_ED25519 };
	struct checkpoint c;
	char tag[128], head[256];
	struct diag d;

	(void)state;
	(void)snprintf(key.name, sizeof(key.name), "%s", ORIGIN);
	memcpy(key.pub, w.log_key.pub, KEY_BYTES);
	note_key_id(key.id, ORIGIN, NOTE_ED25519, key.pub);
	ask(200, "/log/checkpoint");
	assert_int_equal(checkpoint_open(&c, w.r.body, &key, &d), ERR_OK);
	assert_int_equal(c.size, w.log.size);
	assert_true(client_header(&w.r, "ETag", tag, sizeof(tag)));
	(void)snprintf(head, sizeof(head), "If-None-Match: %s\r\n", tag);
	ask_with(304, "/log/checkpoint", head);
	assert_int_equal(w.r.body.n, 0);
	client_clear(&w.r);
	client_ask(&w.r, w.port, "HEAD", "/log/checkpoint", "", "");
	assert_int_equal(w.r.status, 200);
	assert_int_equal(w.r.body.n, 0);
}

static void
test_tiles(void **state)
{
	struct hash root;
	char target[64];

	(void)state;
	ask(200, "/log/tile/0/000");
	assert_int_equal(w.r.body.n, 256 * sizeof(struct hash));
	assert_memory_equal(w.r.body.p, w.log.leaves, w.r.body.n);
	root = merkle_root_of(w.log.leaves, 256);
	ask(200, "/log/tile/1/000.p/1");
	assert_int_equal(w.r.body.n, sizeof(root));
	assert_memory_equal(w.r.body.p, root.b, sizeof(root));
	(void)snprintf(target, sizeof(target), "/log/tile/0/001.p/%u",
	    (unsigned)(w.log.size - 256));
	ask(200, target);
	assert_int_equal(w.r.body.n, (w.log.size - 256) * sizeof(struct hash));
	assert_memory_equal(w.r.body.p, w.log.leaves + 256, w.r.body.n);
	(void)snprintf(target, sizeof(target), "/log/tile/0/001.p/%u",
	    (unsigned)(w.log.size - 256 + 1));
	ask(404, target);
	ask(404, "/log/tile/0/001");
	ask(404, "/log/tile/1/000");
	ask(404, "/log/tile/7/000");
	ask(404, "/log/tile/63/000");
	ask(404, "/log/tile/64/000");
	ask(404, "/log/tile/0/x000/001");
	ask(404, "/log/tile/0/x999/x999/x999/x999/x999/999");
}

static void
test_entries(void **state)
{
	size_t at = 0;

	(void)state;
	ask(401, "/log/tile/entries/000");
	ask_with(
	    401, "/log/tile/entries/000", "Authorization: Bearer nobody\r\n");
	ask_with(401, "/log/tile/entries/000",
	    "Authorization: Bearer old-token\r\n");
	ask_with(401, "/log/checkpoint", "Authorization: Bearer nobody\r\n");
	ask_with(403, "/log/tile/entries/000",
	    "Authorization: Bearer brand-token\r\n");
	ask_with(200, "/log/tile/entries/000", AUDITOR);
	for (unsigned i = 0; i < 256; i++) {
		size_t n = (size_t)w.r.body.p[at] << 8 | w.r.body.p[at + 1];
		struct hash leaf = merkle_leaf(span_of(w.r.body.p + at + 2, n));

		assert_true(hash_equal(&leaf, &w.log.leaves[i]));
		at += 2 + n;
	}
	assert_int_equal(at, w.r.body.n);
	ask_with(200, "/log/tile/entries/001.p/3", AUDITOR);
	ask_with(404, "/log/tile/entries/001", AUDITOR);
}

/* The hashes of a tlog-proof's lines. */
static size_t
proof_path(struct hash *path)
{
	const char *at = strchr((const char *)w.r.body.p, '\n') + 1;
	size_t n = 0, got;

	for (at = strchr(at, '\n') + 1; *at != '\n'; at = strchr(at, '\n') + 1)
		assert_int_equal(base64_parse(path[n++].b, HASH_BYTES, &got,
				     span_of(at, strcspn(at, "\n"))),
		    ERR_OK);
	return n;
}

static void
test_proof(void **state)
{
	struct hash path[MERKLE_PATH_MAX];
	struct hash root = frontier_root(&w.log.frontier);
	char target[64];
	struct diag d;

	(void)state;
	for (unsigned i = 0; i < w.log.size; i += 37) {
		size_t n;

		(void)snprintf(target, sizeof(target), "/log/proof/%u", i);
		ask(200, target);
		n = proof_path(path);
		assert_int_equal(merkle_verify_inclusion(&w.log.leaves[i], i,
				     w.log.size, path, n, &root, &d),
		    ERR_OK);
	}
	(void)snprintf(
	    target, sizeof(target), "/log/proof/%u", (unsigned)w.log.size);
	ask(404, target);
	ask(400, "/log/proof/x");
	ask(400, "/log/proof/01");
}

static void
test_consistency(void **state)
{
	struct hash path[MERKLE_PATH_MAX], from_root;
	struct hash root = frontier_root(&w.log.frontier);
	struct frontier f;
	const struct json *list;
	char target[96];
	struct json *j;
	struct diag d;
	size_t got;

	(void)state;
	frontier_init(&f);
	for (unsigned i = 0; i < 10; i++)
		frontier_add(&f, &w.log.leaves[i]);
	from_root = frontier_root(&f);
	(void)snprintf(target, sizeof(target), "/log/consistency?from=10&to=%u",
	    (unsigned)w.log.size);
	ask(200, target);
	j = body();
	assert_int_equal(number(j, "from"), 10);
	assert_int_equal(number(j, "to"), w.log.size);
	list = json_get(j, "path");
	for (size_t i = 0; i < json_count(list); i++)
		assert_int_equal(base64_parse(path[i].b, HASH_BYTES, &got,
				     span_str(json_text(json_at(list, i)))),
		    ERR_OK);
	assert_int_equal(merkle_verify_consistency(10, &from_root, w.log.size,
			     &root, path, json_count(list), &d),
	    ERR_OK);
	json_free(j);
	/* with the empty tree any is consistent */
	ask(200, "/log/consistency?from=0&to=2");
	j = body();
	assert_int_equal(json_count(json_get(j, "path")), 0);
	json_free(j);
	ask(200, "/log/consistency?from=0&to=0");
	ask(400, "/log/consistency?from=1&to=0");
	ask(400, "/log/consistency?from=3&to=2");
	ask(400, "/log/consistency?from=1&to=99999");
	ask(400, "/log/consistency?from=1");
	ask(200, "/log/consistency?from=5&to=5");
}

static void
check_signature(const char *target)
{
	char head[512], key[128], sig64[128];
	uint8_t pub[KEY_BYTES], sig[SIG_BYTES];
	struct buf m = buf_heap(1 << 20);
	size_t n;

	assert_true(
	    client_header(&w.r, "Countermark-Signature", head, sizeof(head)));
	assert_int_equal(
	    sscanf(head, "keyid=\"%127[^\"]\", sig=\"%127[^\"]\"", key, sig64),
	    2);
	assert_string_equal(key, w.api.answer_did);
	assert_int_equal(did_key_parse(pub, span_str(key)), ERR_OK);
	assert_int_equal(
	    base64_parse(sig, sizeof(sig), &n, span_str(sig64)), ERR_OK);
	buf_printf(&m, "countermark/answer/v1\n%s\n", target);
	buf_put(&m, w.r.body);
	assert_true(ed25519_verify(sig, pub, buf_span(&m)));
	buf_free(&m);
}

static void
verify(
    const char *code, const char *verdict, const char *colour, const char *item)
{
	char target[512];
	struct json *j;

	(void)snprintf(target, sizeof(target), "/v1/verify?code=%s", code);
	ask(200, target);
	check_signature(target);
	j = body();
	assert_int_equal(json_count(j), 9);
	has(j, "verdict", verdict);
	has(j, "colour", colour);
	has(j, "item", item);
	assert_true(json_is_array(json_get(j, "findings")));
	assert_true(json_is_array(json_get(j, "rights")));
	assert_int_equal(number(json_get(j, "log"), "size"), w.log.size);
	has(json_get(j, "log"), "origin", ORIGIN);
	json_free(j);
}

/* ---- proofs (formats 7) ---- */
#define PROOF_A1 "/v1/items/" ITEM_PATH "/proof"
#define PROOF_NEVER "/v1/items/01%2F" STORY_GTIN "%2F21%2FNEVER/proof"

/* The follower has its own clock. */
static void
wait_for_proofs(unsigned status)
{
	for (int i = 0; i < 200; i++) {
		client_clear(&w.r);
		client_ask(&w.r, w.port, "GET", PROOF_A1, AUDITOR, "");
		if (w.r.status == status)
			return;
		(void)usleep(20000);
	}
	fail_msg("the last answer was %u", w.r.status);
}

static const struct json *
subject_of(const struct json *bundle, const char *name)
{
	const struct json *all = json_get(bundle, "subjects");

	for (size_t i = 0; i < json_count(all); i++) {
		const struct json *s = json_at(all, i);

		if (strcmp(json_text(json_get(s, "subject")), name) == 0)
			return s;
	}
	fail_msg("no subject %s", name);
	return NULL;
}

/* How many of a subject's entries are withheld. */
static size_t
withheld(const struct json *subject)
{
	const struct json *all = json_get(subject, "entries");
	size_t n = 0;

	for (size_t i = 0; i < json_count(all); i++)
		n += json_get(json_at(all, i), "leaf") != NULL;
	return n;
}

static void
test_bundle(void **state)
{
	struct json *j;
	char value[200];

	(void)state;
	wait_for_proofs(200);
	j = body();
	has(j, "countermark", "bundle/v1");
	has(j, "origin", ORIGIN);
	has(j, "verdict", "genuine_code_only");
	has(json_get(j, "question"), "code", STORY_ITEM);
	assert_int_equal(
	    json_count(json_get(subject_of(j, STORY_ITEM), "entries")), 2);
	assert_int_equal(withheld(subject_of(j, STORY_ITEM)), 0);
	(void)subject_of(j, STORY_CASE);
	json_free(j);
	assert_true(
	    client_header(&w.r, "Content-Disposition", value, sizeof(value)));
	assert_string_equal(
	    value, "attachment; filename=\"01-" STORY_GTIN "-21-A1.cmproof\"");
	assert_true(client_header(&w.r, "Content-Type", value, sizeof(value)));
	assert_string_equal(value, "application/vnd.countermark.bundle+json");
	ask_with(200, PROOF_NEVER "?country=DE", AUDITOR);
	j = body();
	has(j, "verdict", "forged");
	has(json_get(j, "question"), "country", "DE");
	json_free(j);
	ask(400, PROOF_NEVER "?country=de");
	ask(400, "/v1/items/hello/proof");
	ask(400, "/v1/items/01%2F" STORY_GTIN "/proof");
}

/* The public learns what is there and that it is all, not what it says. */
static void
test_bundle_withheld(void **state)
{
	static const char goods[] = "goods/" STORY_GTIN;
	struct json *j;

	(void)state;
	wait_for_proofs(200);
	ask(200, PROOF_A1);
	j = body();
	assert_int_equal(withheld(subject_of(j, STORY_ITEM)), 2);
	assert_int_equal(withheld(subject_of(j, STORY_CASE)), 2);
	assert_int_equal(withheld(subject_of(j, goods)), 0);
	assert_int_equal(withheld(subject_of(j, "registry/device/line-1")), 1);
	json_free(j);
	/* no organisation, no scope */
	ask_with(200, PROOF_A1, "Authorization: Bearer brand-token\r\n");
	j = body();
	assert_int_equal(withheld(subject_of(j, STORY_ITEM)), 2);
	json_free(j);
	w.conf.entries_public = true;
	ask(200, PROOF_A1);
	w.conf.entries_public = false;
	j = body();
	assert_int_equal(withheld(subject_of(j, STORY_ITEM)), 0);
	json_free(j);
}

static void
test_absence(void **state)
{
	struct json *j;
	const struct json *s;

	(void)state;
	wait_for_proofs(200);
	ask(200, "/log/absence?subject=" ITEM_URI "NEVER");
	j = body();
	assert_int_equal(json_count(j), 4);
	s = json_get(j, "subject");
	has(s, "subject", "https://id.gs1.org/01/" STORY_GTIN "/21/NEVER");
	assert_null(json_get(s, "entries"));
	assert_non_null(strstr((const char *)w.r.body.p, "\"present\":false"));
	assert_int_equal(number(json_get(j, "epoch"), "index"), w.log.size - 1);
	assert_true(json_count(json_get(json_get(j, "genesis"), "path")) > 0);
	json_free(j);
	ask(200, "/log/absence?subject=" ITEM_URI "A1");
	j = body();
	s = json_get(j, "subject");
	assert_non_null(strstr((const char *)w.r.body.p, "\"present\":true"));
	assert_int_equal(withheld(s), 2);
	json_free(j);
	ask_with(200, "/log/absence?subject=" ITEM_URI "A1", AUDITOR);
	j = body();
	assert_int_equal(withheld(json_get(j, "subject")), 0);
	json_free(j);
	ask(400, "/log/absence");
	ask(400, "/log/absence?subject=");
	ask(400, "/log/absence?subject=%FF");
	/* in the map, and by name in a table of its own: no list is given */
	ask(400,
	    "/log/absence?subject=device/did:web:" STORY_HOST ":device:line-1");
	assert_non_null(strstr((const char *)w.r.body.p, "chain"));
	ask(200, "/log/absence?subject=device/did:web:x");
	assert_non_null(strstr((const char *)w.r.body.p, "\"present\":false"));
}

static void
test_proof_unchanged(void **state)
{
	char tag[128], head[256];

	(void)state;
	wait_for_proofs(200);
	for (int i = 0; i < 3; i++) { /* the minute may end */
		ask_with(200, PROOF_A1, AUDITOR);
		assert_true(client_header(&w.r, "ETag", tag, sizeof(tag)));
		(void)snprintf(
		    head, sizeof(head), AUDITOR "If-None-Match: %s\r\n", tag);
		client_clear(&w.r);
		client_ask(&w.r, w.port, "GET", PROOF_A1, head, "");
		if (w.r.status == 304)
			break;
	}
	assert_int_equal(w.r.status, 304);
	/* Not to others. */
	(void)snprintf(head, sizeof(head), "If-None-Match: %s\r\n", tag);
	ask_with(200, PROOF_A1, head);
}

/* No proof of a map that the log does not state. */
static void
test_map_differs(void **state)
{
	(void)state;
	wait_for_proofs(200);
	w.lie = true;
	publish(clock_wall_ms());
	w.lie = false;
	wait_for_proofs(503);
	assert_non_null(strstr((const char *)w.r.body.p, "map_differs"));
	assert_non_null(strstr(w.r.head, "Retry-After: 60"));
	ask(503, "/log/absence?subject=x");
	ask(200, "/v1/verify?code=" ITEM_URI "A1");
	assert_int_equal(metric_value(&w.api.metrics.map_differences), 1);
}

static void
test_no_map(void **state)
{
	struct proofs *kept = w.api.proofs;

	(void)state;
	w.api.proofs = NULL;
	ask(501, PROOF_A1);
	ask(501, "/log/absence?subject=x");
	w.api.proofs = kept;
}

static void
test_verify(void **state)
{
	(void)state;
	verify("%5Dd201" STORY_GTIN "21A1", "genuine_code_only", "green",
	    STORY_ITEM);
	verify(ITEM_URI "A1", "genuine_code_only", "green", STORY_ITEM);
	verify(ITEM_URI "A2", "forged", "red",
	    "https://id.gs1.org/01/" STORY_GTIN "/21/A2");
	verify("%5Dd2010950600016490821A1", "unknown_here", "grey",
	    "https://id.gs1.org/01/09506000164908/21/A1");
	verify("hello", "unreadable", "grey", NULL);
	verify("%5Dd201095060001343532110", "unreadable", "grey", NULL);
	verify("%5Dd200095060000000000015", "genuine_code_only", "green",
	    STORY_CASE);
}

/* Who made it is told to those alone who see the step (api.md, Access). */
static void
test_finding_texts(void **state)
{
	static const char target[] = "/v1/verify?code=" ITEM_URI "B1";
	struct json *j;
	const struct json *f;

	(void)state;
	ask_with(200, target, AUDITOR);
	j = body();
	f = json_at(json_get(j, "findings"), 0);
	has(f, "code", "commissioned_by_other");
	assert_non_null(
	    strstr(json_text(json_get(f, "text")), "did:web:example.com"));
	json_free(j);
	ask_with(200, target, "Authorization: Bearer brand-token\r\n");
	assert_null(strstr((const char *)w.r.body.p, "did:web:"));
	ask(200, target);
	assert_null(strstr((const char *)w.r.body.p, "did:web:"));
	j = body();
	f = json_at(json_get(j, "findings"), 0);
	has(f, "code", "commissioned_by_other");
	has(f, "text",
	    "commissioned by another organisation than the goods belong to");
	json_free(j);
	/* What names nobody stays as it is. */
	ask(200, "/v1/verify?code=" ITEM_URI "A2");
	assert_non_null(
	    strstr((const char *)w.r.body.p, "serial A2 of GTIN " STORY_GTIN));
}

static void
test_verify_post(void **state)
{
	static const char head[] = "Content-Type: application/json\r\n";
	struct json *j;

	(void)state;
	client_clear(&w.r);
	client_ask(&w.r, w.port, "POST", "/v1/verify", head,
	    "{\"items\":[\"" STORY_ITEM "\",{\"code\":\"hello\"}]}");
	assert_int_equal(w.r.status, 200);
	check_signature("/v1/verify");
	j = body();
	assert_int_equal(json_count(json_get(j, "items")), 2);
	has(json_at(json_get(j, "items"), 0), "verdict", "genuine_code_only");
	has(json_at(json_get(j, "items"), 1), "verdict", "unreadable");
	json_free(j);
	client_clear(&w.r);
	client_ask(&w.r, w.port, "POST", "/v1/verify", head,
	    "{\"code\":\"" STORY_ITEM "\"}");
	assert_int_equal(w.r.status, 200);
	j = body();
	has(j, "item", STORY_ITEM);
	json_free(j);
}

static void
test_too_large_body(void **state)
{
	char *text = malloc(API_BODY_MAX + 2);

	(void)state;
	assert_non_null(text);
	memset(text, ' ', API_BODY_MAX + 1);
	text[API_BODY_MAX + 1] = '\0';
	client_clear(&w.r);
	client_ask(&w.r, w.port, "POST", "/v1/verify", "", text);
	assert_int_equal(w.r.status, 413);
	free(text);
}

static void
is_step(const struct json *steps, size_t i, unsigned index, const char *step,
    const char *via)
{
	const struct json *s = json_at(steps, i);

	assert_int_equal(json_count(s), 12);
	assert_int_equal(number(s, "index"), index);
	assert_int_equal(number(s, "pos"), 0);
	has(s, "bizStep", step);
	has(s, "via", via);
	has(s, "eventTime", "2026-11-24T12:00:00.000Z");
	assert_int_equal(json_count(json_get(s, "recorded")), 2);
}

static void
test_history(void **state)
{
	const struct json *steps;
	struct json *j;

	(void)state;
	ask_with(200, "/v1/items/" ITEM_PATH "/history", AUDITOR);
	assert_non_null(
	    strstr((const char *)w.r.body.p, "\"recorded\":[1000,2000]"));
	j = body();
	has(j, "item", STORY_ITEM);
	steps = json_get(j, "steps");
	assert_int_equal(json_count(steps), 3);
	is_step(steps, 0, w.commissioned, "commissioning", NULL);
	is_step(steps, 1, w.packed, "packing", NULL);
	is_step(steps, 2, w.shipped, "shipping", STORY_CASE);
	has(json_at(steps, 0), "place", STORY_PLACE);
	has(json_at(steps, 1), "place", NULL);
	has(json_at(steps, 0), "organisation",
	    "did:web:" STORY_HOST ":org:lumen");
	has(json_at(steps, 2), "device",
	    "did:web:" STORY_HOST ":device:dock-1");
	json_free(j);
	/* The public learns what and when, not who, where and in what. */
	ask(200, "/v1/items/" ITEM_URI "A1/history");
	j = body();
	steps = json_get(j, "steps");
	is_step(steps, 0, w.commissioned, "commissioning", NULL);
	is_step(steps, 2, w.shipped, "shipping", NULL);
	for (size_t i = 0; i < 3; i++) {
		has(json_at(steps, i), "place", NULL);
		has(json_at(steps, i), "organisation", NULL);
		has(json_at(steps, i), "device", NULL);
	}
	json_free(j);
	ask(404, "/v1/items/" ITEM_URI "A2/history");
	ask(404, "/v1/items/01/" STORY_GTIN "/21/A1");
	ask(400, "/v1/items/hello/history");
}

static void
test_state(void **state)
{
	struct json *j;

	(void)state;
	ask(200, "/v1/items/" ITEM_PATH);
	j = body();
	has(j, "container", NULL);
	has(json_get(j, "last"), "organisation", NULL);
	json_free(j);
	ask_with(200, "/v1/items/" ITEM_PATH, AUDITOR);
	j = body();
	has(j, "item", STORY_ITEM);
	has(j, "container", STORY_CASE);
	assert_int_equal(number(j, "entries"), 3);
	has(json_get(j, "goods"), "organisation", "lumen");
	has(json_get(j, "first"), "bizStep", "commissioning");
	has(json_get(j, "last"), "bizStep", "shipping");
	json_free(j);
	ask(200, "/v1/items/00%2F095060000000000015");
	j = body();
	has(j, "goods", NULL);
	json_free(j);
}

static void
test_dids(void **state)
{
	char did_key[DID_KEY_CHARS + 1];
	const struct json *methods;
	struct json *j;

	(void)state;
	did_key_print(did_key, w.story->keys[STORY_LUMEN].pub);
	ask(200, "/device/line-1/did.json");
	j = body();
	has(j, "id", "did:web:" STORY_HOST ":device:line-1");
	has(j, "controller", "did:web:" STORY_HOST);
	methods = json_get(j, "verificationMethod");
	assert_int_equal(json_count(methods), 2);
	has(json_at(methods, 0), "type", "JsonWebKey");
	has(json_at(methods, 1), "type", "Multikey");
	has(json_at(methods, 1), "publicKeyMultibase",
	    did_key + sizeof("did:key:") - 1);
	assert_int_equal(json_count(json_get(j, "assertionMethod")), 2);
	json_free(j);
	ask(200, "/.well-known/did.json");
	j = body();
	has(j, "id", "did:web:" STORY_HOST);
	assert_int_equal(json_count(json_get(j, "verificationMethod")), 2);
	json_free(j);
	ask(200, "/org/lumen/did.json");
	j = body();
	has(j, "id", "did:web:" STORY_HOST ":org:lumen");
	json_free(j);
	ask(404, "/org/nobody/did.json");
	ask(404, "/device/nobody/did.json");
}

/* Idle connections that died with a restart of the database are replaced
 * within the request. */
static void
test_database_restart(void **state)
{
	(void)state;
	ask(200, "/log/proof/1");
	(void)pgtest_sql(w.db.uri,
	    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
	    "WHERE application_name = 'countermark-api'");
	ask(200, "/log/proof/1");
	ask(200, "/log/proof/2");
}

/* What is appended shows with the next checkpoint, not before. */
static void
test_growth(void **state)
{
	unsigned from = w.story->count;
	char target[] = "/v1/items/" ITEM_URI "B7";

	(void)state;
	(void)story_object(w.story, STORY_LUMEN,
	    "https://id.gs1.org/01/" STORY_GTIN "/21/B7", "ADD",
	    "commissioning");
	append_story(from);
	ask(404, target);
	publish(clock_wall_ms() + 1000);
	for (unsigned i = 0; i < 50; i++) {
		int64_t until = clock_mono_ms() + 20;

		client_clear(&w.r);
		client_ask(&w.r, w.port, "GET", target, "", "");
		if (w.r.status == 200)
			break;
		while (clock_mono_ms() < until)
			;
	}
	assert_int_equal(w.r.status, 200);
}

#define TEST(f) cmocka_unit_test_teardown(f, clear)

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(test_ready),
		TEST(test_checkpoint),
		TEST(test_tiles),
		TEST(test_entries),
		TEST(test_proof),
		TEST(test_consistency),
		TEST(test_bundle),
		TEST(test_bundle_withheld),
		TEST(test_absence),
		TEST(test_proof_unchanged),
		TEST(test_no_map),
		TEST(test_verify),
		TEST(test_finding_texts),
		TEST(test_verify_post),
		TEST(test_too_large_body),
		TEST(test_history),
		TEST(test_state),
		TEST(test_dids),
		TEST(test_database_restart),
		TEST(test_growth),
		TEST(test_map_differs),
	};
	int failed;

	if (argc != 2 || crypto_start() != ERR_OK)
		return 64;
	pgtest_open(&w.db, argv[1]);
	failed = cmocka_run_group_tests(tests, open_all, close_all);
	pgtest_close(&w.db);
	return failed;
}
