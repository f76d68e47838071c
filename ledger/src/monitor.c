/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor_internal.h"

#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"

#include "base/banned.h"

#define STOP_LOOK_MS 100
#define SAVE_EVERY_MS 60000
#define SAVE_SHARE 30

/* ---- alarms ---- */
static bool
told_already(struct monitor *m, const char *text)
{
	struct hash h = hash_bytes(span_str(text));

	for (unsigned i = 0; i < m->told_count && i < MONITOR_TOLD; i++) {
		if (hash_equal(&m->told[i], &h))
			return true;
	}
	m->told[m->told_count++ % MONITOR_TOLD] = h;
	return false;
}

static void raise_alarm(struct monitor *m, const struct address *a,
    const char *name, const char *where, const char *fmt, ...) CM_PRINTF(5, 6);

static void
raise_alarm(struct monitor *m, const struct address *a, const char *name,
    const char *where, const char *fmt, ...)
{
	char detail[256], all[640];
	struct monitor_alarm alarm = { name, a->url, where, detail };
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(detail, sizeof detail, fmt, ap);
	va_end(ap);
	(void)snprintf(
	    all, sizeof all, "%s %.200s %s %s", name, a->url, where, detail);
	m->wrong = true;
	if (told_already(m, all))
		return;
	m->alarms++;
	m->o.alarm(m->o.ctx, &alarm);
}

/* A failure of an address; memory is ours and no alarm. */
static enum err
judge(struct monitor *m, const struct address *a, enum err e,
    const struct diag *why, struct diag *d)
{
	enum follow_fault kind = follow_faulted(a->f);

	if (e == ERR_OK || kind == FOLLOW_STOPPED || kind == FOLLOW_NONE) {
		if (e != ERR_OK && e != ERR_STATE && d != NULL)
			*d = *why;
		return e == ERR_STATE ? ERR_OK : e;
	}
	raise_alarm(
	    m, a, follow_fault_name(kind), follow_where(a->f), "%s", why->text);
	return ERR_OK;
}

static void
replay_says(void *ctx, const struct replay_fault *f)
{
	struct monitor *m = ctx;
	bool map =
	    strcmp(f->field, "entry") != 0 && strcmp(f->field, "covered") != 0;
	char where[40];

	m->spoilt = true;
	(void)snprintf(where, sizeof where, "entry/%" PRIu64, f->index);
	raise_alarm(m, &m->at[0], map ? "wrong_map" : "bad_entry", where,
	    "%s: got %s, wanted %s", f->field, f->got, f->want);
}

/* ---- the first address: entries ---- */
static enum err
replay_again(struct monitor *m, struct diag *d)
{
	struct replay_options o = {
		.origin = follow_newest(m->at[0].f)->checkpoint.origin,
		.saved = m->o.state != NULL,
		.fault = replay_says,
		.ctx = m,
	};

	follow_restart(m->at[0].f);
	replay_free(m->replay);
	m->replay = NULL;
	frontier_init(&m->frontier);
	m->lost = m->spoilt = false;
	return replay_new(&m->replay, &o, d);
}

static enum err
take_bundle(void *ctx, uint64_t first, const struct span *entries, size_t n)
{
	struct monitor *m = ctx;
	uint64_t size = m->frontier.size;

	if (atomic_load(&m->stop))
		return ERR_STATE;
	if (first + n <= size)
		return ERR_OK;
	if (first < size) {
		entries += size - first;
		n -= (size_t)(size - first);
		first = size;
	}
	return replay_ahead(m->replay, first, entries, n);
}

static void
compare_kept(struct monitor *m)
{
	struct hash root = frontier_root(&m->frontier);

	if (hash_equal(&root, &m->kept.root))
		return;
	m->spoilt = true;
	raise_alarm(m, &m->at[0], "split_view", "checkpoint",
	    "the entries do not make the root kept at size %" PRIu64,
	    m->kept.size);
}

/* Entries of a try that failed later on are not taken twice: whether they were
 * the same then is seen at the end. */
static enum err
take_entry(void *ctx, uint64_t index, struct span entry,
    const struct hash *leaf, struct diag *d)
{
	struct monitor *m = ctx;
	enum err e;

	if (index < m->frontier.size)
		return ERR_OK;
	e = replay_entry(m->replay, index, entry, leaf, d);
	if (e != ERR_OK) {
		replay_drop(m->replay); /* its threads read the bundle */
		return e;
	}
	frontier_add(&m->frontier, leaf);
	if (m->kept.origin[0] != '\0' && index + 1 == m->kept.size)
		compare_kept(m);
	return ERR_OK;
}

