/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes tests/vectors/bundle: bundles, policies, and what countermark-verify
 * --json says of them. Run again when the verdict's rules change:
 * `ledger_make_bundles tests/vectors/bundle`.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/json_out.h"

#include "bundle_faults.h"

#include "base/banned.h"

#define PLACE "https://id.gs1.org/414/9506000111117"
#define HEART "registry/heartbeat/line-1"

static const char *folder;
static struct buf list;
static struct json_out cases;

static void
must(bool good, const char *what)
{
	if (good)
		return;
	(void)fprintf(stderr, "make_bundles: %s\n", what);
	exit(1);
}

static void
write_file(const char *name, struct span bytes)
{
	char path[4096];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "wb");
	must(f != NULL && fwrite(bytes.p, 1, bytes.n, f) == bytes.n, path);
	must(fclose(f) == 0, path);
}

/* Gives b away. */
static void
put_case(struct bworld *w, const char *name, struct buf b, const char *quorum)
{
	struct policy *p = bw_policy(w, quorum);
	struct buf json = buf_heap(4096), text = bw_policy_text(w, quorum);
	struct bundle_result r;
	char file[256], policy[256];

	(void)snprintf(file, sizeof(file), "%s.cmproof", name);
	(void)snprintf(policy, sizeof(policy), "%s.policy", quorum);
	must(bundle_verify(&r, buf_span(&b), p) == ERR_OK, name);
	must(bundle_result_json(&json, &r) == ERR_OK, name);
	write_file(file, buf_span(&b));
	write_file(policy, buf_span(&text));
	json_out_object(&cases, NULL);
	json_out_str(&cases, "bundle", file);
	json_out_str(&cases, "policy", policy);
	json_out_raw(&cases, "expect", buf_span(&json));
	json_out_end_object(&cases);
	buf_byte(&list, '\n');
	policy_free(p);
	buf_free(&json);
	buf_free(&text);
	buf_free(&b);
}

static struct bworld *
story(void)
{
	struct bworld *w = bw_new();

	bw_registry(w, "before");
	bw_story(w);
	bw_seal(w);
	return w;
}

static void
put_stories(void)
{
	struct bworld *w = story();

	put_case(w, "genuine", bw_bundle(w, BW_ITEM), "both");
	put_case(w, "genuine-no-quorum-wanted", bw_bundle(w, BW_ITEM), "none");
	put_case(w, "never-issued", bw_bundle(w, BW_OTHER), "both");
	put_case(w, "element-string",
	    bw_bundle(w, "]d201" BW_GTIN "10L/7\x1D"
			 "21A1B2C3D4E5"),
	    "map");
	put_case(w, "unreadable", bw_bundle(w, "01" BW_GTIN "9"), "both");
	put_case(w, "unknown-here",
	    bw_bundle(w, "https://id.gs1.org/01/04012345678901/21/X1"), "both");
	w->hide = w->head.covered - 1;
	put_case(w, "withheld", bw_bundle(w, BW_ITEM), "both");
	bw_free(w);
}

static void
put_range(void)
{
	struct bworld *w = bw_new();

	bw_registry(w, "before");
	for (unsigned i = 0; i < 300; i++)
		(void)bw_heartbeat(w, BW_LINE);
	bw_story(w);
	bw_seal(w);
	put_case(w, "range",
	    bf_with_subject(bw_bundle(w, BW_ITEM), w, HEART, BW_LINE), "both");
	put_case(w, "range-first-moved",
	    bf_replace(
		bf_with_subject(bw_bundle(w, BW_ITEM), w, HEART, BW_LINE),
		HEART, "\"first\":284", "\"first\":283"),
	    "both");
	bw_free(w);
}

/* A log of a genesis and an epoch: nothing touches anything. */
static void
put_empty(void)
{
	struct bworld *w = bw_new();

	bw_seal(w);
	put_case(w, "empty-map", bw_bundle(w, BW_ITEM), "both");
	bw_free(w);
}

static void
put_faults(void)
{
	struct bworld *w = story();

	for (int i = 0; i < BUNDLE_CHECKS; i++) {
		enum bundle_check check = (enum bundle_check)i;
		const char *quorum;
		struct buf b = bf_fault(check, &quorum);
		char name[64];

		(void)snprintf(
		    name, sizeof(name), "fault-%s", bundle_check_word(check));
		put_case(w, name, b, quorum);
	}
	bw_free(w);
}

int
main(int argc, char **argv)
{
	if (argc != 2) {
		(void)fprintf(stderr, "usage: ledger_make_bundles FOLDER\n");
		return 64;
	}
	folder = argv[1];
	list = buf_heap((size_t)1 << 20);
	json_out_init(&cases, &list);
	json_out_array(&cases, NULL);
	put_stories();
	put_range();
	put_empty();
	put_faults();
	json_out_end_array(&cases);
	buf_byte(&list, '\n');
	must(buf_error(&list) == ERR_OK, "cases.json");
	write_file("cases.json", buf_span(&list));
	buf_free(&list);
	return 0;
}
