/* SPDX-License-Identifier: Apache-2.0 */
/* Prints a file of tests/vectors/event: vectors_make statements | receipts */
#include <stdio.h>
#include <string.h>

#include "base/crypto.h"

#include "vectors_print.h"

#include "base/banned.h"

int
main(int argc, char **argv)
{
	struct buf out = buf_heap(VECTORS_MAX);
	int rc = 1;

	if (argc != 2 || crypto_start() != ERR_OK)
		return 64;
	if (strcmp(argv[1], "statements") == 0)
		vectors_statements(&out);
	else if (strcmp(argv[1], "receipts") == 0)
		vectors_receipts(&out);
	else
		return 64;
	if (buf_error(&out) == ERR_OK &&
	    fwrite(out.p, 1, out.n, stdout) == out.n)
		rc = 0;
	buf_free(&out);
	return rc;
}
