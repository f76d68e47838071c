/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include "ledger/audit.h"

#include "base/banned.h"

/* One statement may run over a whole table. */
#define REBUILD_MS 3600000

enum err
cli_rebuild(struct cli *c)
{
	const struct store_options o = {
		.conninfo = conf_text(c->conf, "database", NULL, "uri"),
		.log = conf_text(c->conf, "log", NULL, "name"),
		.program = "countermark-rebuild",
		.timeout_ms = REBUILD_MS,
	};
	struct store *s = NULL;
	uint64_t entries;
	enum err e;

	if ((e = store_open(&s, &o, &c->d)) != ERR_OK)
		return e;
	e = store_rebuild(s, &entries, &c->d);
	store_close(s);
	if (e == ERR_OK)
		json_out_int(&c->json, "entries", (int64_t)entries);
	return e;
}
