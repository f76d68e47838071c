/* SPDX-License-Identifier: Apache-2.0 */
/* Watching a log in a folder that behaves, and ones that do not; what is kept
 * between two runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <unistd.h>

#include "base/file.h"
#include "ledger/monitor.h"

#include "bundle_world.h"
#include "staticlog.h"

#include "base/banned.h"

#define ALARMS 8

static struct bworld *w;
static struct staticlog s;
static struct policy *quorate, *anyhow;
static char state[96], replay[112];

static struct got {
	unsigned n;
	char name[ALARMS][32], where[ALARMS][48], detail[ALARMS][256];
} got;

static void
alarm_raised(void *ctx, const struct monitor_alarm *a)
{
	(void)ctx;
	assert_true(got.n < ALARMS);
	(void)snprintf(got.name[got.n], sizeof got.name[0], "%s", a->name);
	(void)snprintf(got.where[got.n], sizeof got.where[0], "%s", a->where);
	(void)snprintf(
	    got.detail[got.n], sizeof got.detail[0], "%s", a->detail);
	got.n++;
}

/* What stands in the world, as files, under the note that was cosigned. */
static void
publish(void)
{
	struct span note;

	for (uint64_t i = s.size; i < w->count; i++)
		staticlog_add(&s, buf_span(&w->entries[i]));
	staticlog_write(&s);
	note = buf_span(&w->note);
	staticlog_file(&s, "checkpoint", &note);
}

static void
grow(void)
{
	w->previous = w->count - 1;
	(void)bw_heartbeat(w, BW_LINE);
	(void)bw_object(w, BW_LINE, BW_OTHER, "OBSERVE", "inspecting",
	    "https://id.gs1.org/414/9506000111117");
	bw_seal(w);
	publish();
}

static int
begin(void **ctx)
{
	(void)ctx;
	memset(&got, 0, sizeof got);
	w = bw_new();
	bw_registry(w, NULL);
	bw_story(w);
	staticlog_init(&s, BW_ORIGIN);
	s.key = w->keys[BW_LOG];
	(void)snprintf(state, sizeof state, "%s/seen", s.folder);
	(void)snprintf(replay, sizeof replay, "%s/seen.replay", s.folder);
	return 0;
}

static int
end(void **ctx)
{
	(void)ctx;
	policy_free(quorate);
	policy_free(anyhow);
	quorate = anyhow = NULL;
	staticlog_clear(&s);
	bw_free(w);
	return 0;
}

static struct monitor *
monitor(bool quorum, const char *file)
{
	const char *urls[1] = { s.url };
	struct monitor_options o = { .urls = urls,
		.url_count = 1,
		.agent = "test",
		.state = file,
		.once = true,
		.alarm = alarm_raised };
	struct policy **p = quorum ? &quorate : &anyhow;
	struct monitor *m;
	struct diag d = { .text = "" };

	if (*p == NULL)
		*p = bw_policy(w, quorum ? "both" : "none");
	o.policy = *p;
	if (monitor_new(&m, &o, &d) != ERR_OK)
		fail_msg("%s", d.text);
	return m;
}

static void
look(struct monitor *m)
{
	struct diag d = { .text = "" };

	if (monitor_run(m, &d) != ERR_OK)
		fail_msg("%s", d.text);
}

/* One run from its start to its end, without an alarm. */
static void
calm_run(const char *file)
{
	struct monitor *m = monitor(true, file);

	look(m);
	if (got.n > 0)
		fail_msg(
		    "%s at %s: %s", got.name[0], got.where[0], got.detail[0]);
	assert_int_equal(monitor_alarms(m), 0);
	assert_int_equal(monitor_size(m), w->count);
	monitor_free(m);
}

/* The alarm that was raised last, of n so far. */
static void
raised(unsigned n, const char *name, const char *where)
{
	assert_int_equal(got.n, n);
	assert_string_equal(got.name[n - 1], name);
	assert_string_equal(got.where[n - 1], where);
}

static void
remove_bundle(void)
{
	char path[FOLLOW_PATH];

	follow_tile_path(path, "entries", 0, (unsigned)s.size);
	staticlog_file(&s, path, NULL);
}

