/* SPDX-License-Identifier: Apache-2.0 */
/* Following a log in a folder that behaves, and in ones that do not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/file.h"
#include "http/server.h"
#include "ledger/follow.h"

#include "staticlog.h"

#include "base/banned.h"

#define ORIGIN "log.example/follow"

struct got {
	uint64_t next;
	uint64_t bundled;
};

static struct staticlog s;

static void
text_of(char out[32], uint64_t index)
{
	(void)snprintf(out, 32, "entry %llu", (unsigned long long)index);
}

static void
add(unsigned n)
{
	char text[32];

	for (unsigned i = 0; i < n; i++) {
		text_of(text, s.size);
		staticlog_add(&s, span_str(text));
	}
	staticlog_write(&s);
}

static enum err
take(void *ctx, uint64_t index, struct span entry, const struct hash *leaf,
    struct diag *d)
{
	struct got *g = ctx;
	struct hash want = merkle_leaf(entry);
	char text[32];

	(void)d;
	assert_int_equal(index, g->next++);
	text_of(text, index);
	assert_true(span_is(entry, text));
	assert_true(hash_equal(leaf, &want));
	return ERR_OK;
}

static enum err
take_bundle(void *ctx, uint64_t first, const struct span *entries, size_t n)
{
	struct got *g = ctx;
	char text[32];

	assert_int_equal(first, g->bundled);
	text_of(text, first);
	assert_true(span_is(entries[0], text));
	g->bundled += n;
	return ERR_OK;
}

static int
begin(void **state)
{
	(void)state;
	staticlog_init(&s, ORIGIN);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	staticlog_clear(&s);
	return 0;
}

static struct follow *
follower(const char *url, const struct follow_state *from)
{
	struct follow_options o = {
		.url = url, .agent = "test", .policy = s.policy, .from = from
	};
	struct follow *f;

	assert_int_equal(follow_new(&f, &o, NULL), ERR_OK);
	return f;
}

static void
go(struct follow *f, struct got *g)
{
	struct follow_taker t = { take, take_bundle, g };
	struct diag d = { .text = "" };

	if (follow_checkpoint(f, &d) != ERR_OK ||
	    follow_entries(f, &t, &d) != ERR_OK)
		fail_msg("%s", d.text);
	assert_int_equal(g->next, s.size);
	assert_int_equal(g->bundled, s.size);
}

/* Fails with that kind at that place, and the state stays. */
static void
fails(struct follow *f, enum follow_fault kind, const char *where)
{
	struct got g = { .next = follow_state(f)->frontier.size };
	struct follow_taker t = { take, NULL, &g };
	uint64_t before = g.next;
	struct diag d = { .text = "" };
	enum err e = follow_checkpoint(f, &d);

	if (e == ERR_OK)
		e = follow_entries(f, &t, &d);
	assert_int_not_equal(e, ERR_OK);
	assert_string_equal(
	    follow_fault_name(follow_faulted(f)), follow_fault_name(kind));
	assert_string_equal(follow_where(f), where);
	assert_true(d.text[0] != '\0');
	assert_int_equal(follow_state(f)->frontier.size, before);
}

/* ---- names and bundles ---- */
static void
paths_have_three_digits_a_segment(void **state)
{
	char path[FOLLOW_PATH];

	(void)state;
	follow_tile_path(path, "0", 0, 256);
	assert_string_equal(path, "tile/0/000");
	follow_tile_path(path, "entries", 1234067, 17);
	assert_string_equal(path, "tile/entries/x001/x234/067.p/17");
	follow_tile_path(path, "5", 1000, 256);
	assert_string_equal(path, "tile/5/x001/000");
	follow_tile_path(path, "0", UINT64_MAX, 255);
	assert_string_equal(
	    path, "tile/0/x018/x446/x744/x073/x709/x551/615.p/255");
}

