/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier.h"

#include "base/banned.h"

int
main(int argc, char **argv)
{
	return verifier_run(argc, argv);
}
