/* SPDX-License-Identifier: Apache-2.0 */
#include "audit_sigs.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "event/statement.h"
#include "event/touch.h"

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

bool
audit_signature(struct span entry)
{
	struct statement s;

	switch (entry_kind(entry)) {
	case ENTRY_STATEMENT:
		break;
	case ENTRY_FORK:
		entry = entry_fork_statement(entry);
		break;
	default:
		return true;
	}
	return statement_parse(&s, entry, NULL) == ERR_OK &&
	       statement_verify(&s, NULL) == ERR_OK;
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
			s->valid[i] = audit_signature(s->entries[i]);
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
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	*out = p;
	if (p == NULL)
		return ERR_NOMEM;
	if (threads == 0)
		threads = cores > 0 ? (unsigned)cores : 1;
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

	set->claimed = set->open = 0;
	set->next = NULL;
	pthread_mutex_lock(&p->lock);
	while (*at != NULL)
		at = &(*at)->next;
	*at = set;
	pthread_cond_broadcast(&p->work);
	pthread_mutex_unlock(&p->lock);
}

bool
audit_sigs_valid(
    struct audit_sigs *p, const struct audit_sig_set *set, size_t i)
{
	pthread_mutex_lock(&p->lock);
	while (!set->judged[i / CHUNK])
		pthread_cond_wait(&p->judged, &p->lock);
	pthread_mutex_unlock(&p->lock);
	return set->valid[i];
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
