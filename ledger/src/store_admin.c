/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/store.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"

#include "store_internal.h"

#include "base/banned.h"

#define MIGRATIONS_MAX 1000
#define SCRIPT_MAX ((size_t)1 << 20)
/* Schema changes on big tables take their time. */
#define ADMIN_TIMEOUT_MS 600000

/* ---- the files ---- */
struct script {
	unsigned number; /* 0: not seen */
	char name[64];   /* NNNN_what.sql */
};

static enum err
script_of(struct script *list, const char *name, struct diag *d)
{
	uint64_t number = 0;
	size_t n = strlen(name);
	struct span digits = span_of(name, 4);

	if (n < 5 || strcmp(name + n - 4, ".sql") != 0)
		return ERR_OK;
	while (digits.n > 1 && digits.p[0] == '0')
		digits = span_skip(digits, 1);
	if (n < 10 || n >= sizeof list->name || name[4] != '_' ||
	    u64_parse(&number, digits, MIGRATIONS_MAX - 1) != ERR_OK ||
	    number == 0)
		return diag_fail(d, ERR_CONFIG, "",
		    "schema file %.100s: wanted NNNN_what.sql", name);
	if (list[number].number != 0)
		return diag_fail(d, ERR_CONFIG, "",
		    "schema files %s and %.60s: the number is there twice",
		    list[number].name, name);
	list[number].number = (unsigned)number;
	(void)snprintf(list[number].name, sizeof list[number].name, "%s", name);
	return ERR_OK;
}

/* list has MIGRATIONS_MAX places; *count files without a gap from 1. */
static enum err
scripts_find(
    struct script *list, unsigned *count, const char *dir, struct diag *d)
{
	DIR *folder = opendir(dir);
	struct dirent *item;
	unsigned files = 0, run = 0;
	enum err e = ERR_OK;

	if (folder == NULL)
		return diag_fail(d, ERR_IO, "", "schema folder %.120s: %s", dir,
		    strerror(errno));
	while (e == ERR_OK && (item = readdir(folder)) != NULL)
		e = script_of(list, item->d_name, d);
	(void)closedir(folder);
	if (e != ERR_OK)
		return e;
	for (unsigned i = 1; i < MIGRATIONS_MAX; i++)
		files += list[i].number != 0;
	while (run + 1 < MIGRATIONS_MAX && list[run + 1].number != 0)
		run++;
	if (run == 0 || run != files)
		return diag_fail(d, ERR_CONFIG, "",
		    "schema folder %.100s: got %u files, number %04u is "
		    "missing",
		    dir, files, run + 1);
	*count = run;
	return ERR_OK;
}

/* ---- running them ---- */
/* How many have run; refuses a database made by other files. */
static enum err
done_already(struct pg *pg, const struct script *list, unsigned count,
    unsigned *done, struct diag *d)
{
	struct pg_result *r = NULL;
	enum err e;
	bool ready;

	*done = 0;
	if ((e = store_call(pg, Q_MIGRATION_READY, NULL, &r, d)) != ERR_OK)
		return e;
	ready = pg_bool(r, 0, 0);
	pg_free(r);
	if (!ready)
		return ERR_OK;
	if ((e = store_call(pg, Q_MIGRATION_LIST, NULL, &r, d)) != ERR_OK)
		return e;
	for (size_t i = 0; i < pg_rows(r) && e == ERR_OK; i++) {
		struct span name = pg_span(r, i, 1);

		if (i >= count || pg_int(r, i, 0) != (int64_t)i + 1 ||
		    !span_is(name, list[i + 1].name))
			e = diag_fail(d, ERR_STATE, "",
			    "schema: the database has run %.*s, this program "
			    "does not know it there",
			    (int)(name.n > 64 ? 64 : name.n),
			    (const char *)name.p);
	}
	*done = (unsigned)pg_rows(r);
	pg_free(r);
	return e;
}

static enum err
script_run(
    struct pg *pg, const char *dir, const struct script *s, struct diag *d)
{
	struct buf text = buf_heap(SCRIPT_MAX);
	struct pg_args a = { .n = 0 };
	char path[4096];
	struct diag why = { .code = ERR_OK };
	enum err e;

	(void)snprintf(path, sizeof path, "%s/%s", dir, s->name);
	e = file_read(&text, path, SCRIPT_MAX, d);
	if (e != ERR_OK || buf_text(&text) == NULL)
		goto out;
	pg_deadline(pg);
	if ((e = pg_script(pg, buf_text(&text), &why)) != ERR_OK) {
		e = diag_fail(d, e, "", "%s: %.140s", s->name, why.text);
		goto out;
	}
	pg_arg_i32(&a, (int32_t)s->number);
	pg_arg_text(&a, s->name);
	e = store_call(pg, Q_MIGRATION_PUT, &a, NULL, d);
out:
	buf_free(&text);
	return e;
}

