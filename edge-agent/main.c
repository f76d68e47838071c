/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/service.h"

#include "agent.h"
#include "edge_status.h"
#include "outbox_move.h"

#include "base/banned.h"

#define OUTPUT_MAX (1u << 20)

static int
edge_fail(const char *evt, const struct diag *d)
{
	log_diag(LOG_ERROR, evt, d);
	return d->code == ERR_CONFIG || d->code == ERR_UNSUPPORTED
		   ? EXIT_BAD_CONFIG
		   : 1;
}

static int
edge_run(const struct edge_conf *conf)
{
	struct agent *agent = NULL;
	struct diag d;
	enum err e;

	diag_clear(&d);
	e = agent_new(&agent, conf, STDOUT_FILENO, &d);
	if (e == ERR_OK)
		e = agent_run(agent, &d);
	agent_free(agent);
	return e == ERR_OK ? 0 : edge_fail("run", &d);
}

static int
edge_output(struct buf *b)
{
	int rc = 1;

	if (buf_error(b) == ERR_OK && fwrite(b->p, 1, b->n, stdout) == b->n &&
	    fflush(stdout) == 0)
		rc = 0;
	buf_free(b);
	return rc;
}

static int
edge_status(const struct edge_conf *conf, bool json)
{
	struct buf out = buf_heap(OUTPUT_MAX);
	struct diag d;

	diag_clear(&d);
	if (edge_status_print(&out, conf, json, &d) != ERR_OK) {
		buf_free(&out);
		return edge_fail("status", &d);
	}
	return edge_output(&out);
}

/* A file that is refused is no fault of the configuration. */
static int
edge_move(const struct edge_conf *conf, const char *command, const char *path)
{
	struct buf out = buf_heap(OUTPUT_MAX);
	struct diag d;
	enum err e;

	diag_clear(&d);
	if (strcmp(command, "export") == 0)
		e = outbox_move_export(conf, path, &out, &d);
	else
		e = outbox_move_import(conf, path, &out, &d);
	if (e == ERR_OK)
		return edge_output(&out);
	buf_free(&out);
	log_diag(LOG_ERROR, command, &d);
	return e == ERR_CONFIG ? EXIT_BAD_CONFIG : 1;
}

/* The command after the options; commands of later releases are refused by
 * name. */
static int
edge_command(const struct edge_conf *conf, int argc, char **argv)
{
	const char *command = argc > 0 ? argv[0] : "run";

	if (strcmp(command, "run") == 0 && argc <= 1)
		return edge_run(conf);
	if (strcmp(command, "status") == 0 &&
	    (argc == 1 || (argc == 2 && strcmp(argv[1], "--json") == 0)))
		return edge_status(conf, argc == 2);
	if (argc == 2 &&
	    (strcmp(command, "export") == 0 || strcmp(command, "import") == 0))
		return edge_move(conf, command, argv[1]);
	if (strcmp(command, "enrol") == 0)
		log_line(LOG_ERROR, "usage",
		    "command=%s hint=\"not in this "
		    "release\"",
		    command);
	else
		log_line(LOG_ERROR, "usage",
		    "hint=\"commands: run, status [--json], export F, "
		    "import F\"");
	return EXIT_USAGE;
}

int
main(int argc, char **argv)
{
	struct service_options o;
	struct edge_conf conf;
	struct diag d;
	int rc = service_options(&o, argc, argv, "countermark-edge",
	    "[run | enrol | status [--json] | export F | import F]");

	if (rc >= 0)
		return rc;
	(void)umask(0077);
	diag_clear(&d);
	if (o.example) {
		struct buf out = buf_heap(OUTPUT_MAX);
		edge_conf_example(&out);
		return edge_output(&out);
	}
	if (o.config == NULL) {
		log_line(LOG_ERROR, "usage", "hint=\"--config FILE\"");
		return EXIT_USAGE;
	}
	if (o.verbose)
		log_set_level(LOG_DEBUG);
	if (crypto_start() != ERR_OK)
		return 1;
	if (edge_conf_load(&conf, o.config, &d) != ERR_OK) {
		log_diag(LOG_ERROR, "config", &d);
		return EXIT_BAD_CONFIG;
	}
	rc = 0;
	if (agent_check(&conf, &d) != ERR_OK)
		rc = edge_fail("config", &d);
	else if (!o.check)
		rc =
		    edge_command(&conf, argc - o.first_arg, argv + o.first_arg);
	edge_conf_clear(&conf);
	return rc;
}
