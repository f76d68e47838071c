/* SPDX-License-Identifier: Apache-2.0 */
#include "project_conf.h"

#include "base/banned.h"

const struct conf_key project_keys[] = {
	{ .section = "log",
	    .key = "name",
	    .type = CONF_TEXT,
	    .required = true,
	    .help = "name of the log" },
	{ .section = "database",
	    .key = "uri",
	    .type = CONF_TEXT,
	    .required = true,
	    .help = "libpq connection string of role countermark_projector" },
	{ .section = "project",
	    .key = "batch",
	    .type = CONF_INT,
	    .fallback = "2000",
	    .min = 1,
	    .max = 65536,
	    .help = "most entries in one transaction" },
	{ .section = "project",
	    .key = "poll_ms",
	    .type = CONF_INT,
	    .fallback = "250",
	    .min = 10,
	    .max = 60000,
	    .help = "how often to ask for a new checkpoint when idle" },
	{ .section = "project",
	    .key = "metrics_file",
	    .type = CONF_PATH,
	    .help = "OpenMetrics text, replaced each second" },
};

const size_t project_key_count = sizeof project_keys / sizeof project_keys[0];