/* formats 4.5: a checkpoint ends with an epoch. */
static void
check_end(struct monitor *m)
{
	uint64_t epoch = replay_last_epoch(m->replay);
	int64_t age = clock_wall_ms() - replay_last_epoch_ms(m->replay);

	if (m->frontier.size != epoch + 1 || epoch == 0)
		raise_alarm(m, &m->at[0], "bad_entry", "checkpoint",
		    "size %" PRIu64 " ends with no epoch", m->frontier.size);
	if (m->o.stalled_ms > 0 && age > m->o.stalled_ms)
		raise_alarm(m, &m->at[0], "stalled", "checkpoint",
		    "the newest epoch, entry %" PRIu64 ", is too old", epoch);
}

static enum err
take_entries(struct monitor *m, struct diag *d)
{
	const struct follow_taker t = { take_entry, take_bundle, m };
	struct address *a = &m->at[0];
	struct diag why = { .code = ERR_OK };
	struct hash chain;
	enum err e = ERR_OK;

	if (m->replay == NULL || m->lost)
		e = replay_again(m, d);
	if (e != ERR_OK)
		return e;
	e = follow_entries(a->f, &t, &why);
	replay_drop(m->replay);
	if (e != ERR_OK) {
		a->seen = false;
		m->lost = follow_faulted(a->f) == FOLLOW_SPLIT_VIEW;
		return judge(m, a, e, &why, d);
	}
	chain = replay_chain(m->replay);
	if (hash_equal(&chain, &follow_state(a->f)->chain)) {
		check_end(m);
		return ERR_OK;
	}
	/* other bytes than in a try before: from the beginning, next time */
	m->lost = true;
	a->seen = false;
	raise_alarm(m, a, "split_view", "tile/entries",
	    "entries differ from one request to the next");
	return ERR_OK;
}

/* ---- checkpoints ---- */
static enum err
look(struct monitor *m, struct address *a, struct diag *d)
{
	struct diag why = { .code = ERR_OK };
	enum err e = follow_checkpoint(a->f, &why);
	const struct checkpoint *c = &follow_newest(a->f)->checkpoint;

	a->seen = e == ERR_OK;
	if (e != ERR_OK)
		return judge(m, a, e, &why, d);
	/* formats 6.2; what it says is watched all the same */
	if (!follow_newest(a->f)->quorum)
		raise_alarm(m, a, "no_quorum", "checkpoint",
		    "too few witnesses of the policy have cosigned it");
	if (a == &m->at[0] && m->kept.origin[0] != '\0' &&
	    c->size < m->kept.size) {
		a->seen = false;
		raise_alarm(m, a, "rewind", "checkpoint",
		    "got size %" PRIu64 ", kept %" PRIu64, c->size,
		    m->kept.size);
	}
	return ERR_OK;
}

/* Is the smaller tree the beginning of the larger one? By the tiles of who
 * shows the larger one, which prove it or do not. */
static enum err
compare(struct monitor *m, struct address *a, struct diag *d)
{
	struct address *big = a, *first = &m->at[0];
	const struct checkpoint *c = &follow_newest(a->f)->checkpoint;
	const struct checkpoint *own = &follow_newest(first->f)->checkpoint;
	const struct checkpoint *from = own, *to = c;
	struct hash path[MERKLE_PATH_MAX];
	struct diag why = { .code = ERR_OK };
	size_t n;
	enum err e;

	if (c->size < own->size) {
		big = first;
		from = c;
		to = own;
	}
	if (from->size == 0)
		return ERR_OK;
	e = merkle_consistency(
	    path, &n, from->size, to->size, follow_read, big->f, &why);
	if (e != ERR_OK)
		return judge(m, big, e, &why, d);
	if (merkle_verify_consistency(from->size, &from->root, to->size,
		&to->root, path, n, NULL) != ERR_OK)
		raise_alarm(m, a, "split_view", "checkpoint",
		    "sizes %" PRIu64 " here and %" PRIu64
		    " at %.100s are not of one tree",
		    c->size, own->size, first->url);
	return ERR_OK;
}

static enum err
keep(struct monitor *m, struct diag *d)
{
	const struct address *a = &m->at[0];
	const struct checkpoint *c = &follow_newest(a->f)->checkpoint;
	enum err e = ERR_OK;

	/* a later look finds the same entries, and says nothing again */
	if (!a->seen || m->spoilt ||
	    (m->kept.origin[0] != '\0' && c->size <= m->kept.size))
		return ERR_OK;
	if (m->o.state != NULL)
		e = file_replace(m->o.state, follow_note(a->f), 0644, d);
	if (e == ERR_OK)
		m->kept = *c;
	return e;
}

/* So that a later run need not begin at entry 0. */
static enum err
save(struct monitor *m, bool now, struct diag *d)
{
	int64_t began = clock_mono_ms();
	enum err e;

	if (m->o.state == NULL || m->replay == NULL || m->lost || m->spoilt ||
	    m->frontier.size == 0 ||
	    m->frontier.size != follow_state(m->at[0].f)->frontier.size ||
	    m->frontier.size > m->kept.size || (!now && began < m->save_ms))
		return ERR_OK;
	e = monitor_save(m, d);
	m->save_ms =
	    clock_again_ms(began, clock_mono_ms(), SAVE_EVERY_MS, SAVE_SHARE);
	return e;
}

