/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verifies many proof bundles for the oracle. bundle_tool POLICY LIST: a line
 * of LIST is the path of a bundle; a line of output is its result (formats
 * 7.4, --json).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/file.h"

#include "ledger/bundle.h"

#include "base/banned.h"

#define LIST_MAX (16u << 20)
#define LINE_MAX_BYTES 8192

static void
fail(const char *what, const struct diag *d)
{
	(void)fprintf(stderr, "bundle_tool: %s: %s\n", what, d->text);
	exit(1);
}

static void
verify_one(const char *path, const struct policy *policy)
{
	struct buf in = buf_heap(BUNDLE_MAX + 1);
	struct buf out = buf_heap(LINE_MAX_BYTES);
	struct bundle_result r;
	struct diag d = { 0 };

	if (file_read(&in, path, BUNDLE_MAX + 1, &d) != ERR_OK)
		fail(path, &d);
	if (bundle_verify(&r, buf_span(&in), policy) != ERR_OK ||
	    bundle_result_json(&out, &r) != ERR_OK)
		fail(path, &d);
	(void)fwrite(buf_span(&out).p, 1, buf_span(&out).n, stdout);
	(void)fputc('\n', stdout);
	buf_free(&in);
	buf_free(&out);
}

int
main(int argc, char **argv)
{
	struct buf text = buf_heap(POLICY_BYTES);
	struct buf list = buf_heap(LIST_MAX);
	struct policy *policy = NULL;
	struct diag d = { 0 };
	char *line, *next;

	if (argc != 3) {
		(void)fputs("usage: bundle_tool POLICY LIST\n", stderr);
		return 64;
	}
	if (crypto_start() != ERR_OK ||
	    file_read(&text, argv[1], POLICY_BYTES, &d) != ERR_OK ||
	    policy_parse(&policy, buf_span(&text), &d) != ERR_OK)
		fail(argv[1], &d);
	if (file_read(&list, argv[2], LIST_MAX - 1, &d) != ERR_OK)
		fail(argv[2], &d);
	buf_byte(&list, '\0');
	for (line = (char *)list.p; *line != '\0'; line = next) {
		next = strchr(line, '\n');
		if (next == NULL)
			next = line + strlen(line);
		else
			*next++ = '\0';
		verify_one(line, policy);
	}
	policy_free(policy);
	buf_free(&text);
	buf_free(&list);
	return 0;
}
