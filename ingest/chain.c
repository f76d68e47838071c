/* SPDX-License-Identifier: Apache-2.0 */
#include "chain.h"

#include <stdlib.h>

#include "base/banned.h"

static const struct hash zero; /* formats 1.4: prev of the very first */

uint64_t
chain_expected(const struct chain *c, uint64_t epoch)
{
	return c->epoch == epoch ? c->seq + 1 : 1;
}

enum chain_refused
chain_refused(
    const struct chain *c, uint64_t open_epoch, uint64_t epoch, uint64_t seq)
{
	uint64_t expected = chain_expected(c, open_epoch);

	if (epoch != open_epoch || seq < expected)
		return CHAIN_FORGIVE;
	return seq == expected ? CHAIN_ASK : CHAIN_WAIT;
}

static enum chain_place
place_head(const struct chain *c, uint64_t epoch, uint64_t seq,
    const struct hash *prev)
{
	if (seq > 1 || c->epoch == 0)
		return hash_equal(prev, &c->head) ? CHAIN_NEXT : CHAIN_CONFLICT;
	if (epoch == 1)
		return hash_equal(prev, &zero) ? CHAIN_NEXT : CHAIN_CONFLICT;
	/* formats 2.3: prev is a receipted statement of the epoch before; a
	 * device that lost its outbox may hold an older receipt */
	return hash_equal(prev, &c->head) ? CHAIN_NEXT : CHAIN_ASK_PREV;
}

enum chain_place
chain_place(const struct chain *c, uint64_t epoch, uint64_t seq,
    const struct hash *prev, const struct hash *hash)
{
	uint64_t expected = chain_expected(c, epoch);

	if (seq == expected)
		return place_head(c, epoch, seq, prev);
	if (seq > expected)
		return CHAIN_EARLY;
	if (c->recent == NULL || seq < c->recent_from ||
	    seq + CHAIN_RECENT <= c->seq)
		return CHAIN_ASK_SEQ;
	return hash_equal(&c->recent[seq % CHAIN_RECENT], hash)
		   ? CHAIN_KNOWN
		   : CHAIN_CONFLICT;
}

void
chain_advance(struct chain *c, uint64_t epoch, uint64_t seq,
    const struct hash *hash, uint64_t index)
{
	bool fresh = c->recent == NULL;

	if (fresh)
		c->recent = calloc(CHAIN_RECENT, sizeof *c->recent);
	if (fresh || c->epoch != epoch || c->seq + 1 != seq)
		c->recent_from = seq;
	c->epoch = epoch;
	c->seq = seq;
	c->head = *hash;
	c->index = index;
	if (c->recent != NULL) /* without memory the store is asked */
		c->recent[seq % CHAIN_RECENT] = *hash;
}

static void
unpark(struct chain *c, struct slot **place)
{
	c->parked_count--;
	c->parked_bytes -= (*place)->bytes.n;
	slot_clear(*place);
	free(*place);
	*place = NULL;
}

bool
chain_park(struct chain *c, uint64_t epoch, struct slot *slot)
{
	uint64_t seq = slot->s.claims.seq;
	struct slot **place = &c->parked[seq % CHAIN_PARKED];

	if (seq - chain_expected(c, epoch) >= CHAIN_PARKED)
		return false;
	if (*place != NULL) {
		const struct claims *old = &(*place)->s.claims;
		if (old->epoch == epoch && old->seq == seq)
			return false;
		unpark(c, place); /* of a closed epoch, or passed by */
	}
	if (c->parked_bytes + slot->bytes.n > CHAIN_PARKED_BYTES)
		return false;
	*place = malloc(sizeof **place);
	if (*place == NULL)
		return false;
	slot_move(*place, slot);
	c->parked_count++;
	c->parked_bytes += (*place)->bytes.n;
	return true;
}

struct slot *
chain_unpark(struct chain *c)
{
	uint64_t wanted = c->seq + 1;

	if (c->parked_count == 0)
		return NULL;
	struct slot *s = c->parked[wanted % CHAIN_PARKED];
	if (s == NULL || s->s.claims.seq != wanted ||
	    s->s.claims.epoch != c->epoch)
		return NULL;
	c->parked[wanted % CHAIN_PARKED] = NULL;
	c->parked_count--;
	c->parked_bytes -= s->bytes.n;
	return s;
}

static void
open_nacks(struct chain *c, uint64_t epoch)
{
	if (c->nacks == NULL)
		c->nacks = calloc(RECEIPT_NACKS, sizeof *c->nacks);
	if (c->nack_epoch != epoch) {
		c->nack_epoch = epoch;
		c->nack_total = 0;
		c->nack_kept = 0;
	}
}

uint64_t
chain_nack(struct chain *c, uint64_t epoch, const struct nack *n)
{
	open_nacks(c, epoch);
	if (c->nacks == NULL)
		return UINT64_MAX;
	if (c->nack_kept > 0) {
		const struct nack *newest =
		    &c->nacks[(c->nack_total - 1) % RECEIPT_NACKS];
		if (n->code == ERR_GAP && newest->code == ERR_GAP &&
		    newest->seq == n->seq)
			return UINT64_MAX;
	}
	uint64_t number = c->nack_total++;
	c->nacks[number % RECEIPT_NACKS] = *n;
	if (c->nack_kept < RECEIPT_NACKS)
		c->nack_kept++;
	return number;
}

void
chain_restore_nack(
    struct chain *c, uint64_t epoch, uint64_t number, const struct nack *n)
{
	open_nacks(c, epoch);
	if (c->nacks == NULL)
		return;
	c->nacks[number % RECEIPT_NACKS] = *n;
	if (number + 1 > c->nack_total)
		c->nack_total = number + 1;
	if (c->nack_kept < RECEIPT_NACKS)
		c->nack_kept++;
}

void
chain_receipt(struct receipt *r, const struct chain *c, uint64_t open_epoch)
{
	r->epoch = open_epoch;
	r->upto_seq = c->epoch == open_epoch ? c->seq : 0;
	r->head = c->head;
	r->index = c->index;
	r->nack_count = 0;
	if (c->nacks == NULL || c->nack_epoch != open_epoch)
		return;
	for (unsigned i = 0; i < c->nack_kept; i++) {
		uint64_t number = c->nack_total - c->nack_kept + i;
		r->nacks[r->nack_count++] = c->nacks[number % RECEIPT_NACKS];
	}
}

void
chain_free(struct chain *c)
{
	if (c == NULL)
		return;
	for (unsigned i = 0; i < CHAIN_PARKED; i++) {
		if (c->parked[i] != NULL)
			slot_clear(c->parked[i]);
		free(c->parked[i]);
	}
	free(c->recent);
	free(c->nacks);
	free(c);
}
