/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/store.h"

#include <inttypes.h>

#include "store_internal.h"

#include "base/banned.h"

static enum err
head_of(struct store_device_head *h, const struct pg_result *r, size_t row,
    struct diag *d)
{
	if (!pg_text(h->device, sizeof h->device, r, row, 0) ||
	    !pg_hash(&h->hash, r, row, 3))
		return store_damaged("device_entry", d);
	h->epoch = (uint64_t)pg_int(r, row, 1);
	h->seq = (uint64_t)pg_int(r, row, 2);
	h->index = (uint64_t)pg_int(r, row, 4);
	return ERR_OK;
}

enum err
store_device_heads(struct store *s, store_head_fn fn, void *ctx, struct diag *d)
{
	struct pg_args a = store_args(s);
	struct pg_result *r = NULL;
	struct store_device_head h;
	enum err e;

	if ((e = store_call(s->pg, Q_DEVICE_HEADS, &a, &r, d)) != ERR_OK)
		return e;
	for (size_t i = 0, rows = pg_rows(r); i < rows && e == ERR_OK; i++) {
		if ((e = head_of(&h, r, i, d)) == ERR_OK)
			e = fn(ctx, &h);
	}
	pg_free(r);
	return e;
}

enum err
store_device_statement(struct store *s, struct span device, uint64_t epoch,
    uint64_t seq, struct store_device_head *out, struct diag *d)
{
	struct pg_args a = store_args(s);
	struct pg_result *r = NULL;
	enum err e;

	if (epoch > INT32_MAX || seq > INT64_MAX)
		return diag_fail(d, ERR_NOT_FOUND, "",
		    "statement %" PRIu64 "/%" PRIu64 ": out of range", epoch,
		    seq);
	pg_arg_bytes(&a, device);
	pg_arg_i32(&a, (int32_t)epoch);
	pg_arg_i64(&a, (int64_t)seq);
	if ((e = store_call(s->pg, Q_DEVICE_STATEMENT, &a, &r, d)) != ERR_OK)
		return e;
	e = head_of(out, r, 0, d);
	pg_free(r);
	return e;
}

enum err
store_device_hash(struct store *s, struct span device, uint64_t epoch,
    const struct hash *hash, bool *found, struct diag *d)
{
	struct pg_args a = store_args(s);
	struct pg_result *r = NULL;
	enum err e;

	*found = false;
	if (epoch > INT32_MAX)
		return ERR_OK;
	pg_arg_bytes(&a, device);
	pg_arg_i32(&a, (int32_t)epoch);
	pg_arg_bytes(&a, hash_span(hash));
	if ((e = store_call(s->pg, Q_DEVICE_HASH, &a, &r, d)) != ERR_OK)
		return e;
	*found = pg_bool(r, 0, 0);
	pg_free(r);
	return ERR_OK;
}

static enum err
nack_of(char device[64], struct nack *n, const struct pg_result *r, size_t row,
    struct diag *d)
{
	if (!pg_text(device, 64, r, row, 0) ||
	    !pg_text(n->detail, sizeof n->detail, r, row, 5))
		return store_damaged("nack", d);
	n->seq = (uint64_t)pg_int(r, row, 3);
	n->code = nack_code(pg_span(r, row, 4));
	return n->code != ERR_OK ? ERR_OK : store_damaged("nack.code", d);
}

enum err
store_nacks(struct store *s, store_nack_fn fn, void *ctx, struct diag *d)
{
	struct pg_args a = store_args(s);
	struct pg_result *r = NULL;
	char device[64];
	struct nack n;
	enum err e;

	if ((e = store_call(s->pg, Q_NACKS, &a, &r, d)) != ERR_OK)
		return e;
	for (size_t i = 0, rows = pg_rows(r); i < rows && e == ERR_OK; i++) {
		memset(&n, 0, sizeof n);
		if ((e = nack_of(device, &n, r, i, d)) == ERR_OK)
			e = fn(ctx, device, (uint64_t)pg_int(r, i, 1),
			    (uint64_t)pg_int(r, i, 2), &n);
	}
	pg_free(r);
	return e;
}
