/* SPDX-License-Identifier: Apache-2.0 */
/* A replay that is saved and loaded judges as one that went on; bytes that are
 * none are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/crypto.h"
#include "ledger/replay.h"

#include "bundle_world.h"

#include "base/banned.h"

static struct bworld *w;
static unsigned faults;
static char last[200];

static void
fault(void *ctx, const struct replay_fault *f)
{
	(void)ctx;
	faults++;
	(void)snprintf(last, sizeof last, "%llu %s got=%s want=%s",
	    (unsigned long long)f->index, f->field, f->got, f->want);
}

static const struct replay_options options = {
	.origin = BW_ORIGIN, .saved = true, .fault = fault
};

static int
begin(void **ctx)
{
	(void)ctx;
	faults = 0;
	last[0] = '\0';
	if (crypto_start() != ERR_OK)
		return 1;
	w = bw_new();
	bw_registry(w, NULL);
	bw_story(w);
	bw_seal(w);
	return 0;
}

static int
end(void **ctx)
{
	(void)ctx;
	bw_free(w);
	return 0;
}

static struct replay *
start(void)
{
	struct replay *r;

	assert_int_equal(replay_new(&r, &options, NULL), ERR_OK);
	return r;
}

static void
go_to(struct replay *r, uint64_t size)
{
	for (uint64_t i = replay_size(r); i < size; i++) {
		struct span entry = buf_span(&w->entries[i]);
		struct hash leaf = merkle_leaf(entry);

		assert_int_equal(
		    replay_entry(r, i, entry, &leaf, NULL), ERR_OK);
	}
}

static struct buf
saved(const struct replay *r)
{
	struct buf b = buf_heap((size_t)1 << 26);

	assert_int_equal(replay_save(r, &b), ERR_OK);
	return b;
}

/* Ends r; the one that comes out has only the bytes. */
static struct replay *
handed_on(struct replay *r)
{
	struct buf b = saved(r), again;
	struct hash chain = replay_chain(r), loaded_chain;
	struct replay *loaded;
	struct diag d = { .text = "" };

	if (replay_load(&loaded, &options, buf_span(&b), &d) != ERR_OK)
		fail_msg("%s", d.text);
	assert_int_equal(replay_size(loaded), replay_size(r));
	assert_int_equal(replay_last_epoch(loaded), replay_last_epoch(r));
	assert_int_equal(replay_last_epoch_ms(loaded), replay_last_epoch_ms(r));
	loaded_chain = replay_chain(loaded);
	assert_true(hash_equal(&loaded_chain, &chain));
	again = saved(loaded);
	assert_true(span_equal(buf_span(&again), buf_span(&b)));
	buf_free(&again);
	buf_free(&b);
	replay_free(r);
	return loaded;
}

static void
each_entry_in_a_run_of_its_own(void **ctx)
{
	struct replay *r = start();

	(void)ctx;
	for (uint64_t i = 1; i <= w->count; i++) {
		go_to(r, i);
		r = handed_on(r);
	}
	replay_free(r);
	if (faults > 0)
		fail_msg("%s", last);
}

/* The same fault with a save before it and without. */
static void
faults_are_found_after_a_load(void **ctx)
{
	uint64_t sealed = w->count;
	char want[200];
	struct replay *r;

	(void)ctx;
	w->previous = w->count - 1;
	w->seq[BW_DOCK] += 3; /* a gap in its chain */
	(void)bw_heartbeat(w, BW_DOCK);
	bw_seal(w);
	r = start();
	go_to(r, w->count);
	replay_free(r);
	assert_int_equal(faults, 1);
	(void)snprintf(want, sizeof want, "%s", last);
	r = start();
	go_to(r, sealed);
	r = handed_on(r);
	assert_int_equal(faults, 1);
	go_to(r, w->count);
	replay_free(r);
	assert_int_equal(faults, 2);
	assert_string_equal(last, want);
}

static void
damaged_bytes_do_no_harm(void **ctx)
{
	struct replay *r = start(), *loaded;
	struct buf b;

	(void)ctx;
	go_to(r, w->count);
	b = saved(r);
	replay_free(r);
	/* every part has a length: none may be cut */
	for (size_t n = 0; n < b.n; n += n < 400 ? 1 : 97)
		assert_int_equal(
		    replay_load(&loaded, &options, span_of(b.p, n), NULL),
		    ERR_BAD_ENCODING);
	buf_byte(&b, 0);
	assert_int_equal(replay_load(&loaded, &options, buf_span(&b), NULL),
	    ERR_BAD_ENCODING);
	b.n--;
	for (size_t i = 0; i < b.n; i += 11) {
		b.p[i] ^= 0x80;
		if (replay_load(&loaded, &options, buf_span(&b), NULL) ==
		    ERR_OK)
			replay_free(loaded);
		b.p[i] ^= 0x80;
	}
	buf_free(&b);
}

static void
other_logs_and_wishes_are_refused(void **ctx)
{
	struct replay_options o = options;
	struct replay *r = start(), *loaded;
	struct buf b;

	(void)ctx;
	go_to(r, w->count);
	b = saved(r);
	o.origin = BW_ORIGIN "x";
	assert_int_equal(
	    replay_load(&loaded, &o, buf_span(&b), NULL), ERR_BAD_ENCODING);
	assert_null(loaded);
	replay_free(r);
	o = options;
	o.saved = false;
	assert_int_equal(replay_new(&r, &o, NULL), ERR_OK);
	assert_int_equal(replay_save(r, &b), ERR_USAGE);
	replay_free(r);
	buf_free(&b);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(each_entry_in_a_run_of_its_own),
		CASE(faults_are_found_after_a_load),
		CASE(damaged_bytes_do_no_harm),
		CASE(other_logs_and_wishes_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
