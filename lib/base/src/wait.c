/* SPDX-License-Identifier: Apache-2.0 */
#include "base/wait.h"

#include "base/banned.h"

void
wait_init(pthread_cond_t *c)
{
	pthread_condattr_t attr;

	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(c, &attr);
	(void)pthread_condattr_destroy(&attr);
}

struct timespec
wait_end(int64_t us)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	int64_t ns = t.tv_nsec + us % 1000000 * 1000;
	t.tv_sec += (time_t)(us / 1000000 + ns / 1000000000);
	t.tv_nsec = (long)(ns % 1000000000);
	return t;
}
