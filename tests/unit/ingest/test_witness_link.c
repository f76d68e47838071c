/* SPDX-License-Identifier: Apache-2.0 */
/* Bringing checkpoints to witnesses that answer, hang and lie. The store is
 * this file's: what stands in it is set and looked at here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "http/server.h"
#include "ledger/policy.h"
#include "ledger/store.h"
#include "ledger/witness.h"

#include "ingest_metrics.h"
#include "witness_link.h"

#include "base/banned.h"

#define ORIGIN "countermark.example/demo"
#define TERM 7
#define LONG_MS 600000 /* a time-out that no test waits for */
#define PUTS 16

static struct sign_key log_key;
static struct note_key log_vkey;

/* ---- a log of small leaves ---- */
static struct hash
leaf_of(uint64_t i)
{
	return merkle_leaf(span_of(&i, sizeof i));
}

static struct checkpoint
checkpoint_of(uint64_t size)
{
	struct checkpoint c = { .origin = ORIGIN, .size = size };
	struct frontier f;

	frontier_init(&f);
	for (uint64_t i = 0; i < size; i++) {
		struct hash leaf = leaf_of(i);

		frontier_add(&f, &leaf);
	}
	c.root = frontier_root(&f);
	return c;
}

/* ---- the store ---- */
struct store {
	pthread_mutex_t lock;
	struct store_checkpoint pending, shown; /* size 0: none */
	struct buf pending_note, shown_note;
	uint64_t puts[PUTS];
	size_t put_count;
};
static struct store db = { .lock = PTHREAD_MUTEX_INITIALIZER };

enum err
store_open(struct store **out, const struct store_options *o, struct diag *d)
{
	(void)o;
	(void)d;
	*out = &db;
	return ERR_OK;
}

void
store_close(struct store *s)
{
	(void)s;
}

static enum err
read_row(struct store_checkpoint *c, struct buf *note,
    const struct store_checkpoint *from, const struct buf *from_note)
{
	enum err e = ERR_NOT_FOUND;

	(void)pthread_mutex_lock(&db.lock);
	if (from->size > 0) {
		*c = *from;
		buf_put(note, buf_span(from_note));
		e = ERR_OK;
	}
	(void)pthread_mutex_unlock(&db.lock);
	return e;
}

enum err
store_pending(struct store *s, struct store_checkpoint *c, struct buf *note,
    struct diag *d)
{
	(void)d;
	return read_row(c, note, &s->pending, &s->pending_note);
}

enum err
store_checkpoint(struct store *s, struct store_checkpoint *c, struct buf *note,
    struct diag *d)
{
	(void)d;
	return read_row(c, note, &s->shown, &s->shown_note);
}

enum err
store_put_checkpoint(struct store *s, uint64_t term,
    const struct store_checkpoint *c, struct span note, struct diag *d)
{
	if (term != TERM)
		return diag_fail(d, ERR_FENCED, "", "term");
	(void)pthread_mutex_lock(&s->lock);
	assert_true(c->size > s->shown.size);
	s->shown = *c;
	buf_reset(&s->shown_note);
	buf_put(&s->shown_note, note);
	if (s->put_count < PUTS)
		s->puts[s->put_count++] = c->size;
	(void)pthread_mutex_unlock(&s->lock);
	return ERR_OK;
}

/* Level 0 of a tree of small leaves; deeper levels are not asked below 256. */
enum err
store_read_hashes(void *ctx, unsigned level, uint64_t first, size_t n,
    struct hash *out, struct diag *d)
{
	assert_ptr_equal(ctx, &db);
	(void)d;
	assert_int_equal(level, 0);
	for (size_t i = 0; i < n; i++)
		out[i] = leaf_of(first + i);
	return ERR_OK;
}

static void
sign(uint64_t size)
{
	struct checkpoint c = checkpoint_of(size);

	(void)pthread_mutex_lock(&db.lock);
	db.pending = (struct store_checkpoint){ size, c.root, 1 };
	buf_reset(&db.pending_note);
	assert_int_equal(
	    checkpoint_sign(&db.pending_note, &c, &log_key), ERR_OK);
	(void)pthread_mutex_unlock(&db.lock);
}

