/* SPDX-License-Identifier: Apache-2.0 */
/* Hands a file of events to the gateway: all of it is checked first. */
#include "cli.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "event/did.h"
#include "event/statement.h"

#include "ledger/handover.h"
#include "ledger/import.h"

#include "base/banned.h"

/* What became of one statement that did not simply go in. */
struct mishap {
	size_t statement;
	char code[32];
	struct diag d;
};

/* Mishaps above this many are counted only. */
#define MISHAPS (HANDOVER_WINDOW + IMPORT_FAULTS)

struct work {
	const char *identity, *socket_path;
	struct buf text, did;
	struct cli_log log;
	struct import *import;
	struct handover_place *places;
	struct mishap mishaps[MISHAPS];
	size_t mishap_count; /* may be above MISHAPS */
};

static void
work_free(struct work *w)
{
	import_free(w->import);
	free(w->places);
	store_close(w->log.store);
	buf_free(&w->text);
	buf_free(&w->did);
	free(w);
}

/* ---- errors as JSON ---- */
static void
print_error(struct cli *c, const struct import_fault *at, const char *code,
    const struct diag *d)
{
	json_out_object(&c->json, NULL);
	if (at != NULL) {
		json_out_int(&c->json, "line", (int64_t)at->line);
		json_out_str(&c->json, "pointer", at->pointer);
	} else {
		json_out_null(&c->json, "line");
		json_out_null(&c->json, "pointer");
	}
	json_out_str(&c->json, "code", code);
	json_out_str(&c->json, "clause", d->clause);
	json_out_str(&c->json, "detail", d->text);
	json_out_end_object(&c->json);
}

/* An object that says that nothing was handed over and why. */
static enum err
print_unread(struct cli *c)
{
	json_out_array(&c->json, "statements");
	json_out_end_array(&c->json);
	json_out_array(&c->json, "errors");
	print_error(c, NULL, err_name(c->d.code), &c->d);
	json_out_end_array(&c->json);
	c->code = CLI_REFUSED;
	return ERR_OK;
}

static enum err
print_faults(struct cli *c, const struct import *m)
{
	const size_t n = import_fault_count(m);

	json_out_array(&c->json, "statements");
	json_out_end_array(&c->json);
	json_out_array(&c->json, "errors");
	for (size_t i = 0; i < n; i++) {
		const struct import_fault *f = import_fault(m, i);

		print_error(c, f, err_name(f->d.code), &f->d);
	}
	json_out_end_array(&c->json);
	(void)diag_fail(&c->d, import_fault(m, 0)->d.code,
	    import_fault(m, 0)->d.clause,
	    "%s: %zu%s fault%s, nothing was handed over", c->args.positional, n,
	    n == IMPORT_FAULTS ? " or more" : "", n == 1 ? "" : "s");
	c->code = CLI_REFUSED;
	return ERR_OK;
}

/* ---- the file ---- */
static enum err
read_file(struct work *w, struct cli *c)
{
	const char *path = c->args.positional;
	struct stat st;

	if (strcmp(path, "-") == 0)
		return file_read_fd(&w->text, STDIN_FILENO, "standard input",
		    IMPORT_BYTES, &c->d);
	if (stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_size > (off_t)IMPORT_BYTES)
		return diag_fail(&c->d, ERR_TOO_LARGE, "",
		    "%.120s: got %lld bytes, wanted at most %zu", path,
		    (long long)st.st_size, IMPORT_BYTES);
	return file_read(&w->text, path, IMPORT_BYTES, &c->d);
}

static bool
ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && strcmp(text + n - m, end) == 0;
}

/* Makes statements of the file; faults are in w->import. */
static enum err
plan(struct work *w, struct cli *c)
{
	const char *path = c->args.positional;
	struct import_options o = { .now_ms = clock_wall_ms() };
	enum err e =
	    did_web_device(&w->did, w->log.host, span_str(w->identity));

	o.iss = e == ERR_OK ? buf_text(&w->did) : NULL;
	if (o.iss == NULL)
		return diag_fail(&c->d, ERR_CONFIG, "formats 2.1",
		    "%.63s: no DID under %.200s", w->identity, w->log.host);
	o.lines = ends_with(path, ".jsonl") || ends_with(path, ".ndjson") ||
		  import_is_lines(buf_span(&w->text));
	return import_new(&w->import, buf_span(&w->text), &o, &c->d);
}

/* ---- the gateway ---- */
static enum err
payload(void *ctx, size_t i, struct buf *out)
{
	struct work *w = ctx;

	return import_payload(out, w->import, i);
}

static void
mishap(struct work *w, size_t i, const char *code, const struct diag *d)
{
	struct mishap *m;

	if (w->mishap_count++ >= MISHAPS)
		return;
	m = &w->mishaps[w->mishap_count - 1];
	m->statement = i;
	(void)snprintf(m->code, sizeof m->code, "%s", code);
	m->d = *d;
}

static void
refused(void *ctx, size_t i, const char *code, const struct diag *d)
{
	mishap(ctx, i, code, d);
}

static void
nacked(void *ctx, size_t i, const char *code, const char *detail)
{
	struct diag d;

	(void)diag_fail(&d, ERR_FORBIDDEN, "formats 3.3",
	    "in the ledger without effect: %.160s", detail);
	mishap(ctx, i, code, &d);
}

/* What is said of payloads that were sent and not answered. */
static void
unanswered(
    struct work *w, const struct handover_batch *b, const struct diag *why)
{
	struct diag d;

