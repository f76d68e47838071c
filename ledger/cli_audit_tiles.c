/* SPDX-License-Identifier: Apache-2.0 */
/* audit --from-tiles: no database, no trust in who keeps it. */
#include "cli.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/file.h"
#include "ledger/audit_tiles.h"

#include "base/banned.h"

#define TELL_MS 1000

static void
print_fault(void *ctx, const struct audit_tiles_fault *f)
{
	(void)ctx;
	(void)printf(
	    "table=%s row=%s field=%s got=%s want=%s proofs=affected\n",
	    f->table, f->row, f->field, f->got, f->want);
}

static void
print_progress(void *ctx, uint64_t done, uint64_t size)
{
	int64_t *told = ctx, now = clock_mono_ms();

	if (now - *told < TELL_MS)
		return;
	*told = now;
	(void)fprintf(
	    stderr, "audit: %" PRIu64 " of %" PRIu64 " entries\n", done, size);
}

enum err
cli_policy_open(struct policy **out, struct hash *hash, struct cli *c)
{
	const char *given = cli_option(&c->args, "policy");
	struct buf text = buf_heap(POLICY_BYTES);
	char path[4096];
	enum err e = ERR_OK;

	*out = NULL;
	if (given == NULL)
		e = cli_key_path(path, sizeof path, c, "policy");
	if (e == ERR_OK)
		e = file_read(
		    &text, given == NULL ? path : given, POLICY_BYTES, &c->d);
	if (e == ERR_OK)
		e = policy_parse(out, buf_span(&text), &c->d);
	if (e == ERR_OK)
		*hash = hash_bytes(buf_span(&text));
	buf_free(&text);
	return e;
}

enum err
cli_token_read(struct buf *out, struct cli *c)
{
	const char *path = cli_option(&c->args, "token-file");
	enum err e;

	if (path == NULL)
		return ERR_OK;
	e = file_read(out, path, CLI_TOKEN_MAX, &c->d);
	while (e == ERR_OK && out->n > 0 && out->p[out->n - 1] == '\n')
		out->n--;
	if (e == ERR_OK && out->n == 0)
		return diag_fail(&c->d, ERR_CONFIG, "interface",
		    "--token-file %.120s: holds no token", path);
	return e;
}

enum err
cli_audit_tiles(struct cli *c)
{
	struct buf token = buf_heap(CLI_TOKEN_MAX);
	struct audit_tiles_result result;
	struct policy *policy = NULL;
	int64_t told = clock_mono_ms();
	struct audit_tiles_options o = {
		.fault = print_fault, .progress = print_progress, .ctx = &told
	};
	enum err e;

	if (cli_option(&c->args, "since") != NULL)
		return diag_fail(&c->d, ERR_USAGE, "interface",
		    "--since: not with --from-tiles, which begins at entry 0");
	e = cli_policy_open(&policy, &o.policy, c);
	if (e == ERR_OK)
		e = cli_token_read(&token, c);
	if (e == ERR_OK) {
		o.follow = (struct follow_options){
			.url = cli_option(&c->args, "from-tiles"),
			.token = token.n == 0 ? NULL : buf_text(&token),
			.ca = cli_option(&c->args, "ca"),
			.agent = "countermark-audit/" CM_VERSION,
			.policy = policy,
		};
		e = audit_tiles_run(&result, &o, &c->d);
	}
	if (e == ERR_OK) {
		(void)printf("entries=%" PRIu64 " faults=%" PRIu64 "\n",
		    result.entries, result.faults);
		c->code = result.faults == 0 ? CLI_DONE : CLI_REFUSED;
		if (fflush(stdout) != 0)
			e = diag_fail(
			    &c->d, ERR_IO, "", "standard output: not written");
	}
	policy_free(policy);
	if (token.p != NULL)
		secret_wipe(token.p, token.n);
	buf_free(&token);
	return e;
}
