/* SPDX-License-Identifier: Apache-2.0 */
#include "audit_sigs.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include "base/banned.h"

#define CHUNK 16 /* entries a thread takes at once: about a millisecond */
#define THREADS_MAX 64

struct audit_sigs {
	pthread_mutex_t lock;
	pthread_cond_t work;   /* there is something to claim, or stop */
	pthread_cond_t judged; /* a chunk is done */
	struct audit_sig_set *first;
	bool stop;
	unsigned count;
	pthread_t threads[THREADS_MAX];
};

void
audit_look(struct audit_look *out, struct span entry)
{
	struct span statement = entry;

	out->entry = entry;
	out->kind = entry_kind(entry);
	out->formed = false;
	out->valid = true;
	if (out->kind == ENTRY_FORK)
		statement = entry_fork_statement(entry);
	else if (out->kind != ENTRY_STATEMENT)
		return;
	out->formed = statement_parse(&out->s, statement, NULL) == ERR_OK;
	out->valid = out->formed && statement_verify(&out->s, NULL) == ERR_OK;
	if (out->formed)
		out->hash = statement_hash(&out->s);
}

size_t
audit_sigs_chunks(size_t n)
{
	return (n + CHUNK - 1) / CHUNK;
}

/* The oldest set with something left, NULL at the end. */
static struct audit_sig_set *
await_set(struct audit_sigs *p)
{
	for (;;) {
		struct audit_sig_set *s = p->first;

		while (s != NULL && s->claimed == s->n)
			s = s->next;
		if (p->stop)
			return NULL;
		if (s != NULL)
			return s;
		pthread_cond_wait(&p->work, &p->lock);
	}
}

static void *
check(void *ctx)
{
	struct audit_sigs *p = ctx;
	struct audit_sig_set *s;

	pthread_mutex_lock(&p->lock);
	while ((s = await_set(p)) != NULL) {
		size_t from = s->claimed;
		size_t to = s->n - from < CHUNK ? s->n : from + CHUNK;

		s->claimed = to;
		s->open++;
		pthread_mutex_unlock(&p->lock);
		for (size_t i = from; i < to; i++)
			audit_look(&s->looks[i], s->looks[i].entry);
		pthread_mutex_lock(&p->lock);
		s->judged[from / CHUNK] = true;
		s->open--;
		pthread_cond_broadcast(&p->judged);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

enum err
audit_sigs_new(struct audit_sigs **out, unsigned threads)
{
	struct audit_sigs *p = calloc(1, sizeof *p);
	cpu_set_t cores;

	*out = p;
	if (p == NULL)
		return ERR_NOMEM;
	if (threads == 0)
		threads = sched_getaffinity(0, sizeof cores, &cores) == 0
			      ? (unsigned)CPU_COUNT(&cores)
			      : 1;
	if (threads > THREADS_MAX)
		threads = THREADS_MAX;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->work, NULL);
	pthread_cond_init(&p->judged, NULL);
	while (p->count < threads &&
	       pthread_create(&p->threads[p->count], NULL, check, p) == 0)
		p->count++;
	if (p->count > 0) /* fewer than wanted will do */
		return ERR_OK;
	audit_sigs_free(p);
	*out = NULL;
	return ERR_NOMEM;
}

void
audit_sigs_free(struct audit_sigs *p)
{
	if (p == NULL)
		return;
	pthread_mutex_lock(&p->lock);
	p->stop = true;
	pthread_cond_broadcast(&p->work);
	pthread_mutex_unlock(&p->lock);
	for (unsigned i = 0; i < p->count; i++)
		pthread_join(p->threads[i], NULL);
	pthread_cond_destroy(&p->judged);
	pthread_cond_destroy(&p->work);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

void
audit_sigs_give(struct audit_sigs *p, struct audit_sig_set *set)
{
	struct audit_sig_set **at = &p->first;

	set->claimed = set->open = set->known = 0;
	set->next = NULL;
	pthread_mutex_lock(&p->lock);
	while (*at != NULL)
		at = &(*at)->next;
	*at = set;
	pthread_cond_broadcast(&p->work);
	pthread_mutex_unlock(&p->lock);
}

const struct audit_look *
audit_sigs_look(struct audit_sigs *p, struct audit_sig_set *set, size_t i)
{
	size_t chunk = i / CHUNK;

	if (set->known == chunk + 1)
		return &set->looks[i];
	pthread_mutex_lock(&p->lock);
	while (!set->judged[chunk])
		pthread_cond_wait(&p->judged, &p->lock);
	pthread_mutex_unlock(&p->lock);
	set->known = chunk + 1;
	return &set->looks[i];
}

void
audit_sigs_end(struct audit_sigs *p, struct audit_sig_set *set)
{
	struct audit_sig_set **at = &p->first;

	pthread_mutex_lock(&p->lock);
	while (*at != NULL && *at != set)
		at = &(*at)->next;
	if (*at == set)
		*at = set->next;
	while (set->open > 0)
		pthread_cond_wait(&p->judged, &p->lock);
	pthread_mutex_unlock(&p->lock);
}
