/* SPDX-License-Identifier: Apache-2.0 */
#include "refusals.h"

#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"

#include "base/banned.h"

#define PLACES 8192 /* a power of two above REFUSALS_MAX */

_Static_assert(PLACES > REFUSALS_MAX, "open addressing ends at a free place");

/* Open addressing; an empty name is a free place. */
struct refusals {
	struct refusal *at; /* PLACES, NULL at first */
	size_t count;
	size_t next;   /* where the next list starts */
	uint64_t seed; /* names are chosen by others */
};

enum err
refusals_new(struct refusals **out)
{
	*out = calloc(1, sizeof **out);
	if (*out == NULL)
		return ERR_NOMEM;
	random_bytes(&(*out)->seed, sizeof(*out)->seed);
	return ERR_OK;
}

void
refusals_free(struct refusals *r)
{
	if (r != NULL)
		free(r->at);
	free(r);
}

size_t
refusals_count(const struct refusals *r)
{
	return r->count;
}

static size_t
home(const struct refusals *r, const char *device)
{
	uint64_t h = r->seed;

	for (; *device != '\0'; device++)
		h = (h ^ (uint8_t)*device) * UINT64_C(0x100000001b3);
	return (size_t)(h ^ h >> 32) % PLACES;
}

/* Where the device stands, or the free place where it would. */
static struct refusal *
place(const struct refusals *r, const char *device)
{
	size_t i = home(r, device);

	while (
	    r->at[i].device[0] != '\0' && strcmp(r->at[i].device, device) != 0)
		i = (i + 1) % PLACES;
	return &r->at[i];
}

static struct refusal *
find(const struct refusals *r, const char *device)
{
	struct refusal *f = r->count > 0 ? place(r, device) : NULL;

	return f != NULL && f->device[0] != '\0' ? f : NULL;
}

/* Closes the hole, so that no search ends too early. */
static void
take_out(struct refusals *r, struct refusal *f)
{
	size_t hole = (size_t)(f - r->at);

	for (size_t i = (hole + 1) % PLACES; r->at[i].device[0] != '\0';
	     i = (i + 1) % PLACES) {
		size_t from = home(r, r->at[i].device);

		if ((i - from) % PLACES < (i - hole) % PLACES)
			continue; /* it may not stand before its home */
		r->at[hole] = r->at[i];
		hole = i;
	}
	r->at[hole].device[0] = '\0';
	r->count--;
}

bool
refusals_know(const struct refusals *r, const char *device)
{
	return find(r, device) != NULL;
}

bool
refusals_admit(
    const struct refusals *r, const char *device, uint64_t epoch, uint64_t seq)
{
	const struct refusal *f = find(r, device);

	return f == NULL || f->epoch != epoch || seq <= f->seq;
}

void
refusals_add(
    struct refusals *r, const char *device, uint64_t epoch, uint64_t seq)
{
	struct refusal *f;

	if (device[0] == '\0' || strlen(device) >= sizeof f->device)
		return;
	if (r->at == NULL)
		r->at = calloc(PLACES, sizeof *r->at);
	if (r->at == NULL)
		return;
	f = place(r, device);
	if (f->device[0] == '\0') {
		if (r->count >= REFUSALS_MAX)
			return;
		memcpy(f->device, device, strlen(device) + 1);
		r->count++;
	} else if (f->epoch == epoch && f->seq <= seq) {
		return;
	}
	f->epoch = epoch;
	f->seq = seq;
}

void
refusals_found(
    struct refusals *r, const char *device, uint64_t epoch, uint64_t seq)
{
	struct refusal *f = find(r, device);

	if (f != NULL &&
	    (f->epoch < epoch || (f->epoch == epoch && f->seq == seq)))
		take_out(r, f);
}

void
refusals_drop(struct refusals *r, const char *device)
{
	struct refusal *f = find(r, device);

	if (f != NULL)
		take_out(r, f);
}

size_t
refusals_list(struct refusals *r, struct refusal *out, size_t max)
{
	size_t n = 0;

	if (r->count == 0)
		return 0;
	for (size_t i = 0; i < PLACES && n < max; i++) {
		if (r->at[r->next].device[0] != '\0')
			out[n++] = r->at[r->next];
		r->next = (r->next + 1) % PLACES;
	}
	return n;
}
