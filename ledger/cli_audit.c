/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "ledger/audit.h"
#include "ledger/policy.h"

#include "base/banned.h"

#define TELL_MS 1000

struct tell {
	int64_t at_ms;
};

static void
print_fault(void *ctx, const struct audit_fault *f)
{
	(void)ctx;
	(void)printf("table=%s row=%s field=%s got=%s want=%s proofs=%s\n",
	    f->table, f->row, f->field, f->got, f->want,
	    f->affected ? "affected" : "intact");
}

static void
print_progress(void *ctx, uint64_t done, uint64_t size)
{
	struct tell *t = ctx;
	int64_t now = clock_mono_ms();

	if (now - t->at_ms < TELL_MS)
		return;
	t->at_ms = now;
	(void)fprintf(
	    stderr, "audit: %" PRIu64 " of %" PRIu64 " entries\n", done, size);
}

static enum err
run(struct cli *c, struct store *s, struct buf *policy, uint64_t since)
{
	struct tell tell = { clock_mono_ms() };
	struct audit_options o = { .since = since,
		.fault = print_fault,
		.progress = print_progress,
		.ctx = &tell };
	struct audit_result result;
	struct note_key key;
	char path[4096];
	enum err e;

	if ((e = cli_key_path(path, sizeof path, c, "policy")) != ERR_OK ||
	    (e = file_read(policy, path, POLICY_BYTES, &c->d)) != ERR_OK ||
	    (e = cli_policy_key(
		 &key, buf_span(policy), audit_origin(s), &c->d)) != ERR_OK)
		return e;
	o.key = &key;
	o.policy = hash_bytes(buf_span(policy));
	if ((e = audit_run(&result, s, &o, &c->d)) != ERR_OK)
		return e;
	if (result.map_from > 0)
		(void)fprintf(stderr,
		    "audit: map of the entries below %" PRIu64
		    ": from its tables, not made again\n",
		    result.map_from);
	(void)printf("entries=%" PRIu64 " faults=%" PRIu64 "\n", result.entries,
	    result.faults);
	if (fflush(stdout) != 0)
		return diag_fail(
		    &c->d, ERR_IO, "", "standard output: not written");
	c->code = result.faults == 0 ? CLI_DONE : CLI_REFUSED;
	return ERR_OK;
}

static enum err
audit_store(struct cli *c)
{
	const struct store_options o = {
		.conninfo = conf_text(c->conf, "database", NULL, "uri"),
		.log = conf_text(c->conf, "log", NULL, "name"),
		.program = "countermark-audit",
		.timeout_ms = (int)c->args.timeout_ms,
	};
	const char *since = cli_option(&c->args, "since");
	struct buf policy = buf_heap(POLICY_BYTES);
	struct store *s = NULL;
	uint64_t from = 0;
	enum err e;

	if (since != NULL &&
	    u64_parse(&from, span_str(since), INT64_MAX) != ERR_OK)
		return diag_fail(&c->d, ERR_USAGE, "interface",
		    "--since %.40s: wanted a number of entries", since);
	if ((e = store_open(&s, &o, &c->d)) == ERR_OK)
		e = run(c, s, &policy, from);
	store_close(s);
	buf_free(&policy);
	return e;
}

enum err
cli_audit(struct cli *c)
{
	c->lines = true;
	return cli_option(&c->args, "from-tiles") != NULL ? cli_audit_tiles(c)
							  : audit_store(c);
}