static enum err
begin_locked(struct pg *pg, struct diag *d)
{
	const struct pg_step steps[] = {
		{ &pg_begin, NULL, NULL },
		{ &store_statements[Q_MIGRATION_LOCK], NULL, NULL },
	};

	pg_deadline(pg);
	return pg_run(pg, steps, 2, d);
}

static enum err
commit(struct pg *pg, struct diag *d)
{
	const struct pg_step step = { &pg_commit, NULL, NULL };

	pg_deadline(pg);
	return pg_run(pg, &step, 1, d);
}

/* One file in a transaction of its own, under the migrations' lock; *more is
 * false when all have run. */
static enum err
migrate_next(struct pg *pg, const char *dir, const struct script *list,
    unsigned count, bool *more, struct diag *d)
{
	unsigned done = 0;
	enum err e;

	*more = false;
	if ((e = begin_locked(pg, d)) != ERR_OK)
		goto err;
	if ((e = done_already(pg, list, count, &done, d)) != ERR_OK)
		goto err;
	if (done < count) {
		*more = true;
		e = script_run(pg, dir, &list[done + 1], d);
		if (e != ERR_OK)
			goto err;
	}
	if ((e = commit(pg, d)) != ERR_OK)
		goto err;
	return ERR_OK;
err:
	pg_abandon(pg);
	return e;
}

/* Like migrate_next: a table in a transaction of its own, so that a run that
 * was cut off goes on where it stopped. */
static enum err
distribute_next(struct pg *pg, bool *more, struct diag *d)
{
	enum err e;

	*more = false;
	if ((e = begin_locked(pg, d)) != ERR_OK)
		goto err;
	if ((e = store_citus_next(pg, more, d)) != ERR_OK)
		goto err;
	if ((e = commit(pg, d)) != ERR_OK)
		goto err;
	return ERR_OK;
err:
	pg_abandon(pg);
	return e;
}

/* Tables of a later schema file join those that are distributed already. */
static enum err
distribute(struct pg *pg, bool wanted, struct diag *d)
{
	bool more = wanted;
	enum err e = ERR_OK;

	if (!wanted)
		e = store_citus_done(pg, &more, d);
	while (e == ERR_OK && more)
		e = distribute_next(pg, &more, d);
	return e;
}

enum err
store_migrate(const char *conninfo, const char *dir, bool distributed,
    unsigned *ran, struct diag *d)
{
	struct script *list = calloc(MIGRATIONS_MAX, sizeof(*list));
	struct pg *pg = NULL;
	unsigned count = 0;
	bool more = true, citus = false;
	enum err e;

	*ran = 0;
	if (list == NULL)
		return diag_fail(d, ERR_NOMEM, "", "migrate: out of memory");
	if ((e = scripts_find(list, &count, dir, d)) != ERR_OK)
		goto out;
	e = store_connect(
	    &pg, conninfo, "countermark", ADMIN_TIMEOUT_MS, false, d);
	if (e != ERR_OK)
		goto out;
	/* first: where it is refused nothing is made */
	e = store_citus_there(pg, distributed, &citus, d);
	while (e == ERR_OK && more) {
		e = migrate_next(pg, dir, list, count, &more, d);
		*ran += e == ERR_OK && more;
	}
	if (e == ERR_OK && citus)
		e = distribute(pg, distributed, d);
out:
	pg_close(pg);
	free(list);
	return e;
}

enum err
store_create_log(const char *conninfo, const char *log, const char *origin,
    struct span genesis, struct diag *d)
{
	struct hash leaf = merkle_leaf(genesis), start = chain_start(origin);
	struct hash chain = chain_next(&start, &leaf);
	struct pg_args a = { .n = 0 };
	struct pg *pg = NULL;
	enum err e;

	e = store_connect(
	    &pg, conninfo, "countermark", STORE_TIMEOUT_MS, false, d);
	if (e != ERR_OK)
		return e;
	pg_arg_text(&a, log);
	pg_arg_text(&a, origin);
	pg_arg_i64(&a, clock_wall_ms());
	pg_arg_bytes(&a, hash_span(&leaf));
	pg_arg_bytes(&a, hash_span(&chain));
	pg_arg_bytes(&a, genesis);
	e = store_call(pg, Q_LOG_CREATE, &a, NULL, d);
	if (e == ERR_EXISTS)
		e = diag_fail(d, e, "", "log %.63s: log exists", log);
	pg_close(pg);
	return e;
}
