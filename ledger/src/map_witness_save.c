/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file: `countermark/map-witness/v2`, bytes of the follow state and of what
 * waits, covered size, number of keys, map root, a line each; then these two,
 * then the map's dump; then SHA-256 over all before. The dump, gigabytes of
 * it, is written from a version by another thread: whoever waits for a
 * cosignature does not wait for that too.
 */
#include "map_witness_internal.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"

#include "base/banned.h"

#define NICE 10

struct map_witness_saver {
	pthread_t thread;
	struct map_version *version;
	const char *path;
	struct buf head; /* all before the dump */
	atomic_bool cancelled, done;
	int64_t took_ms;
	bool kept;

	/* the thread's own */
	struct file_writer file;
	struct sha256 sum;
};

static enum err
put(void *ctx, struct span bytes)
{
	struct map_witness_saver *s = ctx;

	if (atomic_load(&s->cancelled))
		return ERR_STATE;
	sha256_add(&s->sum, bytes);
	return file_writer_put(&s->file, bytes, NULL);
}

static enum err
write_all(struct map_witness_saver *s)
{
	struct hash sum;
	enum err e = file_writer_open(&s->file, s->path, 0600, NULL);

	if (e != ERR_OK)
		return e;
	sha256_init(&s->sum);
	e = put(s, buf_span(&s->head));
	if (e == ERR_OK)
		e = map_version_dump(s->version, put, s);
	sha256_done(&s->sum, &sum);
	if (e == ERR_OK)
		e = file_writer_put(&s->file, hash_span(&sum), NULL);
	if (e == ERR_OK && !atomic_load(&s->cancelled))
		return file_writer_commit(&s->file, NULL);
	file_writer_abandon(&s->file);
	return e == ERR_OK ? ERR_STATE : e;
}

static void *
run(void *ctx)
{
	struct map_witness_saver *s = ctx;
	int64_t began = clock_mono_ms();

	/* This thread alone, on Linux. */
	(void)setpriority(PRIO_PROCESS, 0, NICE);
	/* without it the next start reads from further back */
	s->kept = write_all(s) == ERR_OK;
	s->took_ms = clock_mono_ms() - began;
	atomic_store(&s->done, true);
	return NULL;
}

static enum err
print_head(struct map_witness_saver *s, struct map_witness *m)
{
	struct buf state = buf_heap(FOLLOW_STATE_MAX);
	struct hash root = map_version_root(s->version);
	enum err e = follow_state_print(&state, follow_state(m->follow));

	if (e == ERR_OK) {
		buf_printf(&s->head,
		    MAP_WITNESS_MAGIC "\n%zu\n%zu\n%" PRIu64 "\n%" PRIu64 "\n",
		    state.n, m->feed.n, m->covered,
		    map_version_keys(s->version));
		base64_put(&s->head, hash_span(&root));
		buf_byte(&s->head, '\n');
		buf_put(&s->head, buf_span(&state));
		buf_put(&s->head, buf_span(&m->feed));
		e = buf_error(&s->head);
	}
	buf_free(&state);
	return e;
}

static void
saver_free(struct map_witness *m, struct map_witness_saver *s)
{
	map_thaw(m->map, s->version);
	buf_free(&s->head);
	free(s);
}

void
map_witness_save(struct map_witness *m)
{
	struct map_witness_saver *s = calloc(1, sizeof *s);

	if (s == NULL)
		return;
	s->path = m->state;
	s->head = buf_heap(MAP_WITNESS_FILE);
	if (map_freeze(m->map, &s->version) == ERR_OK &&
	    print_head(s, m) == ERR_OK &&
	    pthread_create(&s->thread, NULL, run, s) == 0)
		m->saver = s;
	else
		saver_free(m, s);
}

bool
map_witness_saved(struct map_witness *m, int64_t *took_ms)
{
	struct map_witness_saver *s = m->saver;

	if (s == NULL || !atomic_load(&s->done))
		return false;
	*took_ms = s->took_ms;
	map_witness_save_join(m);
	return true;
}

void
map_witness_save_cancel(struct map_witness *m)
{
	if (m->saver == NULL)
		return;
	atomic_store(&m->saver->cancelled, true);
	map_witness_save_join(m);
}

void
map_witness_save_join(struct map_witness *m)
{
	struct map_witness_saver *s = m->saver;

	if (s == NULL)
		return;
	(void)pthread_join(s->thread, NULL);
	m->kept = m->kept || s->kept;
	m->saver = NULL;
	saver_free(m, s);
}
