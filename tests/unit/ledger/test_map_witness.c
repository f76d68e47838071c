/* SPDX-License-Identifier: Apache-2.0 */
/* A map witness before a log that behaves, and before ones that do not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "event/statement.h"
#include "ledger/map.h"
#include "ledger/map_witness.h"
#include "ledger/note.h"

#include "staticlog.h"

#include "base/banned.h"

#define ORIGIN "log.example/witnessed"
#define LONG_MS 600000 /* an answer, however busy the machine is */

static struct staticlog s;
static struct map *map; /* of all entries */
static struct touch touch;
static struct sign_key device;
static uint64_t seq, previous;
static char state_file[96];
static struct map_witness *w;

/* ---- the log ---- */
static void
add_entry(struct span entry)
{
	assert_int_equal(map_add_entry(map, &touch, s.size, entry), ERR_OK);
	staticlog_add(&s, entry);
}

/* Statements that touch their device and a subject of their own. */
static void
add(unsigned n)
{
	struct claims c = { .epoch = 1, .iss = span_str("did:web:x") };
	struct buf entry = buf_heap(STATEMENT_MAX), text = buf_heap(4096);

	c.sub = c.iss;
	for (; n > 0; n--) {
		c.seq = ++seq;
		buf_reset(&entry);
		buf_reset(&text);
		buf_printf(&text,
		    "{\"@context\":\"https://ref.gs1.org/standards/epcis/2.0.0/"
		    "epcis-context.jsonld\",\"type\":\"EPCISDocument\","
		    "\"schemaVersion\":\"2.0\",\"creationDate\":"
		    "\"2026-01-01T00:00:00Z\",\"epcisBody\":{\"eventList\":["
		    "{\"type\":\"ObjectEvent\",\"eventTime\":"
		    "\"2026-01-02T03:04:05Z\",\"eventTimeZoneOffset\":"
		    "\"+00:00\",\"action\":\"OBSERVE\",\"epcList\":["
		    "\"https://a.example/%llu\"]}]}}",
		    (unsigned long long)seq);
		assert_int_equal(statement_make(&entry, &c, CONTENT_IS_PRODUCT,
				     buf_span(&text), &device, NULL),
		    ERR_OK);
		add_entry(buf_span(&entry));
	}
	buf_free(&entry);
	buf_free(&text);
}

static struct epoch
true_epoch(void)
{
	return (struct epoch){ .covered = s.size,
		.time_ms = 1000 + (int64_t)s.size,
		.map_root = map_root(map),
		.keys = map_keys(map),
		.previous = previous };
}

static void
add_epoch(const struct epoch *e)
{
	struct buf b = buf_heap(4096);

	previous = s.size;
	assert_int_equal(epoch_print(&b, e), ERR_OK);
	staticlog_add(&s, buf_span(&b));
	staticlog_write(&s);
	buf_free(&b);
}

/* Grown by so many entries and an epoch over all of them. */
static void
grow(unsigned n)
{
	struct epoch e;

	add(n);
	e = true_epoch();
	add_epoch(&e);
}

static int
begin(void **state)
{
	uint8_t seed[KEY_BYTES] = { 9 };

	(void)state;
	staticlog_init(&s, ORIGIN);
	key_from_seed(&device, seed);
	seq = previous = 0;
	(void)snprintf(state_file, sizeof state_file, "%s/state", s.folder);
	w = NULL;
	return map_new(&map) == ERR_OK && touch_init(&touch) == ERR_OK ? 0 : 1;
}

static int
end(void **state)
{
	(void)state;
	map_witness_free(w);
	map_free(map);
	touch_clear(&touch);
	staticlog_clear(&s);
	return 0;
}

/* ---- the witness ---- */
/* Whether it began from nothing. */
static bool
open_waiting(int wait_ms)
{
	const struct map_witness_options o = { .url = s.url,
		.agent = "test",
		.policy = s.policy,
		.state = state_file,
		.wait_ms = wait_ms };
	struct diag d = { .text = "" };
	bool fresh = false;

	if (map_witness_new(&w, &fresh, &o, &d) != ERR_OK)
		fail_msg("%s", d.text);
	return fresh;
}

static bool
open_witness(void)
{
	return open_waiting(LONG_MS);
}

static void
close_witness(void)
{
	map_witness_free(w);
	w = NULL;
}

/* What it says of the checkpoint that stands in the folder. */
static unsigned
judge(struct diag *d)
{
	struct buf note = buf_heap(NOTE_MAX);
	struct policy_opened opened;
	char path[128];
	unsigned status;

	(void)snprintf(path, sizeof path, "%s/checkpoint", s.folder);
	assert_int_equal(file_read(&note, path, NOTE_MAX, NULL), ERR_OK);
	assert_int_equal(
	    policy_open(&opened, s.policy, buf_span(&note), NULL), ERR_OK);
	*d = (struct diag){ .code = ERR_OK };
	status = map_witness_judge(w, buf_span(&note), &opened.checkpoint, d);
	buf_free(&note);
	return status;
}

