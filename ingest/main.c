/* SPDX-License-Identifier: Apache-2.0 */
/* countermark-ingest: verifies statements and writes the log. */
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/service.h"

#include "ingest.h"
#include "ingest_conf.h"

#include "base/banned.h"

int
main(int argc, char **argv)
{
	struct service_options options;
	struct conf *conf = NULL;
	struct diag d = { 0 };
	int code =
	    service_options(&options, argc, argv, "countermark-ingest", "");

	if (code >= 0)
		return code;
	if (options.example) {
		struct buf b = buf_heap(1 << 16);
		conf_example(&b, ingest_keys, ingest_key_count);
		ssize_t n = write(STDOUT_FILENO, b.p, b.n);
		buf_free(&b);
		return n < 0;
	}
	if (options.config == NULL) {
		log_line(LOG_ERROR, "usage", "hint=\"--config FILE\"");
		return EXIT_USAGE;
	}
	if (options.verbose)
		log_set_level(LOG_DEBUG);
	if (crypto_start() != ERR_OK)
		return 1;
	if (conf_load(&conf, options.config, ingest_keys, ingest_key_count,
		&d) != ERR_OK) {
		log_diag(LOG_ERROR, "config", &d);
		return EXIT_BAD_CONFIG;
	}
	code = options.check ? ingest_check(conf) : ingest_run(conf);
	conf_free(conf);
	return code;
}
