/* SPDX-License-Identifier: Apache-2.0 */
#include "pack.h"

#include "base/banned.h"

#define PACK_CODE_MAX 4096

void
pack_init(struct pack *p)
{
	*p = (struct pack){
		.parent = buf_heap(PACK_CODE_MAX),
		.said = buf_heap(PACK_CODE_MAX),
		.text = buf_heap(PACK_BYTES),
	};
}

void
pack_free(struct pack *p)
{
	buf_free(&p->parent);
	buf_free(&p->said);
	buf_free(&p->text);
	p->count = 0;
}

bool
pack_is_parent(struct span code)
{
	return span_starts(code, "https://id.gs1.org/00/");
}

void
pack_close(struct pack *p)
{
	pack_free(p);
	pack_init(p);
}

enum err
pack_open(struct pack *p, struct span code, struct span said, struct diag *d)
{
	pack_close(p);
	buf_put(&p->parent, code);
	buf_put(&p->said, said);
	if (buf_error(&p->parent) == ERR_OK && buf_error(&p->said) == ERR_OK)
		return ERR_OK;
	pack_close(p);
	return diag_fail(d, ERR_NOMEM, "", "pack: no memory");
}

struct span
pack_child(const struct pack *p, size_t i)
{
	size_t from = i == 0 ? 0 : p->ends[i - 1];

	return span_of(p->text.p + from, p->ends[i] - from);
}

enum err
pack_add(struct pack *p, struct span code, struct diag *d)
{
	if (p->parent.n == 0)
		return diag_fail(d, ERR_STATE, "interface Edge",
		    "no container is open: scan its SSCC first");
	for (size_t i = 0; i < p->count; i++)
		if (span_equal(pack_child(p, i), code))
			return diag_fail(d, ERR_EXISTS, "interface Edge",
			    "the item is in this container already");
	/* Three characters of JSON stand around each code. */
	if (p->count == PACK_CHILDREN ||
	    p->text.n + code.n + 3 * (p->count + 1) > PACK_BYTES)
		return diag_fail(d, ERR_LIMIT, "formats 1.1",
		    "the container holds %zu items, close it first", p->count);
	buf_put(&p->text, code);
	if (buf_error(&p->text) != ERR_OK) {
		p->text.failed = ERR_OK;
		return diag_fail(d, ERR_NOMEM, "", "pack: no memory");
	}
	p->ends[p->count++] = (uint32_t)p->text.n;
	return ERR_OK;
}

void
pack_undo(struct pack *p)
{
	if (p->count == 0)
		return;
	p->count--;
	p->text.n = p->count == 0 ? 0 : p->ends[p->count - 1];
}
