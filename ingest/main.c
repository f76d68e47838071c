/* SPDX-License-Identifier: Apache-2.0 */
/* countermark-ingest: verifies statements and writes the log; with --project
 * it fills the search tables instead. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/service.h"

#include "ingest.h"
#include "ingest_conf.h"
#include "project_conf.h"
#include "projector.h"

#include "base/banned.h"

/* What the program is: a table of keys, and who checks and runs them. */
struct role {
	const struct conf_key *keys;
	size_t key_count;
	int (*check)(const struct conf *c);
	int (*run)(const struct conf *c);
};

/* Its configuration names no file that could be looked at. */
static int
nothing_more(const struct conf *c)
{
	(void)c;
	return 0;
}

/* Takes --project out of the words; true if it was there. */
static bool
take_project(int *argc, char **argv)
{
	for (int i = 1; i < *argc && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i], "--project") != 0)
			continue;
		memmove(
		    argv + i, argv + i + 1, (size_t)(*argc - i) * sizeof *argv);
		--*argc;
		return true;
	}
	return false;
}

static int
print_example(const struct role *r)
{
	struct buf b = buf_heap(1 << 16);

	conf_example(&b, r->keys, r->key_count);
	ssize_t n = write(STDOUT_FILENO, b.p, b.n);
	buf_free(&b);
	return n < 0;
}

int
main(int argc, char **argv)
{
	const bool project = take_project(&argc, argv);
	const struct role role =
	    project ? (struct role){ project_keys, project_key_count,
		    nothing_more, projector_run }
		    : (struct role){ ingest_keys, ingest_key_count,
			      ingest_check, ingest_run };
	struct service_options options;
	struct conf *conf = NULL;
	struct diag d = { 0 };
	int code = service_options(
	    &options, argc, argv, "countermark-ingest", "[--project]");

	if (code >= 0)
		return code;
	if (options.example)
		return print_example(&role);
	if (options.config == NULL) {
		log_line(LOG_ERROR, "usage", "hint=\"--config FILE\"");
		return EXIT_USAGE;
	}
	if (options.verbose)
		log_set_level(LOG_DEBUG);
	if (crypto_start() != ERR_OK)
		return 1;
	if (conf_load(&conf, options.config, role.keys, role.key_count, &d) !=
	    ERR_OK) {
		log_diag(LOG_ERROR, "config", &d);
		return EXIT_BAD_CONFIG;
	}
	code = options.check ? role.check(conf) : role.run(conf);
	conf_free(conf);
	return code;
}