static void
bundles_are_read_strictly(void **state)
{
	static const char two[] = "\0\3one\0\0";
	struct span e[3];

	(void)state;
	assert_int_equal(
	    follow_bundle_parse(e, 2, span_of(two, 7), NULL), ERR_OK);
	assert_true(span_is(e[0], "one"));
	assert_int_equal(e[1].n, 0);
	assert_int_equal(
	    follow_bundle_parse(e, 3, span_of(two, 7), NULL), ERR_TRUNCATED);
	assert_int_equal(
	    follow_bundle_parse(e, 2, span_of(two, 6), NULL), ERR_TRUNCATED);
	assert_int_equal(
	    follow_bundle_parse(e, 1, span_of(two, 4), NULL), ERR_TRUNCATED);
	assert_int_equal(
	    follow_bundle_parse(e, 1, span_of(two, 7), NULL), ERR_LENGTH);
	assert_int_equal(follow_bundle_parse(e, 0, SPAN_NONE, NULL), ERR_OK);
	assert_int_equal(
	    follow_bundle_parse(e, 1, SPAN_NONE, NULL), ERR_TRUNCATED);
}

/* ---- a log that behaves ---- */
static void
every_size_is_followed(void **state)
{
	static const unsigned steps[] = { 1, 1, 5, 248, 1, 1, 255, 256, 3000 };
	struct follow *f = follower(s.url, NULL);
	struct got g = { 0 };

	(void)state;
	for (unsigned i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct hash chain = chain_start(ORIGIN);

		add(steps[i]);
		go(f, &g);
		go(f, &g); /* nothing new */
		for (uint64_t k = 0; k < s.size; k++) {
			struct hash leaf;
			char text[32];

			text_of(text, k);
			leaf = merkle_leaf(span_str(text));
			chain = chain_next(&chain, &leaf);
		}
		assert_true(hash_equal(&chain, &follow_state(f)->chain));
	}
	follow_free(f);
}

static void
the_state_goes_through_a_file(void **state)
{
	struct buf text = buf_heap(FOLLOW_STATE_MAX);
	struct follow_state from;
	struct follow *f = follower(s.url, NULL);
	struct got g = { 0 };

	(void)state;
	add(700);
	go(f, &g);
	assert_int_equal(follow_state_print(&text, follow_state(f)), ERR_OK);
	follow_free(f);
	assert_int_equal(
	    follow_state_parse(&from, buf_span(&text), NULL), ERR_OK);
	assert_int_equal(from.frontier.size, 700);
	add(700);
	f = follower(s.url, &from);
	go(f, &g);
	follow_free(f);
	for (size_t n = 0; n < text.n; n++)
		assert_int_equal(
		    follow_state_parse(&from, span_of(text.p, n), NULL),
		    ERR_BAD_ENCODING);
	buf_byte(&text, '\n');
	assert_int_equal(
	    follow_state_parse(&from, buf_span(&text), NULL), ERR_BAD_ENCODING);
	buf_free(&text);
}

static void
a_full_bundle_replaces_a_partial_one(void **state)
{
	struct follow *f = follower(s.url, NULL);
	struct got g = { 0 };
	struct hash got, want = merkle_leaf(span_str("entry 256"));
	struct buf note = buf_heap(NOTE_MAX);
	struct span bytes;
	char path[128];

	(void)state;
	add(300);
	staticlog_file(&s, "tile/entries/001.p/44", NULL);
	staticlog_file(&s, "tile/0/001.p/44", NULL);
	(void)snprintf(path, sizeof(path), "%s/checkpoint", s.folder);
	assert_int_equal(file_read(&note, path, NOTE_MAX, NULL), ERR_OK);
	bytes = buf_span(&note);
	add(212);
	staticlog_file(&s, "checkpoint", &bytes);
	buf_free(&note);
	s.size = 300;
	go(f, &g);
	assert_int_equal(follow_read(f, 0, 256, 1, &got, NULL), ERR_OK);
	assert_true(hash_equal(&got, &want));
	follow_free(f);
}

