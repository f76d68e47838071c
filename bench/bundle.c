/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/text.h"

#include "bundle_world.h"

#include "base/banned.h"

/*
 * Size of a proof bundle and the time to make and to check it, as one line of
 * JSON: an item with ten events, two containers, four devices, in a log in
 * memory with so many other items. Times are of one core, the median of many.
 * Usage: countermark-bundle-bench [ITEMS]
 */
#define ROUNDS 200

static double
now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int
compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double
median(double *all)
{
	qsort(all, ROUNDS, sizeof(*all), compare);
	return all[ROUNDS / 2];
}

static void
fill(struct bworld *w, unsigned long items)
{
	char item[128];

	for (unsigned long i = 0; i < items; i++) {
		(void)snprintf(item, sizeof(item),
		    "https://id.gs1.org/01/" BW_GTIN "/21/B%09lu", i);
		(void)bw_object(w, BW_LINE, item, "ADD", "commissioning",
		    "https://id.gs1.org/414/9506000111117");
	}
}

/* Subjects, and the base64 of all entries that stand in the text. */
static void
count(struct span text, unsigned *subjects, size_t *entries)
{
	*subjects = 0;
	*entries = 0;
	for (size_t i = 0; i < text.n; i++) {
		struct span rest = span_skip(text, i);
		const uint8_t *end;

		*subjects += span_starts(rest, "\"subject\":");
		if (!span_starts(rest, "\"entry\":\""))
			continue;
		rest = span_skip(rest, 9);
		end = memchr(rest.p, '"', rest.n);
		*entries += end == NULL ? 0 : (size_t)(end - rest.p);
	}
}

int
main(int argc, char **argv)
{
	static double make[ROUNDS], check[ROUNDS];
	uint64_t items = 100000;
	struct bundle_result r = { 0 };
	struct bworld *w;
	struct policy *p;
	struct buf b = { 0 };
	unsigned subjects;
	size_t entries;

	if (argc > 2 || (argc == 2 && u64_parse(&items, span_str(argv[1]),
					  100000000) != ERR_OK)) {
		(void)fprintf(stderr, "usage: countermark-bundle-bench "
				      "[ITEMS]\n");
		return 64;
	}
	w = bw_new();
	bw_registry(w, "before");
	fill(w, (unsigned long)items);
	bw_story(w);
	bw_seal(w);
	p = bw_policy(w, "both");
	for (unsigned i = 0; i < ROUNDS; i++) {
		double t = now_ms();

		buf_free(&b);
		b = bw_bundle(w, BW_ITEM);
		make[i] = now_ms() - t;
		t = now_ms();
		if (bundle_verify(&r, buf_span(&b), p) != ERR_OK ||
		    r.outcome != BUNDLE_GENUINE) {
			(void)fprintf(stderr, "not genuine: %s\n", r.detail);
			return 1;
		}
		check[i] = now_ms() - t;
	}
	count(buf_span(&b), &subjects, &entries);
	(void)printf("{\"entries\":%" PRIu64 ",\"subjects\":%u,"
		     "\"bundle_bytes\":%zu,\"entry_bytes_base64\":%zu,"
		     "\"bytes_a_subject\":%.0f,\"make_ms\":%.2f,"
		     "\"check_ms\":%.2f}\n",
	    w->count, subjects, b.n, entries,
	    (double)(b.n - entries) / subjects, median(make), median(check));
	buf_free(&b);
	policy_free(p);
	bw_free(w);
	return 0;
}
