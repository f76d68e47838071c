/* SPDX-License-Identifier: Apache-2.0 */
/* What one entry's bytes say, and the derived rows they give. */
#include "audit_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/banned.h"

struct subjects {
	struct audit *a;
	uint64_t index;
};

static void
take_subject(void *ctx, struct span subject)
{
	struct subjects *s = ctx;
	struct hash key = map_key(subject);
	char space[STORE_SUBJECT_KEY];

	buf_put(&s->a->map.keys, hash_span(&key));
	if (span_starts(subject, "device/"))
		return;
	audit_put_row(&s->a->item);
	audit_put_int(&s->a->item, (int64_t)s->index);
	audit_put_bytes(&s->a->item, store_subject_key(subject, space));
}

/* ---- what audit_text.c asks and tells ---- */
static void
say_entry(void *ctx, uint64_t index, const char *got, const char *want)
{
	char row[24];

	audit_index_text(row, index);
	audit_say(ctx, "entry", row, "entry", got, want, true);
}

/* With --since a chain begins in the store. */
static enum err
chain_before(void *ctx, struct audit_chain *c, struct span name,
    const struct claims *claims)
{
	struct audit *a = ctx;
	struct store_device_head h;
	enum err e;

	if (a->o->since == 0)
		return ERR_OK;
	c->epoch = claims->epoch;
	if (claims->seq == 1)
		c->epoch--;
	e = store_device_statement(a->s, name, c->epoch,
	    claims->seq == 1 ? 1 : claims->seq - 1, &h, a->d);
	if (e == ERR_NOT_FOUND)
		return ERR_OK;
	c->seq = h.seq;
	c->hash = h.hash;
	return e;
}

static enum err
known_before(void *ctx, const struct audit_chain *c, struct span name,
    uint64_t epoch, const struct hash *hash, bool *known)
{
	struct audit *a = ctx;

	(void)c;
	return store_device_hash(a->s, name, epoch, hash, known, a->d);
}

void
audit_epoch_row(struct audit *a, uint64_t index, const struct epoch *e)
{
	audit_put_row(&a->epoch);
	audit_put_int(&a->epoch, (int64_t)index);
	audit_put_int(&a->epoch, (int64_t)e->covered);
	audit_put_int(&a->epoch, e->time_ms);
	audit_put_bytes(&a->epoch, hash_span(&e->map_root));
	audit_put_int(&a->epoch, (int64_t)e->keys);
	audit_put_int(&a->epoch, (int64_t)e->previous);
}

static enum err
take_epoch(void *ctx, uint64_t index, const struct epoch *e)
{
	audit_epoch_row(ctx, index, e);
	return audit_map_epoch(ctx, index, e);
}

static enum err
take_statement(
    void *ctx, uint64_t index, struct span name, const struct audit_look *l)
{
	struct audit *a = ctx;

	audit_put_row(&a->device);
	audit_put_int(&a->device, (int64_t)index);
	audit_put_bytes(&a->device, name);
	audit_put_int(&a->device, (int64_t)l->s.claims.epoch);
	audit_put_int(&a->device, (int64_t)l->s.claims.seq);
	audit_put_bytes(&a->device, hash_span(&l->hash));
	return ERR_OK;
}

const struct audit_text_ops audit_text_store = {
	.say = say_entry,
	.chain = chain_before,
	.known = known_before,
	.epoch = take_epoch,
	.statement = take_statement,
};

enum err
audit_entry_text(struct audit *a, uint64_t index, const struct audit_look *l,
    const struct hash *before)
{
	struct subjects ctx = { a, index };
	enum err e = audit_text_entry(&a->text, index, l, before);

	buf_reset(&a->map.keys);
	a->doc = NULL;
	if (e != ERR_OK)
		return e;
	return l->kind == ENTRY_STATEMENT && l->formed
		   ? touch_statement(
			 &a->touch, &l->s, &a->doc, take_subject, &ctx)
		   : touch_entry(&a->touch, l->entry, take_subject, &ctx);
}
