/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "base/buf.h"

#define BOOT_BYTES 16
#define RFC3339_CHARS 24 /* 2026-11-24T12:00:00.000Z */

int64_t clock_wall_ms(void); /* milliseconds UTC since 1970 */
int64_t clock_mono_ms(void); /* since boot, goes on in suspend */
int64_t clock_mono_us(void);
/* When to do again what began then and has just ended: after at least
 * least_ms, and so that it takes at most one part in share of the time. */
int64_t clock_again_ms(
    int64_t began_ms, int64_t ended_ms, int64_t least_ms, int64_t share);

/* The kernel's boot id (16 bytes); zero bytes where there is none. */
void clock_boot_id(uint8_t out[BOOT_BYTES]);

/* How far the wall clock may be trusted, formats.md 1.4: 1 rtc, 2 ntp
 * (the kernel says synchronised). */
unsigned clock_quality(void);

/* "2026-11-24T12:00:00.000Z"; out needs RFC3339_CHARS + 1. */
void rfc3339_print(char *out, int64_t t_ms);

/* RFC 3339 with zone, real calendar date, any number of fraction digits
 * (cut to ms), seconds 00-59. ERR_SYNTAX. Spec: epcis.md 1.3. */
enum err rfc3339_parse(int64_t *out_ms, struct span text) CM_MUST_USE;

#endif
