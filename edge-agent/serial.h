/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EDGE_AGENT_SERIAL_H
#define EDGE_AGENT_SERIAL_H

/*
 * A serial number that cannot be guessed (gs1.md 1.5, formats 5.5): 20
 * characters of 0-9A-Z without I, L, O, U, the first one not 0; 99 random
 * bits.
 */
#define SERIAL_CHARS 20

void serial_make(char out[SERIAL_CHARS + 1]);

#endif
