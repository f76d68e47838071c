/* SPDX-License-Identifier: Apache-2.0 */
#include "audit_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "event/did.h"

#include "base/banned.h"

#define EPOCHS_ASKED 8

static void
say_numbers(struct audit_text *a, uint64_t index, const char *what,
    uint64_t got, uint64_t want)
{
	char g[48], w[48];

	(void)snprintf(g, sizeof g, "%s:%" PRIu64, what, got);
	(void)snprintf(w, sizeof w, "%s:%" PRIu64, what, want);
	a->ops->say(a->ctx, index, g, w);
}

static void
say_entry(
    struct audit_text *a, uint64_t index, const char *got, const char *want)
{
	a->ops->say(a->ctx, index, got, want);
}

/* ---- genesis, epoch ---- */
static enum err
take_genesis(struct audit_text *a, uint64_t index, struct span entry)
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
	if (strcmp(a->genesis.origin, a->origin) != 0)
		say_entry(a, index, "other_origin", a->origin);
	if (!a->any_policy && !hash_equal(&a->genesis.policy, &a->policy))
		say_entry(a, index, "other_policy", "policy_file");
	genesis_names(&a->genesis, a->host, log);
	g = (struct roster_genesis){ .host = a->host,
		.authority = (const uint8_t(*)[KEY_BYTES])a->genesis.authority,
		.authority_count = a->genesis.authority_count,
		.service = a->genesis.service };
	roster_free(a->roster);
	return roster_new(&a->roster, &g);
}

/* formats 4.5, 4.6 */
static enum err
take_epoch(struct audit_text *a, uint64_t index, struct span entry,
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
	failed = a->ops->epoch(a->ctx, index, &e);
	a->last_epoch = index;
	a->last_covered = e.covered;
	a->last_epoch_ms = e.time_ms;
	return failed;
}

/* ---- statements ---- */
/* The chain up to the entry. */
static enum err
chain_of(struct audit_chain **out, struct audit_text *a,
    struct roster_device *dev, const struct statement *s)
{
	struct audit_chain *c = dev->user;

	*out = c;
	if (c != NULL)
		return ERR_OK;
	if ((c = calloc(1, sizeof *c)) == NULL)
		return ERR_NOMEM;
	*out = dev->user = c;
	return a->ops->chain == NULL
		   ? ERR_OK
		   : a->ops->chain(a->ctx, c, span_str(dev->name), &s->claims);
}

/* formats 2.3: prev of a later epoch is a statement of one before. */
static enum err
prev_is_known(bool *known, struct audit_text *a,
    const struct roster_device *dev, const struct audit_chain *c,
    const struct claims *claims)
{
	enum err e = ERR_OK;

	*known = hash_equal(&claims->prev, &c->hash);
	for (uint64_t k = c->epoch, n = 0;
	     !*known && e == ERR_OK && k > 0 && n < EPOCHS_ASKED; k--, n++)
		e = a->ops->known(
		    a->ctx, c, span_str(dev->name), k, &claims->prev, known);
	return e;
}

static enum err
check_chain(struct audit_text *a, uint64_t index, struct roster_device *dev,
    const struct audit_look *l)
{
	const struct claims *claims = &l->s.claims;
	struct audit_chain *c;
	uint64_t want;
	bool known = true;
	enum err e;

	if ((e = chain_of(&c, a, dev, &l->s)) != ERR_OK)
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
	c->hash = l->hash;
	if (e == ERR_OK && a->ops->passed != NULL)
		e = a->ops->passed(a->ctx, c);
	return e;
}

/* The signature under the key that the log gave the device up to here. A
 * revocation speaks of times on a clock that is not in the log. */
static enum err
check_signer(struct audit_text *a, uint64_t index, struct span name,
    const struct audit_look *l)
{
	const struct statement *s = &l->s;
	struct registry reg;
	struct roster_device *dev = NULL;
	bool opens, has = s->content == CONTENT_IS_REGISTRY &&
			  registry_parse(&reg, s->payload, NULL) == ERR_OK;
	enum err e = roster_admit(a->roster, s, name, has ? &reg : NULL,
	    l->valid, 0, &dev, &opens, NULL);

	if (has)
		registry_clear(&reg);
	if (e == ERR_NOMEM)
		return e;
	if (e != ERR_OK && e != ERR_REVOKED)
		say_entry(a, index, err_name(e), "signature_of_the_device");
	return dev != NULL ? check_chain(a, index, dev, l) : ERR_OK;
}

static enum err
take_statement(struct audit_text *a, uint64_t index, const struct audit_look *l)
{
	struct span name;
	enum err e;

	if (!l->formed) {
		say_entry(a, index, "bad_encoding", "statement");
		return ERR_OK;
	}
	if (a->roster == NULL)
		return ERR_OK;
	if (did_web_device_name(&name, a->host, l->s.claims.iss) != ERR_OK) {
		say_entry(a, index, "unknown_device", "device_of_this_log");
		return ERR_OK;
	}
	e = a->ops->statement(a->ctx, index, name, l);
	if (e != ERR_OK)
		return e;
	if ((e = check_signer(a, index, name, l)) != ERR_OK)
		return e;
	return l->s.content == CONTENT_IS_REGISTRY
		   ? roster_replay(a->roster, index, l->entry)
		   : ERR_OK;
}

static enum err
take_fork(struct audit_text *a, uint64_t index, const struct audit_look *l)
{
	if (!l->valid)
		say_entry(a, index, "bad_signature", "evidence");
	return a->roster != NULL ? roster_replay(a->roster, index, l->entry)
				 : ERR_OK;
}

enum err
audit_text_entry(struct audit_text *a, uint64_t index,
    const struct audit_look *l, const struct hash *before)
{
	if (index == 0 && l->kind != ENTRY_GENESIS)
		say_entry(a, index, "statement", "genesis");
	if (l->kind == ENTRY_GENESIS)
		return take_genesis(a, index, l->entry);
	if (l->kind == ENTRY_FORK)
		return take_fork(a, index, l);
	if (l->kind == ENTRY_STATEMENT)
		return take_statement(a, index, l);
	return take_epoch(a, index, l->entry, before);
}

enum err
audit_text_known(struct audit_text *a, uint64_t index, struct span entry)
{
	if (entry_kind(entry) == ENTRY_GENESIS)
		return take_genesis(a, index, entry);
	return a->roster != NULL ? roster_replay(a->roster, index, entry)
				 : ERR_OK;
}

void
audit_text_clear(struct audit_text *a)
{
	size_t n = a->roster == NULL ? 0 : roster_device_count(a->roster);

	for (size_t i = 0; i < n; i++) {
		struct audit_chain *c = roster_device_at(a->roster, i)->user;

		if (c != NULL)
			free(c->hashes);
		free(c);
	}
	roster_free(a->roster);
	a->roster = NULL;
}