/* ---- from one run to the next ---- */
static void
a_second_run_goes_on(void **ctx)
{
	(void)ctx;
	bw_seal(w);
	publish();
	calm_run(state);
	remove_bundle(); /* what was replayed is not asked for again */
	calm_run(state);
	for (unsigned i = 0; i < 3; i++) {
		grow();
		calm_run(state);
	}
	assert_int_equal(unlink(replay), 0);
	calm_run(state);
}

static void
without_a_file_each_run_begins_anew(void **ctx)
{
	struct monitor *m;

	(void)ctx;
	bw_seal(w);
	publish();
	calm_run(NULL);
	remove_bundle();
	m = monitor(true, NULL);
	look(m);
	raised(1, "bad_tile", "tile/entries/000");
	monitor_free(m);
}

/* Who signs, and after what, is known from the run before. */
static void
a_second_run_judges_as_the_first(void **ctx)
{
	struct monitor *m;
	uint64_t bad;
	char where[48];

	(void)ctx;
	bw_seal(w);
	publish();
	calm_run(state);
	w->previous = w->count - 1;
	bad = bw_put_with(w, BW_LINE, BW_SPARE, CONTENT_IS_PRODUCT, "{}");
	(void)snprintf(
	    where, sizeof where, "entry/%llu", (unsigned long long)bad);
	bw_seal(w);
	publish();
	m = monitor(true, state);
	look(m);
	assert_true(got.n > 0);
	assert_string_equal(got.name[0], "bad_entry");
	assert_string_equal(got.where[0], where);
	monitor_free(m);
}

static void
damaged_states_are_passed_over(void **ctx)
{
	struct buf whole = buf_heap((size_t)1 << 26);
	struct span cut;

	(void)ctx;
	bw_seal(w);
	publish();
	calm_run(state);
	assert_int_equal(
	    file_read(&whole, replay, (size_t)1 << 26, NULL), ERR_OK);
	for (size_t i = 0; i < whole.n; i += whole.n / 23) {
		whole.p[i] ^= 1;
		assert_int_equal(
		    file_replace(replay, buf_span(&whole), 0600, NULL), ERR_OK);
		whole.p[i] ^= 1;
		calm_run(state);
	}
	cut = span_of(whole.p, 20);
	assert_int_equal(file_replace(replay, cut, 0600, NULL), ERR_OK);
	calm_run(state);
	buf_free(&whole);
}

static void
a_state_of_another_log_is_an_error(void **ctx)
{
	const char *urls[1] = { s.url };
	struct monitor_options o = { .urls = urls,
		.url_count = 1,
		.agent = "test",
		.state = state,
		.once = true,
		.alarm = alarm_raised };
	struct monitor *m;
	struct diag d;

	(void)ctx;
	bw_seal(w);
	publish();
	calm_run(state);
	key_generate(&w->keys[BW_LOG]); /* the same name, another key */
	o.policy = anyhow = bw_policy(w, "none");
	assert_int_equal(monitor_new(&m, &o, &d), ERR_CONFIG);
	o.url_count = 0;
	assert_int_equal(monitor_new(&m, &o, &d), ERR_USAGE);
}

/* ---- alarms ---- */
static void
a_checkpoint_without_its_quorum(void **ctx)
{
	struct monitor *m;

	(void)ctx;
	bw_seal(w);
	publish();
	staticlog_write(&s); /* the log's own signature alone */
	m = monitor(true, state);
	look(m);
	raised(1, "no_quorum", "checkpoint");
	assert_int_equal(monitor_size(m), w->count); /* watched all the same */
	look(m);
	assert_int_equal(got.n, 1); /* told once */
	assert_int_not_equal(access(state, F_OK), 0);
	publish();
	look(m);
	assert_int_equal(got.n, 1);
	assert_int_equal(access(state, F_OK), 0);
	staticlog_write(&s);
	look(m);
	raised(2, "no_quorum", "checkpoint"); /* it came back */
	monitor_free(m);
	/* who asks for no quorum misses none */
	m = monitor(false, NULL);
	look(m);
	assert_int_equal(got.n, 2);
	monitor_free(m);
}

