/* SPDX-License-Identifier: Apache-2.0 */
#include "serial.h"

#include <stdint.h>

#include "base/crypto.h"

#include "base/banned.h"

void
serial_make(char out[SERIAL_CHARS + 1])
{
	/* 32 of them: five bits each, no bias. */
	static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	uint8_t r[SERIAL_CHARS];

	do
		random_bytes(r, sizeof(r));
	while ((r[0] & 31) == 0);
	for (unsigned i = 0; i < SERIAL_CHARS; i++)
		out[i] = alphabet[r[i] & 31];
	out[SERIAL_CHARS] = '\0';
}