static void
says(unsigned status, const char *text)
{
	struct diag d;

	assert_int_equal(judge(&d), status);
	if (text != NULL && strstr(d.text, text) == NULL)
		fail_msg("got \"%s\", wanted \"%s\"", d.text, text);
}

static struct hash
root_now(void)
{
	struct frontier f;
	struct span rest = buf_span(&s.entries);

	frontier_init(&f);
	while (rest.n > 0) {
		size_t n = (size_t)(rest.p[0] << 8 | rest.p[1]);
		struct hash leaf = merkle_leaf(span_of(rest.p + 2, n));

		frontier_add(&f, &leaf);
		rest = span_skip(rest, 2 + n);
	}
	return frontier_root(&f);
}

/* ---- a log that behaves ---- */
static void
right_epochs_are_cosigned(void **state)
{
	struct hash first;
	uint64_t size;

	(void)state;
	assert_true(open_witness());
	assert_int_equal(map_witness_size(w), 0);
	grow(5);
	says(200, NULL);
	assert_int_equal(map_witness_size(w), s.size);
	first = root_now();
	size = s.size;
	grow(400);
	grow(1);
	says(200, NULL);
	says(200, NULL);
	assert_int_equal(map_witness_size(w), s.size);
	/* one that it has read is right still, whoever asks late */
	staticlog_checkpoint(&s, size, &first);
	says(200, NULL);
}

/* formats 4.5: an epoch speaks of less than stands before it. */
static void
an_epoch_that_covers_less_is_right(void **state)
{
	struct epoch e;

	(void)state;
	(void)open_witness();
	add(10);
	e = true_epoch();
	add(300);
	add_epoch(&e);
	says(200, NULL);
	add(5);
	add_epoch(&e); /* the same again: it does not fall */
	says(200, NULL);
	grow(1);
	says(200, NULL);
}

static void
it_goes_on_from_its_file(void **state)
{
	struct epoch e;

	(void)state;
	(void)open_witness();
	add(20);
	e = true_epoch();
	add(280);
	add_epoch(&e); /* 280 entries wait for the next epoch */
	says(200, NULL);
	close_witness();
	/* what it has read it does not read again */
	staticlog_file(&s, "tile/entries/000", NULL);
	assert_false(open_witness());
	assert_int_equal(map_witness_size(w), s.size);
	says(200, NULL);
	add(3);
	e = true_epoch();
	add(1);
	add_epoch(&e);
	staticlog_file(&s, "tile/entries/000", NULL);
	says(200, NULL);
}

/* A kill at any moment leaves a file that is whole, and one from before is
 * good: what came since is read again. */
static void
it_is_saved_while_it_goes_on(void **state)
{
	struct buf file = buf_heap(1 << 20);
	struct span bytes;
	uint64_t size;

	(void)state;
	(void)open_witness();
	grow(300);
	says(200, NULL);
	size = s.size;
	while (access(state_file, R_OK) != 0)
		(void)usleep(1000);
	grow(5);
	says(200, NULL);
	assert_int_equal(file_read(&file, state_file, 1 << 20, NULL), ERR_OK);
	close_witness();
	bytes = buf_span(&file);
	staticlog_file(&s, "state", &bytes);
	assert_false(open_witness());
	assert_int_equal(map_witness_size(w), size);
	says(200, NULL);
	assert_int_equal(map_witness_size(w), s.size);
	buf_free(&file);
}

static void
a_damaged_file_is_passed_over(void **state)
{
	struct buf file = buf_heap(1 << 20);
	struct span bytes;
	struct epoch e;

	(void)state;
	(void)open_witness();
	add(20);
	e = true_epoch();
	add(280);
	add_epoch(&e); /* most of the file are entries that wait */
	says(200, NULL);
	close_witness();
	assert_int_equal(file_read(&file, state_file, 1 << 20, NULL), ERR_OK);
	for (size_t at = 0; at < file.n; at += file.n / 7) {
		file.p[at] ^= 1;
		bytes = buf_span(&file);
		staticlog_file(&s, "state", &bytes);
		file.p[at] ^= 1;
		assert_true(open_witness());
		assert_int_equal(map_witness_size(w), 0);
		/* ended before it has read anything: the file stays */
		close_witness();
	}
	for (size_t n = 0; n < file.n; n += 1 + file.n / 7) {
		bytes = span_of(file.p, n);
		staticlog_file(&s, "state", &bytes);
		assert_true(open_witness());
		close_witness();
	}
	assert_true(open_witness());
	says(200, NULL);
	buf_free(&file);
}

/* ---- logs that do not, or not yet ---- */
static void
an_epoch_with_another_root_ends_it(void **state)
{
	struct epoch e;

	(void)state;
	(void)open_witness();
	grow(5);
	says(200, NULL);
	add(5);
	e = true_epoch();
	e.map_root.b[0] ^= 1;
	add_epoch(&e);
	says(422, "map root");
	/* a right one behind it does not heal it */
	grow(3);
	says(422, "map root");
	/* and nothing of it is kept: a new start finds it again */
	close_witness();
	(void)open_witness();
	says(422, "map root");
}

