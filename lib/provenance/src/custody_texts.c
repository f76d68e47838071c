/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "custody_internal.h"

#include "base/banned.h"

#define CHUNK_BYTES 4096

static struct text_chunk *
room_for(struct texts *t, size_t n)
{
	struct text_chunk *c = t->head;
	size_t cap = n > CHUNK_BYTES ? n : CHUNK_BYTES;

	if (c != NULL && c->cap - c->used >= n)
		return c;
	c = malloc(sizeof(*c) + cap);
	if (c == NULL)
		return NULL;
	c->next = t->head;
	c->used = 0;
	c->cap = cap;
	t->head = c;
	return c;
}

const char *
texts_add(struct texts *t, struct span s)
{
	struct text_chunk *c;
	char *out;

	if (s.n == 0)
		return "";
	c = room_for(t, s.n + 1);
	if (c == NULL)
		return NULL;
	out = c->bytes + c->used;
	memcpy(out, s.p, s.n);
	out[s.n] = '\0';
	c->used += s.n + 1;
	return out;
}

void
texts_clear(struct texts *t)
{
	while (t->head != NULL) {
		struct text_chunk *next = t->head->next;

		free(t->head);
		t->head = next;
	}
}