static uint64_t
shown_size(void)
{
	uint64_t size;

	(void)pthread_mutex_lock(&db.lock);
	size = db.shown.size;
	(void)pthread_mutex_unlock(&db.lock);
	return size;
}

/* ---- witnesses ---- */
#define WITNESSES 3
enum mood {
	HONEST,
	HANGS,       /* until let_go, then honest */
	OTHER_KEY,   /* its name, another's key */
	OTHER_SIZE,  /* cosigns what it was not asked for */
	CARRIAGE,    /* CR before each LF */
	LONG_ANSWER, /* more than there may be */
	CHANGES,     /* 409 with one size after the other */
	READS,       /* 503 to a size, honest when it is asked for it again */
	SAYS,        /* the status and text below */
};
struct witness {
	char name[32];
	struct sign_key key;
	struct note_key vkey;
	struct http *http;
	atomic_int mood;
	unsigned status;
	const char *text;
	atomic_uint asked;
	pthread_mutex_t lock;
	struct witness_seen seen;
	uint64_t reading; /* the size it was asked for before */
};
static struct witness witness[WITNESSES];
static struct sign_key stranger;
static atomic_bool let_go;
static atomic_uint hanging;

static void
cosign(struct witness *w, int mood, const struct witness_request *r,
    struct http_response *res)
{
	struct checkpoint c;

	(void)pthread_mutex_lock(&w->lock);
	res->status = witness_judge(&c, r, &log_vkey, &w->seen, NULL);
	if (res->status == 200) {
		w->seen = (struct witness_seen){ c.size, c.root };
		if (mood == OTHER_SIZE)
			c = checkpoint_of(c.size + 1);
		assert_int_equal(
		    checkpoint_cosign(&res->body, &c, w->name, 1800000000,
			mood == OTHER_KEY ? &stranger : &w->key),
		    ERR_OK);
	} else if (res->status == 409)
		buf_printf(
		    &res->body, "%llu\n", (unsigned long long)w->seen.size);
	(void)pthread_mutex_unlock(&w->lock);
	if (mood == CARRIAGE && res->body.n > 0) {
		res->body.n--;
		buf_str(&res->body, "\r\n");
	}
}

/* Of one that has still to read so far. */
static bool
reads_first(struct witness *w, const struct witness_request *r)
{
	struct checkpoint c = { .size = 0 };
	bool first;

	(void)pthread_mutex_lock(&w->lock);
	first = witness_judge(&c, r, &log_vkey, &w->seen, NULL) == 200 &&
		c.size != w->reading;
	w->reading = c.size;
	(void)pthread_mutex_unlock(&w->lock);
	return first;
}

static void
handle(void *ctx, const struct http_request *req, struct http_response *res)
{
	struct witness *w = ctx;
	unsigned nth = atomic_fetch_add(&w->asked, 1);
	int mood = atomic_load(&w->mood);
	struct witness_request r;
	bool hung = mood == HANGS;

	assert_true(span_is(req->target, "/add-checkpoint"));
	assert_int_equal(witness_request_parse(&r, req->body, NULL), ERR_OK);
	atomic_fetch_add(&hanging, hung);
	while (hung && !atomic_load(&let_go))
		(void)poll(NULL, 0, 5);
	if (mood == LONG_ANSWER) {
		res->status = 200;
		memset(buf_reserve(&res->body, WITNESS_ANSWER_MAX + 1), 'x',
		    WITNESS_ANSWER_MAX + 1);
	} else if (mood == CHANGES) {
		res->status = 409;
		buf_str(&res->body, nth % 2 == 0 ? "1\n" : "2\n");
	} else if (mood == SAYS) {
		res->status = w->status;
		buf_str(&res->body, w->text);
	} else if (mood == READS && reads_first(w, &r)) {
		res->status = 503;
		buf_str(&res->body, "not all entries are read\n");
	} else {
		cosign(w, mood, &r, res);
	}
	atomic_fetch_sub(&hanging, hung);
}

static size_t
body_max(struct span target)
{
	(void)target;
	return WITNESS_REQUEST_MAX;
}

static void
make_key(
    struct sign_key *key, struct note_key *vkey, const char *name, uint8_t type)
{
	key_generate(key);
	memset(vkey, 0, sizeof *vkey);
	(void)snprintf(vkey->name, sizeof vkey->name, "%s", name);
	vkey->type = type;
	memcpy(vkey->pub, key->pub, KEY_BYTES);
	note_key_id(vkey->id, name, type, key->pub);
}

