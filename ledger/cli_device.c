/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <stdlib.h>

#include "base/text.h"
#include "event/did.h"
#include "event/registry.h"
#include "event/statement.h"
#include "provenance/roster.h"

#include "ledger/handover.h"

#include "base/banned.h"

struct list {
	struct cli_log log;
	struct roster *roster;
	struct store_head head;
};

static enum err
replay(void *ctx, uint64_t index, struct span entry)
{
	struct list *l = ctx;

	return roster_replay(l->roster, index, entry);
}

/* The newest statement of a device: heads come epoch by epoch, ascending. */
static enum err
take_head(void *ctx, const struct store_device_head *h)
{
	struct list *l = ctx;
	struct roster_device *d = roster_device(l->roster, span_str(h->device));
	struct store_device_head *last;

	if (d == NULL)
		return ERR_OK;
	if (d->user == NULL && (d->user = malloc(sizeof *last)) == NULL)
		return ERR_NOMEM;
	last = d->user;
	*last = *h;
	return ERR_OK;
}

static enum err
load(struct list *l, struct cli *c)
{
	const struct roster_genesis g = { .host = l->log.host,
		.authority =
		    (const uint8_t(*)[KEY_BYTES])l->log.genesis.authority,
		.authority_count = l->log.genesis.authority_count,
		.service = l->log.genesis.service };
	enum err e = roster_new(&l->roster, &g);

	if (e != ERR_OK)
		return e;
	e = store_read_head(l->log.store, &l->head, &c->d);
	if (e == ERR_OK)
		e = store_registry(
		    l->log.store, 1, l->head.size, replay, l, &c->d);
	if (e == ERR_OK)
		e = store_device_heads(l->log.store, take_head, l, &c->d);
	return e;
}

static void
print_device(struct cli *c, const struct roster_device *d)
{
	const struct roster_key *key = roster_key(d, d->epoch);
	const struct store_device_head *last = d->user;
	char did[DID_KEY_CHARS + 1];

	json_out_object(&c->json, NULL);
	json_out_str(&c->json, "name", d->name);
	json_out_str(&c->json, "organisation", d->organisation);
	json_out_int(&c->json, "epoch", (int64_t)d->epoch);
	if (key != NULL) {
		did_key_print(did, key->key);
		json_out_str(&c->json, "key", did);
	} else {
		json_out_null(&c->json, "key");
	}
	json_out_str(&c->json, "state",
	    d->revoked     ? "revoked"
	    : d->suspended ? "suspended"
			   : "active");
	json_out_int(&c->json, "seq",
	    last != NULL && last->epoch == d->epoch ? (int64_t)last->seq : 0);
	json_out_end_object(&c->json);
}

static void
list_free(struct list *l)
{
	for (size_t i = 0;
	     l->roster != NULL && i < roster_device_count(l->roster); i++)
		free(roster_device_at(l->roster, i)->user);
	roster_free(l->roster);
	store_close(l->log.store);
	free(l);
}

enum err
cli_device_list(struct cli *c)
{
	struct list *l = calloc(1, sizeof *l);
	enum err e;

	if (l == NULL)
		return diag_fail(&c->d, ERR_NOMEM, "", "out of memory");
	if ((e = cli_log_open(&l->log, c)) == ERR_OK)
		e = load(l, c);
	if (e == ERR_OK) {
		json_out_array(&c->json, "devices");
		for (size_t i = 0; i < roster_device_count(l->roster); i++)
			print_device(c, roster_device_at(l->roster, i));
		json_out_end_array(&c->json);
	}
	list_free(l);
	return e;
}

/* ---- device revoke ---- */
static enum err
revocation(struct buf *out, struct buf *did, struct cli *c, struct list *l)
{
	const char *name = c->args.positional;
	const char *from = cli_option(&c->args, "from");
	struct roster_device *dev = roster_device(l->roster, span_str(name));
	const struct roster_key *key;
	struct registry_device v;
	uint64_t from_ms;
	enum err e;

	if (u64_parse(&from_ms, span_str(from), INT64_MAX) != ERR_OK)
		return diag_fail(&c->d, ERR_USAGE, "interface",
		    "--from %.40s: wanted milliseconds since 1970", from);
	if (dev == NULL || (key = roster_key(dev, dev->epoch)) == NULL)
		return diag_fail(&c->d, ERR_NOT_FOUND, "formats 1.7",
		    "device %.63s: not enrolled", name);
	if ((e = did_web_device(did, l->log.host, span_str(name))) != ERR_OK)
		return e;
	v = (struct registry_device){ .name = name,
		.organisation = dev->organisation,
		.did = buf_text(did),
		.epoch = dev->epoch,
		.key = key->key,
		.role = dev->role,
		.reason = cli_option(&c->args, "reason") };
	if (v.did == NULL)
		return buf_error(did);
	return registry_put_device(out, &v, REGISTRY_END, (int64_t)from_ms);
}

static enum err
check_payload(struct span payload, struct diag *d)
{
	struct registry r;
	enum err e = registry_parse(&r, payload, d);

	if (e != ERR_OK)
		return e;
	e = registry_check(&r, d);
	registry_clear(&r);
	return e;
}

static enum err
submit(struct cli *c, struct list *l, struct span payload)
{
	struct store_device_head found;
	struct handover_put put;
	const char *path;
	enum err e;

	if ((e = check_payload(payload, &c->d)) != ERR_OK ||
	    (e = cli_need(&path, c, "gateway", "socket")) != ERR_OK ||
	    (e = handover_register(&put, path, "authority", payload,
		 c->deadline_ms, &c->d)) != ERR_OK ||
	    (e = store_device_statement(l->log.store, span_str(put.device),
		 put.epoch, put.seq, &found, &c->d)) != ERR_OK)
		return e;
	json_out_str(&c->json, "device", c->args.positional);
	json_out_str(&c->json, "state", "revoked");
	json_out_int(&c->json, "index", (int64_t)found.index);
	return ERR_OK;
}

enum err
cli_device_revoke(struct cli *c)
{
	struct buf payload = buf_heap(STATEMENT_MAX);
	struct buf did = buf_heap(DID_WEB_CHARS + 1);
	struct list *l = calloc(1, sizeof *l);
	enum err e;

	if (l == NULL)
		return diag_fail(&c->d, ERR_NOMEM, "", "out of memory");
	if ((e = cli_name(c, "device", c->args.positional)) == ERR_OK &&
	    (e = cli_log_open(&l->log, c)) == ERR_OK &&
	    (e = load(l, c)) == ERR_OK)
		e = revocation(&payload, &did, c, l);
	if (e == ERR_OK)
		e = submit(c, l, buf_span(&payload));
	list_free(l);
	buf_free(&did);
	buf_free(&payload);
	return e;
}
