/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_WAIT_H
#define BASE_WAIT_H

#include <pthread.h>
#include <stdint.h>
#include <time.h>

/*
 * Conditions that are waited for up to a moment of the monotonic clock: a wall
 * clock that is set back holds up nobody.
 */

/* As pthread_cond_init(). */
void wait_init(pthread_cond_t *c);

/* The moment so many microseconds from now, for pthread_cond_timedwait() on
 * such a condition. us: not negative. */
struct timespec wait_end(int64_t us);

#endif