static int
begin(void **state)
{
	(void)state;
	if (crypto_start() != ERR_OK)
		return 1;
	make_key(&log_key, &log_vkey, ORIGIN, NOTE_ED25519);
	key_generate(&stranger);
	for (unsigned i = 0; i < WITNESSES; i++) {
		struct witness *w = &witness[i];
		const struct http_options o = { .listen = "127.0.0.1",
			.threads = 4,
			.connections = 16,
			.timeout_s = 30,
			.body_max = body_max,
			.handler = handle,
			.ctx = w };

		(void)snprintf(w->name, sizeof w->name, "w%u.example/w", i);
		make_key(&w->key, &w->vkey, w->name, NOTE_COSIGNATURE);
		(void)pthread_mutex_init(&w->lock, NULL);
		if (http_start(&w->http, &o, NULL) != ERR_OK)
			return 1;
	}
	return 0;
}

static int
finish(void **state)
{
	(void)state;
	for (unsigned i = 0; i < WITNESSES; i++)
		http_stop(witness[i].http, 1000);
	buf_free(&db.pending_note);
	buf_free(&db.shown_note);
	return 0;
}

/* ---- the link ---- */
static char policy_path[64];
static struct ingest_metrics metrics;
static struct witness_link *link_under_test;

static int
fresh(void **state)
{
	(void)state;
	(void)snprintf(policy_path, sizeof policy_path,
	    "/tmp/cm-witness-link-%ld", (long)getpid());
	buf_free(&db.pending_note);
	buf_free(&db.shown_note);
	db.pending = db.shown = (struct store_checkpoint){ .size = 0 };
	db.pending_note = buf_heap(NOTE_MAX);
	db.shown_note = buf_heap(NOTE_MAX);
	db.put_count = 0;
	atomic_store(&let_go, false);
	memset(&metrics, 0, sizeof metrics);
	ingest_metrics_init(&metrics);
	for (unsigned i = 0; i < WITNESSES; i++) {
		atomic_store(&witness[i].mood, HONEST);
		atomic_store(&witness[i].asked, 0);
		witness[i].reading = 0;
		witness[i].seen =
		    (struct witness_seen){ 0, merkle_empty_root() };
	}
	return 0;
}

static int
done(void **state)
{
	(void)state;
	atomic_store(&let_go, true);
	witness_link_free(link_under_test);
	link_under_test = NULL;
	while (atomic_load(&hanging) > 0)
		(void)poll(NULL, 0, 5);
	return unlink(policy_path);
}

static enum err
open_with(unsigned n, const char *quorum, bool open, int timeout_ms)
{
	const struct witness_link_options o = { .log = "demo",
		.database = "",
		.policy = policy_path,
		.open = open,
		.timeout_ms = timeout_ms,
		.metrics = &metrics };
	struct buf text = buf_heap(POLICY_BYTES);
	enum err e;

	buf_str(&text, "log ");
	assert_int_equal(
	    note_vkey_print(&text, ORIGIN, NOTE_ED25519, log_key.pub), ERR_OK);
	for (unsigned i = 0; i < n; i++) {
		buf_printf(&text, "\nwitness w%u ", i);
		assert_int_equal(note_vkey_print(&text, witness[i].name,
				     NOTE_COSIGNATURE, witness[i].key.pub),
		    ERR_OK);
		buf_printf(
		    &text, " http://127.0.0.1:%u", http_port(witness[i].http));
	}
	buf_str(&text, "\n");
	if (strcmp(quorum, "none") != 0) {
		buf_printf(&text, "group g %s", quorum);
		for (unsigned i = 0; i < n; i++)
			buf_printf(&text, " w%u", i);
		buf_str(&text, "\n");
	}
	buf_printf(
	    &text, "quorum %s\n", strcmp(quorum, "none") == 0 ? "none" : "g");
	assert_int_equal(
	    file_replace(policy_path, buf_span(&text), 0644, NULL), ERR_OK);
	e = witness_link_new(&link_under_test, &o, NULL);
	buf_free(&text);
	return e;
}

