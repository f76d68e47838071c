/* SPDX-License-Identifier: Apache-2.0 */
#include "bundle_faults.h"

#include <stdio.h>
#include <stdlib.h>

#include "event/did.h"

#include "base/banned.h"

#define PLACE "https://id.gs1.org/414/9506000111117"

static size_t
find(const struct buf *b, size_t from, const char *what)
{
	for (size_t i = from; i + strlen(what) <= b->n; i++)
		if (span_starts(span_skip(buf_span(b), i), what))
			return i;
	(void)fprintf(stderr, "bundle_faults: not there: %s\n", what);
	abort();
}

static struct buf
splice(struct buf b, size_t from, size_t to, struct span with)
{
	struct buf out = buf_heap(2 * BUNDLE_MAX);

	buf_put(&out, span_of(b.p, from));
	buf_put(&out, with);
	buf_put(&out, span_skip(buf_span(&b), to));
	if (buf_error(&out) != ERR_OK)
		abort();
	buf_free(&b);
	return out;
}

struct buf
bf_replace(struct buf b, const char *after, const char *from, const char *to)
{
	size_t at = find(&b, find(&b, 0, after), from);

	return splice(b, at, at + strlen(from), span_str(to));
}

struct buf
bf_flip(struct buf b, const char *behind, const char *after)
{
	size_t at = find(&b, find(&b, 0, behind), after) + strlen(after);

	return splice(b, at, at + 1, span_str(b.p[at] == 'A' ? "B" : "A"));
}

struct buf
bf_drop_subject(struct buf b, const char *subject)
{
	char head[512];
	size_t from, to;

	(void)snprintf(head, sizeof(head), "{\"subject\":\"%s\",", subject);
	from = find(&b, 0, head);
	to = find(&b, from, "]]}") + 3;
	if (b.p[to] == ',')
		to++;
	else
		from--; /* the comma before the last one */
	return splice(b, from, to, SPAN_NONE);
}

struct buf
bf_add_subject(struct buf b, struct span json)
{
	static const char head[] = "\"subjects\":[";
	size_t at = find(&b, 0, head) + strlen(head);
	struct buf with = buf_heap(BUNDLE_MAX);

	buf_put(&with, json);
	buf_byte(&with, ',');
	if (buf_error(&with) != ERR_OK)
		abort();
	b = splice(b, at, at, buf_span(&with));
	buf_free(&with);
	return b;
}

static struct buf
add(struct buf b, const struct bworld *w, const char *kind, const char *id)
{
	struct buf one = buf_heap(BUNDLE_MAX);
	char subject[512];

	(void)snprintf(subject, sizeof(subject), "%s%s", kind, id);
	if (bundle_subject(&one, span_str(subject), &w->source, NULL) != ERR_OK)
		abort();
	b = bf_add_subject(b, buf_span(&one));
	buf_free(&one);
	return b;
}

struct buf
bf_with_subject(struct buf b, const struct bworld *w, const char *subject,
    enum bw_who signer)
{
	char did[DID_KEY_CHARS + 1];

	did_key_print(did, w->keys[signer].pub);
	b = add(b, w, "registry/delegation/", did);
	b = add(b, w, "registry/service/", did);
	return add(b, w, subject, "");
}

/* What the log itself must hold for a fault. */
static void
put_fault(struct bworld *w, enum bundle_check check)
{
	uint64_t last;

	if (check == BUNDLE_AUTHORITY) {
		(void)bw_put_with(w, BW_SHOP, BW_SPARE, CONTENT_IS_REGISTRY,
		    "{\"type\":\"goods\",\"id\":\"" BW_GTIN
		    "\",\"op\":\"end\",\"from\":1,\"gtin\":\"" BW_GTIN
		    "\",\"organisation\":\"lumen\"}");
	} else if (check == BUNDLE_SIGNATURE) {
		struct buf b = buf_heap(ENTRY_MAX);

		last =
		    bw_object(w, BW_SHOP, BW_ITEM, "OBSERVE", "storing", PLACE);
		buf_put(&b, buf_span(&w->entries[last]));
		b.p[b.n - 1] ^= 1;
		(void)bw_raw(w, buf_span(&b));
		buf_free(&b);
	} else if (check == BUNDLE_LIST) {
		w->omit = BW_CASE;
		w->lie_index = w->count;
		(void)bw_pack(w, BW_SHOP, "DELETE", BW_CASE, BW_ITEM);
	}
}

static struct buf
spoil(struct buf b, enum bundle_check check, const struct bworld *w)
{
	char size[64], other[64];

	switch (check) {
	case BUNDLE_FORM:
		return bf_replace(
		    b, "", "{\"countermark\"", "{\"x\":1,\"countermark\"");
	case BUNDLE_NOTE:
		(void)snprintf(size, sizeof(size), "\\n%llu\\n",
		    (unsigned long long)w->count);
		(void)snprintf(other, sizeof(other), "\\n%llu\\n",
		    (unsigned long long)w->count + 1);
		return bf_replace(b, "\"checkpoint\"", size, other);
	case BUNDLE_GENESIS:
		return bf_flip(b, "\"genesis\"", "\"path\":[\"");
	case BUNDLE_EPOCH:
		return bf_flip(b, "\"epoch\"", "\"path\":[\"");
	case BUNDLE_MAP:
		return bf_flip(b, "\"map\":[[", ",\"");
	case BUNDLE_SUBJECTS_MISSING:
		return bf_drop_subject(b, "goods/9506");
	case BUNDLE_VERDICT:
		return bf_replace(
		    b, "\"verdict\":", "\"genuine_code_only\"", "\"forged\"");
	default:
		return b;
	}
}

struct buf
bf_fault(enum bundle_check check, const char **quorum)
{
	struct bworld *w = bw_new();
	struct buf b;

	*quorum = check == BUNDLE_QUORUM ? "late" : "both";
	bw_registry(w, "before");
	bw_story(w);
	put_fault(w, check);
	bw_seal(w);
	b = spoil(bw_bundle(w, BW_ITEM), check, w);
	bw_free(w);
	return b;
}