static void
an_epoch_with_another_number_of_keys(void **state)
{
	struct epoch e;

	(void)state;
	(void)open_witness();
	add(5);
	e = true_epoch();
	e.keys++;
	add_epoch(&e);
	says(422, "number of keys");
}

static void
a_covered_size_that_falls(void **state)
{
	struct epoch e;

	(void)state;
	(void)open_witness();
	add(5);
	e = true_epoch();
	grow(5);
	says(200, NULL);
	add_epoch(&e);
	says(422, "covered size");
}

static void
a_covered_size_above_the_epoch(void **state)
{
	struct epoch e;

	(void)state;
	(void)open_witness();
	add(5);
	e = true_epoch();
	e.covered++;
	add_epoch(&e);
	says(422, "covered size");
}

static void
an_entry_that_is_another(void **state)
{
	struct buf file = buf_heap(1 << 20);
	struct span bytes;
	size_t at = 0;

	(void)state;
	(void)open_witness();
	grow(5);
	says(200, NULL);
	grow(3);
	buf_put(&file, buf_span(&s.entries));
	for (unsigned i = 0; i < 7; i++)
		at += 2 + (size_t)(file.p[at] << 8 | file.p[at + 1]);
	file.p[at + 100] ^= 1;
	bytes = buf_span(&file);
	staticlog_file(&s, "tile/entries/000.p/10", &bytes);
	says(422, "root");
	/* of what was read nothing is left */
	assert_int_equal(map_witness_size(w), 6);
	grow(2);
	says(200, NULL);
	buf_free(&file);
}

static void
a_bundle_that_is_short(void **state)
{
	struct buf file = buf_heap(1 << 20);
	struct span bytes;
	char path[128];

	(void)state;
	(void)open_witness();
	grow(300);
	(void)snprintf(path, sizeof path, "%s/tile/entries/001.p/45", s.folder);
	assert_int_equal(file_read(&file, path, 1 << 20, NULL), ERR_OK);
	bytes = span_of(file.p, file.n - 10);
	staticlog_file(&s, "tile/entries/001.p/45", &bytes);
	says(503, "tile/entries/001.p/45");
	assert_int_equal(map_witness_size(w), 0);
	/* it may have been on its way: then the first tile counts once */
	bytes = buf_span(&file);
	staticlog_file(&s, "tile/entries/001.p/45", &bytes);
	says(200, NULL);
	buf_free(&file);
}

static void
a_checkpoint_that_went_back(void **state)
{
	struct hash other = { { 1 } };

	(void)state;
	(void)open_witness();
	grow(5);
	grow(5);
	says(200, NULL);
	staticlog_checkpoint(&s, 6, &other);
	says(422, "size 6");
	staticlog_checkpoint(&s, s.size, &other);
	says(422, "another root");
	/* a size at which no epoch ends */
	staticlog_checkpoint(&s, 4, &other);
	says(422, "no epoch ends there");
	staticlog_write(&s);
	says(200, NULL);
}

/* Of two at one size the one that the entries make is not the other's. */
static void
two_roots_before_the_entries_come(void **state)
{
	struct hash other = { { 1 } };
	struct buf file = buf_heap(1 << 20);
	struct span bytes;
	char path[128];

	(void)state;
	(void)open_witness();
	grow(5);
	(void)snprintf(path, sizeof path, "%s/tile/entries/000.p/6", s.folder);
	assert_int_equal(file_read(&file, path, 1 << 20, NULL), ERR_OK);
	staticlog_file(&s, "tile/entries/000.p/6", NULL);
	says(503, "tile/entries/000");
	staticlog_checkpoint(&s, s.size, &other);
	says(422, "two roots");
	bytes = buf_span(&file);
	staticlog_file(&s, "tile/entries/000.p/6", &bytes);
	staticlog_write(&s);
	says(200, NULL);
	buf_free(&file);
}

static void
a_last_entry_that_is_no_epoch(void **state)
{
	(void)state;
	(void)open_witness();
	grow(5);
	says(200, NULL);
	add(2);
	staticlog_write(&s);
	says(422, "no epoch ends there");
	grow(1);
	says(200, NULL);
}

/* Who does not wait is told to come again, and the reading goes on. */
static void
an_answer_comes_later(void **state)
{
	struct diag d;
	unsigned status = 503;

	(void)state;
	(void)open_waiting(0);
	grow(300);
	while (status == 503)
		status = judge(&d);
	assert_int_equal(status, 200);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(right_epochs_are_cosigned),
		CASE(an_epoch_that_covers_less_is_right),
		CASE(it_goes_on_from_its_file),
		CASE(it_is_saved_while_it_goes_on),
		CASE(a_damaged_file_is_passed_over),
		CASE(an_epoch_with_another_root_ends_it),
		CASE(an_epoch_with_another_number_of_keys),
		CASE(a_covered_size_that_falls),
		CASE(a_covered_size_above_the_epoch),
		CASE(an_entry_that_is_another),
		CASE(a_bundle_that_is_short),
		CASE(a_checkpoint_that_went_back),
		CASE(two_roots_before_the_entries_come),
		CASE(a_last_entry_that_is_no_epoch),
		CASE(an_answer_comes_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