static void
a_false_map_is_never_kept(void **ctx)
{
	struct monitor *m;

	(void)ctx;
	w->omit = BW_ITEM;
	w->lie_index = w->count;
	(void)bw_object(w, BW_LINE, BW_ITEM, "OBSERVE", "inspecting",
	    "https://id.gs1.org/414/9506000111117");
	bw_seal(w);
	publish();
	m = monitor(true, state);
	for (unsigned i = 0; i < 3; i++)
		look(m);
	raised(1, "wrong_map", got.where[0]);
	assert_int_not_equal(access(state, F_OK), 0);
	assert_int_not_equal(access(replay, F_OK), 0);
	monitor_free(m);
}

/* A lie ends neither the watch nor what was known before. */
static void
it_goes_on_after_a_lie(void **ctx)
{
	struct hash other = { { 9 } };
	struct monitor *m;

	(void)ctx;
	bw_seal(w);
	publish();
	m = monitor(false, state);
	look(m);
	staticlog_checkpoint(&s, s.size, &other);
	look(m);
	raised(1, "split_view", "checkpoint");
	grow();
	staticlog_checkpoint(&s, s.size, &other);
	look(m);
	raised(2, "split_view", "checkpoint");
	look(m);
	assert_int_equal(got.n, 2);
	for (unsigned i = 0; i < 2; i++) {
		grow();
		look(m);
		assert_int_equal(got.n, 2);
		assert_int_equal(monitor_size(m), w->count);
	}
	monitor_free(m);
	got.n = 0;
	calm_run(state);
}

/* The n-th alarm is that one, and it is over when the log is right again. */
static void
shows(struct monitor *m, const struct span *checkpoint, unsigned n,
    const char *name)
{
	staticlog_file(&s, "checkpoint", checkpoint);
	look(m);
	raised(n, name, "checkpoint");
	publish();
	look(m);
	assert_int_equal(got.n, n);
}

static void
checkpoints_that_are_none(void **ctx)
{
	static const char *const bad[] = { "", "no note\n", "\r\n\r\n" };
	struct buf text = buf_heap(4 * (size_t)NOTE_MAX);
	struct monitor *m;
	struct span span;

	(void)ctx;
	bw_seal(w);
	publish();
	m = monitor(true, state);
	look(m);
	for (unsigned i = 0; i < 3; i++) {
		span = span_str(bad[i]);
		shows(m, &span, i + 1, "bad_checkpoint");
	}
	for (size_t i = 0; i < w->note.n; i++) {
		if (w->note.p[i] == '\n')
			buf_byte(&text, '\r');
		buf_byte(&text, w->note.p[i]);
	}
	span = buf_span(&text);
	shows(m, &span, 4, "bad_checkpoint");
	while (text.n <= 2 * (size_t)NOTE_MAX)
		buf_put(&text, buf_span(&w->note));
	span = buf_span(&text);
	shows(m, &span, 5, "bad_checkpoint");
	shows(m, NULL, 6, "unreachable");
	monitor_free(m);
	buf_free(&text);
}

static void
an_older_checkpoint_after_a_restart(void **ctx)
{
	struct buf older;
	struct monitor *m;
	struct span span;

	(void)ctx;
	bw_seal(w);
	publish();
	older = buf_heap(NOTE_MAX);
	buf_put(&older, buf_span(&w->note));
	grow();
	calm_run(state);
	span = buf_span(&older);
	staticlog_file(&s, "checkpoint", &span);
	m = monitor(true, state);
	look(m);
	raised(1, "rewind", "checkpoint");
	monitor_free(m);
	buf_free(&older);
	publish();
	got.n = 0;
	calm_run(state);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_second_run_goes_on),
		CASE(without_a_file_each_run_begins_anew),
		CASE(a_second_run_judges_as_the_first),
		CASE(damaged_states_are_passed_over),
		CASE(a_state_of_another_log_is_an_error),
		CASE(a_checkpoint_without_its_quorum),
		CASE(a_false_map_is_never_kept),
		CASE(it_goes_on_after_a_lie),
		CASE(checkpoints_that_are_none),
		CASE(an_older_checkpoint_after_a_restart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
