/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <pthread.h>
#include <string.h>

#include <cmocka.h>

#include "base/metrics.h"

#include "base/banned.h"

#define THREADS 4
#define ROUNDS 10000

static const double bounds[] = { 0.001, 0.01, 1 };

static void
prints_openmetrics(void **state)
{
	struct metric a = { .name = "cm_x_seen",
		.help = "seen",
		.kind = METRIC_COUNTER,
		.label = "code=\"gap\"" };
	struct metric b = { .name = "cm_x_seen",
		.help = "seen",
		.kind = METRIC_COUNTER,
		.label = "code=\"fork\"" };
	struct metric g = {
		.name = "cm_x_size", .help = "size", .kind = METRIC_GAUGE
	};
	struct metric h = { .name = "cm_x_seconds",
		.help = "time",
		.kind = METRIC_HISTOGRAM,
		.bounds = bounds,
		.bound_count = 3 };
	struct metric *const all[] = { &a, &b, &g, &h };
	struct buf out = buf_heap(4000);

	(void)state;
	metric_add(&a, 2);
	metric_add(&b, 1);
	metric_set(&g, -7);
	metric_observe(&h, 0.001);
	metric_observe(&h, 0.5);
	metric_observe(&h, 2);
	assert_int_equal(metric_value(&a), 2);
	assert_int_equal(metric_value(&g), -7);
	assert_int_equal(metric_value(&h), 3);
	metrics_print(&out, all, 4);
	assert_string_equal(buf_text(&out),
	    "# TYPE cm_x_seen counter\n# HELP cm_x_seen seen\n"
	    "cm_x_seen_total{code=\"gap\"} 2\n"
	    "cm_x_seen_total{code=\"fork\"} 1\n"
	    "# TYPE cm_x_size gauge\n# HELP cm_x_size size\ncm_x_size -7\n"
	    "# TYPE cm_x_seconds histogram\n# UNIT cm_x_seconds seconds\n"
	    "# HELP cm_x_seconds time\n"
	    "cm_x_seconds_bucket{le=\"0.001\"} 1\n"
	    "cm_x_seconds_bucket{le=\"0.01\"} 1\n"
	    "cm_x_seconds_bucket{le=\"1.0\"} 2\n"
	    "cm_x_seconds_bucket{le=\"+Inf\"} 3\n"
	    "cm_x_seconds_count 3\ncm_x_seconds_sum 2.501000\n# EOF\n");
	buf_free(&out);
}

static void *
count(void *metrics)
{
	struct metric *m = metrics;

	for (int i = 0; i < ROUNDS; i++) {
		metric_add(&m[0], 1);
		metric_observe(&m[1], 0.5);
	}
	return NULL;
}

static void
threads_lose_nothing(void **state)
{
	struct metric m[2] = {
		{ .name = "n", .help = "n", .kind = METRIC_COUNTER },
		{ .name = "h",
		    .help = "h",
		    .kind = METRIC_HISTOGRAM,
		    .bounds = bounds,
		    .bound_count = 3 },
	};
	pthread_t threads[THREADS];

	(void)state;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(
		    pthread_create(&threads[i], NULL, count, m), 0);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(metric_value(&m[0]), THREADS * ROUNDS);
	assert_int_equal(metric_value(&m[1]), THREADS * ROUNDS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prints_openmetrics),
		cmocka_unit_test(threads_lose_nothing),
	};
	return cmocka_run_group_tests_name("base.metrics", tests, NULL, NULL);
}
