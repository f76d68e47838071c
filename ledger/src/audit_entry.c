/* SPDX-License-Identifier: Apache-2.0 */
/* What one entry's bytes say: kind, text rules, signature, the device's chain,
 * and the derived rows they give. */
#include "audit_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "event/did.h"

#include "base/banned.h"

#define EPOCHS_ASKED 8

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

static void
say_entry(struct audit *a, uint64_t index, const char *got, const char *want)
{
	char row[24];

	audit_index_text(row, index);
	audit_say(a, "entry", row, "entry", got, want, true);
}

static void
say_numbers(struct audit *a, uint64_t index, const char *what, uint64_t got,
    uint64_t want)
{
	char g[48], w[48];

	(void)snprintf(g, sizeof g, "%s:%" PRIu64, what, got);
	(void)snprintf(w, sizeof w, "%s:%" PRIu64, what, want);
	say_entry(a, index, g, w);
}

/* ---- genesis, epoch ---- */
static enum err
take_genesis(struct audit *a, uint64_t index, struct span entry)
{
	struct roster_genesis g;
	char log[321];

	if (index != 0) {
		say_entry(a, index, "genesis", "statement");
		return ERR_OK;
	}
	if (genesis_parse(&a->genesis, entry, NULL) != ERR_OK) {
		say_entry(a, index, "bad_encoding", "genesis");
		return ERR_OK;
	}
	if (strcmp(a->genesis.origin, a->head.origin) != 0)
		say_entry(a, index, "other_origin", a->head.origin);
	if (!hash_equal(&a->genesis.policy, &a->o->policy))
		say_entry(a, index, "other_policy", "policy_file");
	genesis_names(&a->genesis, a->host, log);
	g = (struct roster_genesis){ .host = a->host,
		.authority = (const uint8_t(*)[KEY_BYTES])a->genesis.authority,
		.authority_count = a->genesis.authority_count,
		.service = a->genesis.service };
	roster_free(a->roster);
	return roster_new(&a->roster, &g);
}

static void
epoch_row(struct audit *a, uint64_t index, const struct epoch *e)
{
	audit_put_row(&a->epoch);
	audit_put_int(&a->epoch, (int64_t)index);
	audit_put_int(&a->epoch, (int64_t)e->covered);
	audit_put_int(&a->epoch, e->time_ms);
	audit_put_bytes(&a->epoch, hash_span(&e->map_root));
	audit_put_int(&a->epoch, (int64_t)e->keys);
	audit_put_int(&a->epoch, (int64_t)e->previous);
}

/* formats 4.5, 4.6 */
static enum err
take_epoch(struct audit *a, uint64_t index, struct span entry,
    const struct hash *before)
{
	struct epoch e;
	enum err failed;

	if (epoch_parse(&e, entry, NULL) != ERR_OK) {
		say_entry(a, index, "bad_encoding", "epoch");
		return ERR_OK;
	}
	if (e.previous != a->last_epoch)
		say_numbers(a, index, "previous", e.previous, a->last_epoch);
	if (e.covered > index || e.covered < a->last_covered)
		say_numbers(a, index, "covered", e.covered, a->last_covered);
	if (e.time_ms <= a->last_epoch_ms)
		say_numbers(a, index, "time_above", (uint64_t)e.time_ms,
		    (uint64_t)a->last_epoch_ms);
	if (!hash_equal(&e.chain, before))
		say_entry(a, index, "chain_differs", "chain_of_row_before");
	epoch_row(a, index, &e);
	failed = audit_map_epoch(a, index, &e);
	a->last_epoch = index;
	a->last_covered = e.covered;
	a->last_epoch_ms = e.time_ms;
	return failed;
}

/* ---- statements ---- */
/* The chain up to the entry; with --since it begins in the store. */
static enum err
chain_of(struct audit_chain **out, struct audit *a, struct roster_device *dev,
    const struct statement *s)
{
	struct audit_chain *c = dev->user;
	struct store_device_head h;
	enum err e;

	*out = c;
	if (c != NULL)
		return ERR_OK;
	if ((c = calloc(1, sizeof *c)) == NULL)
		return ERR_NOMEM;
	*out = dev->user = c;
	if (a->o->since == 0)
		return ERR_OK;
	c->epoch = s->claims.epoch;
	if (s->claims.seq == 1)
		c->epoch--;
	e = store_device_statement(a->s, span_str(dev->name), c->epoch,
	    s->claims.seq == 1 ? 1 : s->claims.seq - 1, &h, a->d);
	if (e == ERR_NOT_FOUND)
		return ERR_OK;
	c->seq = h.seq;
	c->hash = h.hash;
	return e;
}