static void
link_of(unsigned n, const char *quorum)
{
	assert_int_equal(open_with(n, quorum, false, LONG_MS), ERR_OK);
	assert_non_null(link_under_test);
}

static void
submit(uint64_t size)
{
	sign(size);
	witness_link_submit(link_under_test, TERM, size);
}

/* The test's own time-out bounds these. */
static void
until_shown(uint64_t size)
{
	while (shown_size() != size)
		(void)poll(NULL, 0, 5);
}

static void
until(atomic_uint *n, unsigned wanted)
{
	while (atomic_load(n) < wanted)
		(void)poll(NULL, 0, 5);
}

static void
until_failures(long long n)
{
	while (metric_value(&metrics.witness_failures) < n)
		(void)poll(NULL, 0, 5);
}

/* Does the published note bear witness i's cosignature? */
static bool
bears(unsigned i)
{
	struct span text;
	enum err e;

	(void)pthread_mutex_lock(&db.lock);
	e = note_open(
	    &text, NULL, buf_span(&db.shown_note), &witness[i].vkey, NULL);
	(void)pthread_mutex_unlock(&db.lock);
	return e == ERR_OK;
}

/* Not in a hurry: the log stays small. */
static void
until_born(unsigned i)
{
	while (!bears(i)) {
		submit(shown_size() + 1);
		until_shown(db.pending.size);
		(void)poll(NULL, 0, 20);
	}
}

/* ---- quorum ---- */
static void
every_cosignature_stands_on_the_note(void **state)
{
	(void)state;
	link_of(3, "all");
	for (uint64_t size = 1; size < 40; size += 13) {
		submit(size);
		until_shown(size);
		for (unsigned i = 0; i < 3; i++)
			assert_true(bears(i));
	}
	assert_int_equal(metric_value(&metrics.witness_failures), 0);
	assert_int_equal(metric_value(&metrics.checkpoint_pending), 0);
}

static void
one_that_hangs_delays_nobody(void **state)
{
	(void)state;
	atomic_store(&witness[0].mood, HANGS);
	link_of(2, "any");
	for (uint64_t size = 5; size < 8; size++) {
		submit(size);
		until(&hanging, 1);
		until_shown(size);
		assert_false(bears(0));
		assert_true(bears(1));
		assert_int_equal(atomic_load(&hanging), 1);
	}
	assert_int_equal(atomic_load(&witness[0].asked), 1);
	assert_int_equal(metric_value(&metrics.witness_failures), 0);
	/* what it answers at last is of no use any more, and no failure */
	atomic_store(&let_go, true);
	until_born(0);
	assert_true(bears(1));
	assert_int_equal(metric_value(&metrics.witness_failures), 0);
}

static void
all_are_asked_at_the_same_time(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3; i++)
		atomic_store(&witness[i].mood, HANGS);
	link_of(3, "all");
	submit(9);
	until(&hanging, 3); /* one after the other there would be one */
	assert_int_equal(shown_size(), 0);
	atomic_store(&let_go, true);
	until_shown(9);
}

static void
a_slow_one_is_waited_for_where_it_is_needed(void **state)
{
	(void)state;
	atomic_store(&witness[1].mood, HANGS);
	link_of(2, "all");
	submit(10);
	until(&hanging, 1);
	submit(20); /* does not take the place of what is asked for */
	until(&witness[0].asked, 1);
	assert_int_equal(shown_size(), 0);
	atomic_store(&let_go, true);
	until_shown(20);
	assert_int_equal(db.put_count, 2);
	assert_int_equal(db.puts[0], 10);
	assert_true(bears(0) && bears(1));
}

/* Each newer one would send it reading again. */
static void
who_reads_first_is_asked_for_the_same_again(void **state)
{
	(void)state;
	atomic_store(&witness[0].mood, READS);
	link_of(1, "all");
	submit(10);
	until(&witness[0].asked, 1);
	submit(20);
	until_shown(20);
	assert_int_equal(db.put_count, 2);
	assert_int_equal(db.puts[0], 10);
	assert_int_equal(metric_value(&metrics.witness_failures), 0);
}

static void
two_of_three_are_enough(void **state)
{
	(void)state;
	witness[2].status = 404;
	witness[2].text = "origin: not known\n";
	atomic_store(&witness[2].mood, SAYS);
	link_of(3, "2");
	submit(4);
	until_shown(4);
	assert_true(bears(0) && bears(1) && !bears(2));
	assert_int_equal(metric_value(&metrics.checkpoint_pending), 0);
}

