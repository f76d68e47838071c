/* SPDX-License-Identifier: Apache-2.0 */
#include "verify.h"

#include "event/epcis.h"

#include "base/banned.h"

enum err
verifier_init(struct verifier *v)
{
	return touch_init(&v->touch);
}

void
verifier_clear(struct verifier *v)
{
	touch_clear(&v->touch);
}

static void
keep_subject(void *ctx, struct span subject)
{
	struct buf *b = ctx;

	/* device/… has a table of its own */
	if (span_starts(subject, "device/"))
		return;
	buf_u16be(b, (uint16_t)subject.n);
	buf_put(b, subject);
}

static void
reject(struct slot *slot)
{
	buf_reset(&slot->subjects);
	keep_subject(&slot->subjects, span_str("reject/"));
}

static void
look_at_registry(struct verifier *v, struct slot *slot)
{
	slot->payload =
	    registry_parse(&slot->registry, slot->s.payload, &slot->why);
	if (slot->payload != ERR_OK) {
		reject(slot); /* formats 5.4: any other payload */
		return;
	}
	slot->has_registry = true;
	if (touch_registry(&v->touch, &slot->registry, keep_subject,
		&slot->subjects) != ERR_OK)
		slot->subjects.failed = ERR_NOMEM;
}

static void
look_at_product(struct verifier *v, struct slot *slot)
{
	struct epcis_doc doc;

	slot->payload = epcis_open(&doc, slot->s.payload, v->touch.nodes,
	    v->touch.capacity, &slot->why);
	if (slot->payload != ERR_OK) {
		reject(slot);
		return;
	}
	slot->events = doc.event_count;
	if (touch_product(&v->touch, &doc, keep_subject, &slot->subjects) !=
	    ERR_OK)
		slot->subjects.failed = ERR_NOMEM;
	slot->payload = epcis_check(&doc, &slot->why);
}

void
verify_slot(void *ctx, struct slot *slot)
{
	struct span bytes = buf_span(&slot->bytes);

	buf_reset(&slot->subjects);
	diag_clear(&slot->why);
	slot->signature_ok = false;
	slot->payload = ERR_OK;
	slot->events = 0;
	slot->parsed = statement_parse(&slot->s, bytes, &slot->why);
	if (slot->parsed != ERR_OK)
		return;
	slot->signature_ok = statement_verify(&slot->s, NULL) == ERR_OK;
	/* formats 1.5: whether a statement opens an epoch (2.3) is asked before
	 * its signature is judged */
	if (!slot->signature_ok &&
	    (slot->s.content != CONTENT_IS_REGISTRY ||
		slot->s.claims.seq != 1 || slot->s.claims.epoch == 1))
		return;
	slot->hash = statement_hash(&slot->s);
	slot->leaf = hash_tagged(0, bytes);
	if (slot->s.content == CONTENT_IS_REGISTRY)
		look_at_registry(ctx, slot);
	else
		look_at_product(ctx, slot);
}
