/* SPDX-License-Identifier: Apache-2.0 */
#include "store_internal.h"

#include "base/banned.h"

#define TABLE_NAME 64

enum err
store_citus_there(struct pg *pg, bool wanted, bool *there, struct diag *d)
{
	struct pg_result *r = NULL;
	bool on_server;
	enum err e;

	*there = false;
	if ((e = store_call(pg, Q_CITUS, NULL, &r, d)) != ERR_OK)
		return e;
	on_server = pg_bool(r, 0, 0);
	*there = pg_bool(r, 0, 1);
	pg_free(r);
	if (!wanted || *there)
		return ERR_OK;
	if (on_server)
		return diag_fail(d, ERR_UNSUPPORTED, "",
		    "--distributed: extension citus is not in this database: "
		    "as superuser CREATE EXTENSION citus on every node");
	return diag_fail(d, ERR_UNSUPPORTED, "",
	    "--distributed: extension citus is not on this server: install "
	    "Citus (not in Debian: docs/citus.md), shared_preload_libraries = "
	    "'citus', restart, CREATE EXTENSION citus");
}

enum err
store_citus_done(struct pg *pg, bool *done, struct diag *d)
{
	struct pg_result *r = NULL;
	enum err e;

	*done = false;
	if ((e = store_call(pg, Q_CITUS_DONE, NULL, &r, d)) != ERR_OK)
		return e;
	*done = pg_bool(r, 0, 0);
	pg_free(r);
	return ERR_OK;
}

/* Gives Citus the table of row 0, stripped of our triggers. */
static enum err
hand_over(struct pg *pg, const struct pg_result *next, struct diag *d)
{
	char name[TABLE_NAME], group[TABLE_NAME];
	bool everywhere = pg_bool(next, 0, 1);
	struct diag why = { .code = ERR_OK };
	struct pg_args a = { .n = 0 };
	struct pg_result *r = NULL;
	enum err e;

	if (!pg_text(name, sizeof name, next, 0, 0) ||
	    !pg_text(group, sizeof group, next, 0, 2))
		return store_damaged("pg_class", d);
	pg_arg_text(&a, name);
	if (!everywhere)
		pg_arg_text(&a, group);
	e = store_call(pg, Q_CITUS_BARE, NULL, NULL, &why);
	if (e == ERR_OK)
		e = store_call(pg, everywhere ? Q_CITUS_WHOLE : Q_CITUS_SPREAD,
		    &a, &r, &why);
	pg_free(r);
	if (e != ERR_OK)
		return diag_fail(d, e, "", "--distributed: table %.63s: %.160s",
		    name, why.text);
	return ERR_OK;
}

enum err
store_citus_next(struct pg *pg, bool *more, struct diag *d)
{
	struct pg_result *next = NULL;
	enum err e;

	*more = false;
	if ((e = store_call(pg, Q_CITUS_NEXT, NULL, &next, d)) != ERR_OK)
		return e;
	if (pg_rows(next) > 0) {
		*more = true;
		e = hand_over(pg, next, d);
	}
	pg_free(next);
	return e;
}
