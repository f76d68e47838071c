/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>

#include "cli.h"

#include "base/banned.h"

int
main(int argc, char **argv)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };

	(void)sigaction(SIGPIPE, &ignore, NULL);
	return cli_run(argc, argv);
}
