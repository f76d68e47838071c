/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "gs1/epc.h"
#include "gs1/urn.h"

#include "base/banned.h"

/*
 * A tag that reads is written again as the same digits; what reads as an
 * identifier has, for each length of prefix, no URN or one that reads as the
 * same item; a pattern matches only what stands in its ranges. Input: a line
 * with the pattern or tag, and behind it any scanned text.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
check(bool good)
{
	if (!good)
		abort();
}

static bool
same_item(const struct gs1_code *code, struct span text)
{
	static struct gs1_code again;
	uint8_t one[GS1_CANONICAL], two[GS1_CANONICAL];
	struct buf a = buf_fixed(one, sizeof(one));
	struct buf b = buf_fixed(two, sizeof(two));

	return gs1_read(&again, text, NULL) == ERR_OK &&
	       gs1_canonical(&a, code) == ERR_OK &&
	       gs1_canonical(&b, &again) == ERR_OK &&
	       span_equal(buf_span(&a), buf_span(&b));
}

static void
check_tag(struct span hex)
{
	static struct gs1_code code;
	uint8_t space[EPC_TAG_URI];
	struct buf out = buf_fixed(space, sizeof(space));
	struct diag d = { 0 };
	struct epc tag;
	enum err e = epc_parse(&tag, &code, hex, &d);

	if (e != ERR_OK) {
		check(d.code == e);
		return;
	}
	check(epc_print(&out, &tag, &code, NULL) == ERR_OK);
	check(out.n <= hex.n);
	/* SGTIN-198 in whole words has two digits more, zeros. */
	for (size_t i = 0; i < hex.n; i++) {
		uint8_t c = hex.p[i];

		if (c >= 'a' && c <= 'f')
			c = (uint8_t)(c - 'a' + 'A');
		check(c == (i < out.n ? out.p[i] : '0'));
	}
	check(same_item(&code, buf_span(&out)));
	buf_reset(&out);
	check(epc_tag_uri(&out, &tag, &code, NULL) == ERR_OK);
}

static void
check_urns(const struct gs1_code *code)
{
	for (unsigned digits = 5; digits <= 13; digits++) {
		uint8_t space[URN_TEXT];
		struct buf out = buf_fixed(space, sizeof(space));
		struct diag d = { 0 };
		enum err e = urn_print(&out, code, digits, &d);

		if (e == ERR_OK)
			check(same_item(code, buf_span(&out)));
		else
			check(d.code == e && e != ERR_SPACE);
		for (unsigned s = 0; s <= EPC_SGTIN_198; s++) {
			struct epc tag = { (enum epc_scheme)s, s, digits };

			buf_reset(&out);
			if (epc_print(&out, &tag, code, NULL) != ERR_OK)
				continue;
			check(same_item(code, buf_span(&out)));
		}
	}
}

/* How many ranges hold that text? */
static unsigned
in_ranges(const struct urn_pattern *p, const char *text)
{
	struct urn_range r;
	unsigned hits = 0;

	for (unsigned i = 0; urn_pattern_range(&r, p, i); i++) {
		check(i < URN_RANGES);
		if (r.high[0] == '\0')
			hits += strcmp(text, r.low) == 0;
		else
			hits += strcmp(text, r.low) >= 0 &&
				strcmp(text, r.high) < 0;
	}
	return hits;
}

static void
check_pattern(const struct urn_pattern *p, const struct gs1_code *code)
{
	char space[GS1_CANONICAL];
	struct buf out = buf_fixed(space, sizeof(space));

	if (gs1_canonical(&out, code) != ERR_OK) {
		check(!urn_pattern_match(p, code));
		return;
	}
	check(buf_text(&out) != NULL);
	if (urn_pattern_match(p, code))
		check(in_ranges(p, space) == 1);
	else
		check(!p->exact || in_ranges(p, space) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct gs1_code code;
	const uint8_t *end = n == 0 ? NULL : memchr(data, '\n', n);
	struct span first = span_of(data, n), second = first;
	struct urn_pattern p;
	struct diag d = { 0 };
	enum err e;

	if (end != NULL) {
		first.n = (size_t)(end - data);
		second = span_skip(second, first.n + 1);
	}
	check_tag(first);
	e = urn_pattern_parse(&p, first, &d);
	check(e == d.code);
	if (gs1_read(&code, second, NULL) != ERR_OK)
		return 0;
	check_urns(&code);
	if (e == ERR_OK)
		check_pattern(&p, &code);
	return 0;
}