/* formats 2.3: prev of a later epoch is a statement of one before. */
static enum err
prev_is_known(bool *known, struct audit *a, const struct roster_device *dev,
    const struct audit_chain *c, const struct claims *claims)
{
	enum err e = ERR_OK;

	*known = hash_equal(&claims->prev, &c->hash);
	for (uint64_t k = c->epoch, n = 0;
	     !*known && e == ERR_OK && k > 0 && n < EPOCHS_ASKED; k--, n++)
		e = store_device_hash(
		    a->s, span_str(dev->name), k, &claims->prev, known, a->d);
	return e;
}

static enum err
check_chain(struct audit *a, uint64_t index, struct roster_device *dev,
    const struct statement *s)
{
	const struct claims *claims = &s->claims;
	struct audit_chain *c;
	uint64_t want;
	bool known = true;
	enum err e;

	if ((e = chain_of(&c, a, dev, s)) != ERR_OK)
		return e;
	want = claims->epoch == c->epoch ? c->seq + 1 : 1;
	if (c->epoch == 0)
		c->epoch = claims->epoch;
	if (claims->seq != want)
		say_numbers(a, index, "seq", claims->seq, want);
	else if (want == 1 && c->epoch != claims->epoch)
		e = prev_is_known(&known, a, dev, c, claims);
	else
		known = hash_equal(&claims->prev, &c->hash);
	if (!known)
		say_entry(a, index, "prev_differs", "hash_of_statement_before");
	c->epoch = claims->epoch;
	c->seq = claims->seq;
	c->hash = statement_hash(s);
	return e;
}

static void
device_row(struct audit *a, uint64_t index, struct span name,
    const struct statement *s)
{
	struct hash h = statement_hash(s);

	audit_put_row(&a->device);
	audit_put_int(&a->device, (int64_t)index);
	audit_put_bytes(&a->device, name);
	audit_put_int(&a->device, (int64_t)s->claims.epoch);
	audit_put_int(&a->device, (int64_t)s->claims.seq);
	audit_put_bytes(&a->device, hash_span(&h));
}

/* The signature under the key that the log gave the device up to here. A
 * revocation speaks of times on a clock that is not in the log. */
static enum err
check_signer(struct audit *a, uint64_t index, struct span name,
    const struct statement *s, bool valid)
{
	struct registry reg;
	struct roster_device *dev = NULL;
	bool opens, has = s->content == CONTENT_IS_REGISTRY &&
			  registry_parse(&reg, s->payload, NULL) == ERR_OK;
	enum err e = roster_admit(a->roster, s, name, has ? &reg : NULL, valid,
	    0, &dev, &opens, NULL);

	if (has)
		registry_clear(&reg);
	if (e == ERR_NOMEM)
		return e;
	if (e != ERR_OK && e != ERR_REVOKED)
		say_entry(a, index, err_name(e), "signature_of_the_device");
	return dev != NULL ? check_chain(a, index, dev, s) : ERR_OK;
}

static enum err
take_statement(struct audit *a, uint64_t index, struct span entry, bool valid)
{
	struct statement s;
	struct span name;
	enum err e;

	if (statement_parse(&s, entry, NULL) != ERR_OK) {
		say_entry(a, index, "bad_encoding", "statement");
		return ERR_OK;
	}
	if (a->roster == NULL)
		return ERR_OK;
	if (did_web_device_name(&name, a->host, s.claims.iss) != ERR_OK) {
		say_entry(a, index, "unknown_device", "device_of_this_log");
		return ERR_OK;
	}
	device_row(a, index, name, &s);
	if ((e = check_signer(a, index, name, &s, valid)) != ERR_OK)
		return e;
	return s.content == CONTENT_IS_REGISTRY
		   ? roster_replay(a->roster, index, entry)
		   : ERR_OK;
}

static enum err
take_fork(struct audit *a, uint64_t index, struct span entry, bool valid)
{
	if (!valid)
		say_entry(a, index, "bad_signature", "evidence");
	return a->roster != NULL ? roster_replay(a->roster, index, entry)
				 : ERR_OK;
}

enum err
audit_entry_text(struct audit *a, uint64_t index, struct span entry, bool valid,
    const struct hash *before)
{
	struct subjects ctx = { a, index };
	enum entry_kind kind = entry_kind(entry);
	enum err e;

	if (index == 0 && kind != ENTRY_GENESIS)
		say_entry(a, index, "statement", "genesis");
	if (kind == ENTRY_GENESIS)
		e = take_genesis(a, index, entry);
	else if (kind == ENTRY_FORK)
		e = take_fork(a, index, entry, valid);
	else if (kind == ENTRY_STATEMENT)
		e = take_statement(a, index, entry, valid);
	else
		e = take_epoch(a, index, entry, before);
	buf_reset(&a->map.keys);
	if (e == ERR_OK)
		e = touch_entry(&a->touch, entry, take_subject, &ctx);
	return e;
}