static void
who_need_not_cosign_is_asked_too(void **state)
{
	(void)state;
	link_of(1, "none");
	until_born(0);
}

static void
an_end_asks_once_more(void **state)
{
	(void)state;
	link_of(2, "all");
	submit(6);
	witness_link_free(link_under_test);
	link_under_test = NULL;
	assert_int_equal(shown_size(), 6);
	assert_true(bears(0) && bears(1));
}

static void
an_end_does_not_wait_for_ever(void **state)
{
	(void)state;
	atomic_store(&witness[0].mood, HANGS);
	assert_int_equal(open_with(1, "all", false, 100), ERR_OK);
	submit(6);
	until(&hanging, 1);
	witness_link_free(link_under_test);
	link_under_test = NULL;
	assert_int_equal(shown_size(), 0);
	assert_true(metric_value(&metrics.witness_failures) > 0);
}

static void
open_publishes_without(void **state)
{
	(void)state;
	witness[1].status = 500;
	witness[1].text = "";
	atomic_store(&witness[1].mood, SAYS);
	assert_int_equal(open_with(2, "all", true, LONG_MS), ERR_OK);
	submit(6);
	until_shown(6);
	assert_true(bears(0) && !bears(1));
	while (metric_value(&metrics.unwitnessed) != 1)
		(void)poll(NULL, 0, 5);
	atomic_store(&witness[1].mood, HONEST);
	until_born(1);
	assert_int_equal(metric_value(&metrics.checkpoint_pending), 0);
}

static void
a_quorum_that_nobody_can_bring_is_refused(void **state)
{
	(void)state;
	assert_int_equal(open_with(2, "3", false, LONG_MS), ERR_CONFIG);
	assert_null(link_under_test);
	assert_int_equal(open_with(0, "none", false, LONG_MS), ERR_OK);
	assert_null(link_under_test);
}

/* ---- what a witness may say ---- */
/* Nothing is published, somebody is told; once it is right again all is. */
static void
refused(int mood, unsigned status, const char *text)
{
	(void)fresh(NULL);
	witness[1].status = status;
	witness[1].text = text;
	atomic_store(&witness[1].mood, mood);
	link_of(2, "all");
	submit(11);
	until_failures(1);
	while (metric_value(&metrics.checkpoint_pending) != 1)
		(void)poll(NULL, 0, 5);
	assert_int_equal(shown_size(), 0);
	atomic_store(&witness[1].mood, HONEST);
	until_shown(11);
	assert_true(bears(0) && bears(1));
	while (metric_value(&metrics.checkpoint_pending) != 0)
		(void)poll(NULL, 0, 5);
	witness_link_free(link_under_test);
	link_under_test = NULL;
}

static void
wrong_cosignatures_are_not_believed(void **state)
{
	(void)state;
	refused(OTHER_KEY, 0, NULL);
	refused(OTHER_SIZE, 0, NULL);
	refused(CARRIAGE, 0, NULL);
	refused(LONG_ANSWER, 0, NULL);
	refused(SAYS, 200, "");
	refused(SAYS, 200, "\n");
	refused(SAYS, 200, "no signature");
}

static void
refusals_are_told(void **state)
{
	(void)state;
	refused(SAYS, 400, "old size: larger than the checkpoint's\n");
	refused(SAYS, 403, "no signature by the log\n");
	refused(SAYS, 404, "");
	refused(SAYS, 422, "\xff not UTF-8\n");
	refused(SAYS, 302, "elsewhere\n");
	refused(SAYS, 500, "the witness cannot keep state\n");
}

static void
sizes_are_not_believed_blindly(void **state)
{
	(void)state;
	refused(SAYS, 409, "12\n"); /* more than there is */
	refused(SAYS, 409, "0\n");  /* what it was asked from */
	refused(SAYS, 409, "3\r\n");
	refused(SAYS, 409, "3");
	refused(SAYS, 409, "");
	refused(SAYS, 409, "18446744073709551616\n");
	refused(CHANGES, 0, NULL);
}