static void
tiles_prove_consistency(void **state)
{
	struct follow *f = follower(s.url, NULL);
	struct got g = { 0 };
	struct hash path[MERKLE_PATH_MAX], before, now;
	size_t n;

	(void)state;
	add(300);
	go(f, &g);
	before = follow_newest(f)->checkpoint.root;
	add(70000);
	go(f, &g);
	now = follow_newest(f)->checkpoint.root;
	assert_int_equal(
	    merkle_consistency(path, &n, 300, 70300, follow_read, f, NULL),
	    ERR_OK);
	assert_int_equal(
	    merkle_verify_consistency(300, &before, 70300, &now, path, n, NULL),
	    ERR_OK);
	follow_free(f);
}

/* ---- logs that do not ---- */
static void
two_roots_at_one_size(void **state)
{
	struct follow *f = follower(s.url, NULL);
	struct got g = { 0 };
	struct hash other = { { 1 } };

	(void)state;
	add(10);
	go(f, &g);
	staticlog_checkpoint(&s, 10, &other);
	fails(f, FOLLOW_SPLIT_VIEW, "checkpoint");
	follow_free(f);
}

static void
a_root_that_the_entries_do_not_make(void **state)
{
	struct follow *f = follower(s.url, NULL);
	struct got g = { 0 };
	struct hash other = { { 1 } };

	(void)state;
	add(10);
	staticlog_checkpoint(&s, 10, &other);
	fails(f, FOLLOW_SPLIT_VIEW, "checkpoint");
	follow_free(f);
	f = follower(s.url, NULL);
	add(1);
	go(f, &g);
	follow_free(f);
}

static void
an_older_checkpoint(void **state)
{
	struct follow *f = follower(s.url, NULL);
	struct got g = { 0 };
	struct hash root;

	(void)state;
	add(10);
	go(f, &g);
	root = follow_newest(f)->checkpoint.root;
	add(10);
	go(f, &g);
	staticlog_checkpoint(&s, 10, &root);
	fails(f, FOLLOW_REWIND, "checkpoint");
	follow_free(f);
}

static void
checkpoints_of_others(void **state)
{
	struct follow *f = follower(s.url, NULL);
	const char *bad[] = { "", "no note\n" };

	(void)state;
	fails(f, FOLLOW_UNREACHABLE, "checkpoint");
	add(10);
	for (unsigned i = 0; i < 2; i++) {
		struct span text = span_str(bad[i]);

		staticlog_file(&s, "checkpoint", &text);
		fails(f, FOLLOW_BAD_NOTE, "checkpoint");
	}
	staticlog_write(&s);
	follow_free(f);
	/* the same name, another key */
	key_from_seed(&s.key, (const uint8_t[KEY_BYTES]){ 8 });
	staticlog_write(&s);
	f = follower(s.url, NULL);
	fails(f, FOLLOW_BAD_NOTE, "checkpoint");
	follow_free(f);
}

static void
bundles_that_are_wrong(void **state)
{
	static const char short_one[] = "\0\7entry 0";
	struct follow *f;
	struct span text;

	(void)state;
	add(600);
	f = follower(s.url, NULL);
	staticlog_file(&s, "tile/entries/001", NULL);
	fails(f, FOLLOW_BAD_TILE, "tile/entries/001");
	text = span_of(short_one, 9);
	staticlog_file(&s, "tile/entries/001", &text);
	fails(f, FOLLOW_BAD_TILE, "tile/entries/001");
	staticlog_write(&s);
	staticlog_file(&s, "tile/entries/002.p/88", &text);
	fails(f, FOLLOW_BAD_TILE, "tile/entries/002.p/88");
	follow_free(f);
}

static void
hash_tiles_that_are_wrong(void **state)
{
	struct follow *f = follower(s.url, NULL);
	struct got g = { 0 };
	struct hash out[2];
	struct span text = span_str("short");

	(void)state;
	add(300);
	go(f, &g);
	staticlog_file(&s, "tile/0/001.p/44", &text);
	assert_int_equal(follow_read(f, 0, 256, 1, out, NULL), ERR_LENGTH);
	assert_int_equal(follow_faulted(f), FOLLOW_BAD_TILE);
	assert_string_equal(follow_where(f), "tile/0/001.p/44");
	staticlog_file(&s, "tile/1/000.p/1", NULL);
	assert_int_equal(follow_read(f, 1, 0, 1, out, NULL), ERR_NOT_FOUND);
	follow_free(f);
}