	(void)diag_fail(&d, why->code, why->clause,
	    "no answer for %zu statement%s from this one on, may be stored: "
	    "%.120s",
	    b->sent - b->answered, b->sent - b->answered == 1 ? "" : "s",
	    why->text);
	mishap(w, b->answered, err_name(why->code), &d);
}

/* ---- the answer ---- */
/* The index of the entry of a receipted statement. After a first failure of
 * the database nothing more is asked: *e keeps it. */
static void
print_index(struct work *w, const struct handover_batch *b, uint64_t seq,
    struct cli *c, enum err *e)
{
	struct store_device_head found;

	if (*e == ERR_OK && seq <= b->receipted)
		*e = store_device_statement(w->log.store, span_str(b->device),
		    b->epoch, seq, &found, &c->d);
	if (*e == ERR_OK && seq <= b->receipted)
		json_out_int(&c->json, "index", (int64_t)found.index);
	else
		json_out_null(&c->json, "index");
}

/* Each stored one; without a receipt it has no index that could be told. */
static enum err
print_statements(struct work *w, const struct handover_batch *b, struct cli *c)
{
	enum err e = ERR_OK;

	json_out_array(&c->json, "statements");
	for (size_t i = 0; i < b->count; i++) {
		if (b->places[i].seq == 0)
			continue;
		json_out_object(&c->json, NULL);
		json_out_int(&c->json, "seq", (int64_t)b->places[i].seq);
		print_index(w, b, b->places[i].seq, c, &e);
		json_out_end_object(&c->json);
	}
	json_out_end_array(&c->json);
	return e;
}

static void
print_mishaps(struct work *w, struct cli *c, enum err e)
{
	size_t n = w->mishap_count < MISHAPS ? w->mishap_count : MISHAPS;
	struct import_fault at;

	json_out_array(&c->json, "errors");
	for (size_t i = 0; i < n; i++) {
		const struct mishap *m = &w->mishaps[i];

		at.line = import_where(at.pointer, w->import, m->statement);
		print_error(c, &at, m->code, &m->d);
	}
	if (e != ERR_OK)
		print_error(c, NULL, err_name(e), &c->d);
	json_out_end_array(&c->json);
}

/* The exit code and the line on standard error. */
static void
conclude(struct work *w, const struct handover_batch *b, struct cli *c,
    enum err e, bool unknown)
{
	size_t stored = 0;
	struct diag first = c->d;

	for (size_t i = 0; i < b->count; i++)
		stored += b->places[i].seq != 0;
	if (e == ERR_OK && w->mishap_count == 0)
		return;
	if (w->mishap_count > 0)
		first = w->mishaps[0].d;
	c->code = CLI_REFUSED;
	/* What has no answer may be in the chain: that is no refusal. */
	if (b->sent > b->answered ||
	    (w->mishap_count == 0 && (e == ERR_TIMEOUT || unknown)))
		c->code = CLI_UNCONFIRMED;
	(void)diag_fail(&c->d, first.code, first.clause,
	    "%zu of %zu statements stored: %.150s", stored, b->count,
	    first.text);
}

static enum err
hand_over(struct work *w, struct cli *c)
{
	struct handover_batch b = {
		.socket_path = w->socket_path,
		.identity = w->identity,
		.content_type = CONTENT_PRODUCT,
		.deadline_ms = c->deadline_ms,
		.count = import_count(w->import),
		.ctx = w,
		.payload = payload,
		.refused = refused,
		.nacked = nacked,
	};
	struct diag d;
	enum err e, looked_up;

	w->places = calloc(b.count, sizeof *w->places);
	if (w->places == NULL)
		return diag_fail(&c->d, ERR_NOMEM, "", "out of memory");
	b.places = w->places;
	e = handover_batch(&b, &c->d);
	if (e != ERR_OK && b.sent > b.answered)
		unanswered(w, &b, &c->d);
	d = c->d;
	looked_up = print_statements(w, &b, c);
	/* What came first is told: the database is asked last. */
	if (e != ERR_OK)
		c->d = d;
	else
		e = looked_up;
	print_mishaps(w, c, b.sent > b.answered ? ERR_OK : e);
	conclude(w, &b, c, e, looked_up != ERR_OK);
	return ERR_OK;
}

/* ---- import ---- */
static enum err
choose_identity(struct work *w, struct cli *c)
{
	w->identity = cli_option(&c->args, "as");
	if (w->identity == NULL)
		w->identity = conf_text(c->conf, "gateway", NULL, "identity");
	if (w->identity == NULL)
		return diag_fail(&c->d, ERR_USAGE, "interface",
		    "--as is missing, and so is [gateway] identity");
	return cli_name(c, "--as", w->identity);
}

static enum err
run(struct work *w, struct cli *c)
{
	enum err e;

	if ((e = choose_identity(w, c)) != ERR_OK ||
	    (e = cli_need(&w->socket_path, c, "gateway", "socket")) != ERR_OK)
		return e;
	if ((e = read_file(w, c)) != ERR_OK)
		return print_unread(c);
	if ((e = cli_log_open(&w->log, c)) != ERR_OK ||
	    (e = plan(w, c)) != ERR_OK)
		return e;
	if (import_fault_count(w->import) > 0)
		return print_faults(c, w->import);
	return hand_over(w, c);
}

enum err
cli_import(struct cli *c)
{
	struct work *w = calloc(1, sizeof *w);
	enum err e;

	if (w == NULL)
		return diag_fail(&c->d, ERR_NOMEM, "", "out of memory");
	w->text = buf_heap(IMPORT_BYTES);
	w->did = buf_heap(DID_WEB_CHARS + 1);
	e = run(w, c);
	work_free(w);
	return e;
}
