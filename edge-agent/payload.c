/* SPDX-License-Identifier: Apache-2.0 */
#include "payload.h"

#include <stdlib.h>

#include "event/epcis.h"
#include "event/registry.h"

#include "base/banned.h"

struct payload {
	struct json_node nodes[EPCIS_NODES]; /* touched as far as needed */
};

enum err
payload_new(struct payload **out)
{
	*out = calloc(1, sizeof(**out));
	return *out != NULL ? ERR_OK : ERR_NOMEM;
}

void
payload_free(struct payload *p)
{
	free(p);
}

static enum err
payload_product(struct payload *p, struct buf *sub, struct span bytes,
    const char *iss, struct diag *d)
{
	struct epcis_doc doc;
	enum err e = epcis_open(&doc, bytes, p->nodes, EPCIS_NODES, d);

	if (e == ERR_OK)
		e = epcis_check(&doc, d);
	if (e == ERR_OK)
		e = epcis_sub(sub, &doc, span_str(iss));
	return e;
}

static enum err
payload_registry(struct buf *sub, struct span bytes, struct diag *d)
{
	struct registry r;
	enum err e = registry_parse(&r, bytes, d);

	if (e != ERR_OK)
		return e;
	buf_str(sub, r.id);
	registry_clear(&r);
	return buf_error(sub);
}

enum err
payload_check(struct payload *p, struct buf *sub, enum content content,
    struct span bytes, const char *iss, struct diag *d)
{
	if (bytes.n > STATEMENT_MAX)
		return diag_fail(d, ERR_TOO_LARGE, "formats 1.1",
		    "payload: %zu bytes", bytes.n);
	if (content == CONTENT_IS_PRODUCT)
		return payload_product(p, sub, bytes, iss, d);
	return payload_registry(sub, bytes, d);
}