static enum err
round_of(struct monitor *m, struct diag *d)
{
	enum err e = ERR_OK;

	m->wrong = false;
	for (size_t i = 0; i < m->o.url_count && e == ERR_OK; i++)
		e = look(m, &m->at[i], d);
	if (e == ERR_OK && m->at[0].seen)
		e = take_entries(m, d);
	for (size_t i = 1; i < m->o.url_count && e == ERR_OK; i++) {
		if (m->at[0].seen && m->at[i].seen)
			e = compare(m, &m->at[i], d);
	}
	if (m->wrong || e != ERR_OK)
		return e;
	m->told_count = 0; /* what comes back is told again */
	return keep(m, d);
}

/* ---- the whole ---- */
static void
rest(struct monitor *m)
{
	int64_t until = clock_mono_ms() + m->o.backoff_ms;

	while (!atomic_load(&m->stop) && clock_mono_ms() < until)
		(void)poll(NULL, 0, STOP_LOOK_MS);
}

enum err
monitor_run(struct monitor *m, struct diag *d)
{
	enum err e;

	do {
		e = round_of(m, d);
		if (e == ERR_OK)
			e = save(m, m->o.once, d);
		if (e == ERR_OK && !m->o.once)
			rest(m);
	} while (e == ERR_OK && !m->o.once && !atomic_load(&m->stop));
	return e == ERR_OK && !m->o.once ? save(m, true, d) : e;
}

static enum err
read_state(struct monitor *m, struct diag *d)
{
	struct buf note = buf_heap(NOTE_MAX);
	struct policy_opened opened;
	struct diag why = { .code = ERR_OK };
	enum err e;

	if (m->o.state == NULL || access(m->o.state, F_OK) != 0)
		return ERR_OK;
	e = file_read(&note, m->o.state, NOTE_MAX, d);
	if (e == ERR_OK &&
	    policy_open(&opened, m->o.policy, buf_span(&note), &why) != ERR_OK)
		e = diag_fail(d, ERR_CONFIG, "formats 6.1", "%.80s: %.100s",
		    m->o.state, why.text);
	if (e == ERR_OK)
		m->kept = opened.checkpoint;
	buf_free(&note);
	return e;
}

/* Where the entries go on; from the beginning where nothing is kept. */
static enum err
resume(struct monitor *m, struct follow_state *from, struct diag *d)
{
	const struct replay_options o = {
		.origin = m->kept.origin,
		.saved = true,
		.fault = replay_says,
		.ctx = m,
	};
	enum err e = read_state(m, d);

	follow_state_init(from);
	if (e != ERR_OK || m->kept.origin[0] == '\0')
		return e;
	e = monitor_load(m, &o, from, d);
	m->frontier = from->frontier;
	return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err
open_addresses(
    struct monitor *m, const struct follow_state *from, struct diag *d)
{
	enum err e = ERR_OK;

	for (size_t i = 0; e == ERR_OK && i < m->o.url_count; i++) {
		const struct follow_options f = { .url = m->o.urls[i],
			.token = m->o.token,
			.ca = m->o.ca,
			.agent = m->o.agent,
			.policy = m->o.policy,
			.from = i == 0 ? from : NULL };

		m->at[i].url = m->o.urls[i];
		e = follow_new(&m->at[i].f, &f, d);
	}
	return e;
}

enum err
monitor_new(
    struct monitor **out, const struct monitor_options *o, struct diag *d)
{
	struct monitor *m = calloc(1, sizeof *m);
	struct follow_state from;
	enum err e = ERR_OK;

	*out = NULL;
	if (m == NULL)
		return ERR_NOMEM;
	m->o = *o;
	atomic_init(&m->stop, false);
	frontier_init(&m->frontier);
	if (o->url_count == 0 || o->url_count > MONITOR_URLS)
		e = diag_fail(d, ERR_USAGE, "",
		    "got %zu addresses, wanted 1 "
		    "to %d",
		    o->url_count, MONITOR_URLS);
	if (e == ERR_OK)
		e = resume(m, &from, d);
	if (e == ERR_OK)
		e = open_addresses(m, &from, d);
	if (e != ERR_OK) {
		monitor_free(m);
		return e;
	}
	*out = m;
	return ERR_OK;
}

void
monitor_free(struct monitor *m)
{
	if (m == NULL)
		return;
	replay_free(m->replay);
	for (size_t i = 0; i < MONITOR_URLS; i++)
		follow_free(m->at[i].f);
	free(m);
}

void
monitor_stop(struct monitor *m)
{
	atomic_store(&m->stop, true);
	for (size_t i = 0; i < m->o.url_count; i++)
		follow_stop(m->at[i].f);
}

uint64_t
monitor_alarms(const struct monitor *m)
{
	return m->alarms;
}

uint64_t
monitor_size(const struct monitor *m)
{
	return m->replay == NULL ? 0 : replay_size(m->replay);
}