static enum err
give_up(void *ctx, uint64_t index, struct span entry, const struct hash *leaf,
    struct diag *d)
{
	(void)ctx;
	(void)entry;
	(void)leaf;
	return index < 3 ? ERR_OK : diag_fail(d, ERR_NOMEM, "", "enough");
}

static void
a_callback_may_give_up(void **state)
{
	struct follow *f = follower(s.url, NULL);
	struct follow_taker t = { give_up, NULL, NULL };

	(void)state;
	add(10);
	assert_int_equal(follow_checkpoint(f, NULL), ERR_OK);
	assert_int_equal(follow_entries(f, &t, NULL), ERR_NOMEM);
	assert_int_equal(follow_faulted(f), FOLLOW_STOPPED);
	assert_int_equal(follow_state(f)->frontier.size, 0);
	follow_free(f);
}

/* ---- over HTTP ---- */
static unsigned entries_status;

static size_t
no_body(struct span target)
{
	(void)target;
	return 0;
}

static void
serve(void *ctx, const struct http_request *req, struct http_response *res)
{
	char path[256];

	(void)ctx;
	(void)snprintf(path, sizeof(path), "%s%.*s", s.folder,
	    SPAN_ARG(span_skip(req->target, 4)));
	res->status = 200;
	if (strstr(path, "/entries/") != NULL &&
	    !span_is(req->authorization, "Bearer word"))
		res->status = entries_status;
	else if (file_read(&res->body, path, HTTP_ANSWER_MAX, NULL) != ERR_OK)
		res->status = 404;
}

static void
over_http_with_a_token(void **state)
{
	struct http_options h = {
		.listen = "127.0.0.1",
		.threads = 2,
		.connections = 32,
		.timeout_s = 30,
		.body_max = no_body,
		.handler = serve,
	};
	char url[64];
	struct follow_options o = {
		.url = url, .agent = "test", .policy = s.policy
	};
	struct got g = { 0 };
	struct http *server;
	struct follow *f;

	(void)state;
	add(5000);
	assert_int_equal(http_start(&server, &h, NULL), ERR_OK);
	(void)snprintf(
	    url, sizeof(url), "http://127.0.0.1:%u/log", http_port(server));
	assert_int_equal(follow_new(&f, &o, NULL), ERR_OK);
	entries_status = 401;
	fails(f, FOLLOW_REFUSED, "tile/entries/000");
	entries_status = 403;
	fails(f, FOLLOW_REFUSED, "tile/entries/000");
	entries_status = 500;
	fails(f, FOLLOW_UNREACHABLE, "tile/entries/000");
	follow_free(f);
	o.token = "word";
	assert_int_equal(follow_new(&f, &o, NULL), ERR_OK);
	go(f, &g);
	add(300);
	go(f, &g);
	http_stop(server, 1000);
	fails(f, FOLLOW_UNREACHABLE, "checkpoint");
	follow_stop(f);
	fails(f, FOLLOW_STOPPED, "checkpoint");
	follow_free(f);
}

static void
bad_urls(void **state)
{
	static const char *const bad[] = { "", "log.example", "ftp://a/",
		"file://relative" };
	struct follow_options o = { .agent = "test", .policy = s.policy };
	struct follow *f;

	(void)state;
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		o.url = bad[i];
		assert_int_equal(follow_new(&f, &o, NULL), ERR_CONFIG);
	}
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_have_three_digits_a_segment),
		cmocka_unit_test(bundles_are_read_strictly),
		CASE(every_size_is_followed),
		CASE(the_state_goes_through_a_file),
		CASE(a_full_bundle_replaces_a_partial_one),
		CASE(tiles_prove_consistency),
		CASE(two_roots_at_one_size),
		CASE(a_root_that_the_entries_do_not_make),
		CASE(an_older_checkpoint),
		CASE(checkpoints_of_others),
		CASE(bundles_that_are_wrong),
		CASE(hash_tiles_that_are_wrong),
		CASE(a_callback_may_give_up),
		CASE(over_http_with_a_token),
		CASE(bad_urls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