static void
a_size_that_it_knows_is_gone_on_from(void **state)
{
	(void)state;
	struct checkpoint c = checkpoint_of(7);

	witness[0].seen = (struct witness_seen){ c.size, c.root };
	link_of(1, "all");
	submit(11);
	until_shown(11);
	assert_int_equal(atomic_load(&witness[0].asked), 2);
	assert_int_equal(metric_value(&metrics.witness_failures), 0);
}

/* ---- before the first signature ---- */
static void
a_start_without_checkpoints_asks_nobody(void **state)
{
	(void)state;
	link_of(1, "all");
	assert_int_equal(witness_link_check(link_under_test, 0, NULL), ERR_OK);
	assert_int_equal(atomic_load(&witness[0].asked), 0);
}

static void
a_start_behind_a_witness_is_refused(void **state)
{
	struct checkpoint more = checkpoint_of(12), less = checkpoint_of(5);
	struct diag d = { .code = ERR_OK };

	(void)state;
	witness[0].seen = (struct witness_seen){ less.size, less.root };
	witness[2].seen = (struct witness_seen){ more.size, more.root };
	link_of(3, "any");
	sign(10);
	assert_int_equal(
	    witness_link_check(link_under_test, 11, &d), ERR_REWIND);
	assert_non_null(strstr(d.text, "has 11 entries"));
	assert_non_null(strstr(d.text, "w2.example/w"));
	assert_non_null(strstr(d.text, "knows 12"));
	/* entries that no checkpoint covers yet are there all the same */
	assert_int_equal(witness_link_check(link_under_test, 12, &d), ERR_OK);
}

static void *
let_go_later(void *ctx)
{
	(void)ctx;
	until(&hanging, 3);
	atomic_store(&let_go, true);
	return NULL;
}

static void
a_start_asks_all_at_the_same_time(void **state)
{
	pthread_t thread;

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		atomic_store(&witness[i].mood, HANGS);
	link_of(3, "all");
	sign(10);
	assert_int_equal(pthread_create(&thread, NULL, let_go_later, NULL), 0);
	assert_int_equal(witness_link_check(link_under_test, 10, NULL), ERR_OK);
	assert_int_equal(pthread_join(thread, NULL), 0);
}

static void
a_start_passes_over_who_says_nothing(void **state)
{
	(void)state;
	witness[0].status = 503;
	witness[0].text = "";
	atomic_store(&witness[0].mood, SAYS);
	atomic_store(&witness[1].mood, HANGS);
	assert_int_equal(open_with(2, "all", false, 100), ERR_OK);
	sign(10);
	assert_int_equal(witness_link_check(link_under_test, 10, NULL), ERR_OK);
	assert_int_equal(shown_size(), 0);
}

static void
a_start_after_a_question_that_hangs(void **state)
{
	(void)state;
	atomic_store(&witness[0].mood, HANGS);
	assert_int_equal(open_with(1, "all", false, 2000), ERR_OK);
	submit(10);
	until(&hanging, 1);
	atomic_store(&let_go, true);
	assert_int_equal(witness_link_check(link_under_test, 10, NULL), ERR_OK);
	until_shown(10);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, fresh, done)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(every_cosignature_stands_on_the_note),
		CASE(one_that_hangs_delays_nobody),
		CASE(all_are_asked_at_the_same_time),
		CASE(a_slow_one_is_waited_for_where_it_is_needed),
		CASE(who_reads_first_is_asked_for_the_same_again),
		CASE(two_of_three_are_enough),
		CASE(who_need_not_cosign_is_asked_too),
		CASE(an_end_asks_once_more),
		CASE(an_end_does_not_wait_for_ever),
		CASE(open_publishes_without),
		CASE(a_quorum_that_nobody_can_bring_is_refused),
		CASE(wrong_cosignatures_are_not_believed),
		CASE(refusals_are_told),
		CASE(sizes_are_not_believed_blindly),
		CASE(a_size_that_it_knows_is_gone_on_from),
		CASE(a_start_without_checkpoints_asks_nobody),
		CASE(a_start_behind_a_witness_is_refused),
		CASE(a_start_asks_all_at_the_same_time),
		CASE(a_start_passes_over_who_says_nothing),
		CASE(a_start_after_a_question_that_hangs),
	};

	return cmocka_run_group_tests(tests, begin, finish);
}
