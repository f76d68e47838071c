/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may add a statement at all: formats 1.5 from iss to the signature, then
 * revocation and suspension.
 */
#include "provenance/roster.h"

#include "base/text.h"
#include "event/did.h"

#include "roster_internal.h"

#include "base/banned.h"

static const char order_clause[] = "formats 1.5";
static const char opening_clause[] = "formats 2.3";

bool
roster_looks_opening(const struct roster_device *d, const struct statement *s,
    const struct registry *reg)
{
	return reg != NULL && reg->type == REGISTRY_DEVICE &&
	       reg->op == REGISTRY_SET && strcmp(reg->id, d->name) == 0 &&
	       s->claims.seq == 1 && s->claims.epoch == d->epoch + 1;
}

static bool
did_is_of(const struct roster *r, const char *did, const char *name)
{
	char space[DID_WEB_CHARS];
	struct buf b = buf_fixed(space, sizeof(space));

	return did_web_device(&b, r->host, span_str(name)) == ERR_OK &&
	       span_is(buf_span(&b), did);
}

enum err
roster_device_claim(struct device_claim *out, const struct roster *r,
    const struct registry *reg, struct diag *d)
{
	const char *key;
	int64_t epoch;
	enum err e = json_get_text(&out->did, reg->body, "did", d);

	if (e == ERR_OK)
		e = json_get_int(&epoch, reg->body, "epoch", d);
	if (e == ERR_OK)
		e = json_get_text(&key, reg->body, "key", d);
	if (e != ERR_OK)
		return e;
	if (epoch < 1)
		return diag_fail(d, ERR_SCHEMA, "formats 1.4",
		    "epoch: got %lld, wanted 1 or more", (long long)epoch);
	if (did_key_parse(out->key, span_str(key)) != ERR_OK)
		return diag_fail(d, ERR_SCHEMA, "formats 2.1",
		    "key: wanted a did:key of Ed25519");
	out->epoch = (uint64_t)epoch;
	if (!did_is_of(r, out->did, reg->id))
		return diag_fail(d, ERR_FORBIDDEN, "formats 2.1",
		    "did: wanted did:web:%s:device:%s", r->host, reg->id);
	return ERR_OK;
}

enum err
roster_check_possession(const struct device_claim *c,
    const struct registry *reg, bool wanted, struct diag *d)
{
	const char *text = NULL;
	struct buf b = buf_heap(2 * DID_WEB_CHARS);
	uint8_t sig[SIG_BYTES];
	size_t n = 0;
	enum err e = json_opt_text(&text, reg->body, "possession", d);

	if (e != ERR_OK || (text == NULL && !wanted))
		goto out;
	if (text == NULL) {
		e = diag_fail(d, ERR_FORBIDDEN, opening_clause,
		    "possession: wanted from a device about itself");
		goto out;
	}
	e = registry_possession(&b, c->did, c->epoch);
	if (e != ERR_OK)
		goto out;
	if (base64_parse(sig, sizeof(sig), &n, span_str(text)) != ERR_OK ||
	    n != SIG_BYTES || !ed25519_verify(sig, c->key, buf_span(&b)))
		e = diag_fail(d, ERR_FORBIDDEN, opening_clause,
		    "possession: not signed by the new key of epoch %llu",
		    (unsigned long long)c->epoch);
out:
	buf_free(&b);
	return e;
}

/* An epoch above the open one: only the statement of 2.3 opens it. */
static enum err
check_opening(const struct roster *r, const struct roster_device *dev,
    const struct statement *s, const struct registry *reg, struct diag *d)
{
	struct device_claim c;
	struct diag why = { 0 };
	enum err e;

	if (!roster_looks_opening(dev, s, reg))
		return diag_fail(d, ERR_EPOCH, order_clause,
		    "epoch of %s: got %llu, wanted %llu, the open one",
		    dev->name, (unsigned long long)s->claims.epoch,
		    (unsigned long long)dev->epoch);
	e = roster_device_claim(&c, r, reg, &why);
	if (e == ERR_OK)
		e = roster_check_possession(&c, reg, true, &why);
	if (e == ERR_NOMEM)
		return e;
	if (e == ERR_OK && c.epoch != s->claims.epoch)
		e = diag_fail(&why, ERR_EPOCH, opening_clause,
		    "epoch in the payload: got %llu",
		    (unsigned long long)c.epoch);
	if (e != ERR_OK)
		return diag_fail(d, ERR_EPOCH, opening_clause,
		    "epoch %llu of %s is not opened: %s",
		    (unsigned long long)s->claims.epoch, dev->name, why.text);
	return ERR_OK;
}

static enum err
check_epoch(const struct roster *r, const struct roster_device *dev,
    const struct statement *s, const struct registry *reg, bool *opens,
    struct diag *d)
{
	enum err e;

	if (s->claims.epoch == dev->epoch)
		return ERR_OK;
	if (s->claims.epoch < dev->epoch)
		return diag_fail(d, ERR_EPOCH, order_clause,
		    "epoch %llu of %s is closed, %llu is open",
		    (unsigned long long)s->claims.epoch, dev->name,
		    (unsigned long long)dev->epoch);
	e = check_opening(r, dev, s, reg, d);
	*opens = e == ERR_OK;
	return e;
}

/* From here the sender is known: revoked, then suspended. */
static enum err
check_standing(const struct roster_device *dev, int64_t now_ms, struct diag *d)
{
	if (dev->revoked && now_ms >= dev->revoked_from_ms)
		return diag_fail(d, ERR_REVOKED, order_clause,
		    "%s is revoked by entry %llu", dev->name,
		    (unsigned long long)dev->revoked_index);
	if (dev->suspended)
		return diag_fail(d, ERR_SUSPENDED, order_clause,
		    "%s is suspended by entry %llu", dev->name,
		    (unsigned long long)dev->suspended_index);
	return ERR_OK;
}

static struct device_item *
find_device(const struct roster *r, struct span iss, struct span topic_device)
{
	struct device_item *item = roster_signer(r, iss);

	if (item == NULL || !span_is(topic_device, item->device.name))
		return NULL;
	return item;
}

enum err
roster_admit(struct roster *r, const struct statement *s,
    struct span topic_device, const struct registry *reg, bool signature_ok,
    int64_t now_ms, struct roster_device **out, bool *opens, struct diag *d)
{
	struct device_item *item = find_device(r, s->claims.iss, topic_device);
	struct roster_device *dev;
	enum err e;

	*out = NULL;
	*opens = false;
	if (item == NULL)
		return diag_fail(d, ERR_UNKNOWN_DEVICE, order_clause,
		    "iss is not the enrolled device of the topic");
	dev = &item->device;
	*out = dev;
	e = check_epoch(r, dev, s, reg, opens, d);
	if (e != ERR_OK)
		return e;
	if (memcmp(s->kid, roster_open_key(dev), KEY_BYTES) != 0)
		e = diag_fail(d, ERR_BAD_SIGNATURE, order_clause,
		    "kid is not the key of epoch %llu of %s",
		    (unsigned long long)dev->epoch, dev->name);
	else if (!signature_ok)
		e = diag_fail(d, ERR_BAD_SIGNATURE, order_clause,
		    "signature of %s is wrong", dev->name);
	else
		e = check_standing(dev, now_ms, d);
	if (e != ERR_OK)
		*opens = false;
	return e;
}
