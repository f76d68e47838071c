/* SPDX-License-Identifier: Apache-2.0 */
/* Records by number: chunk by chunk at first, then by regions of many. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "map_arena.h"

#include "base/banned.h"

static void
fill(struct arena *a, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		uint32_t id = arena_take(a);

		assert_int_equal(id, i);
		memcpy(arena_at(a, id), &i, sizeof i);
	}
}

static void
stands(const struct arena *a, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		uint32_t got;

		memcpy(&got, arena_at(a, i), sizeof got);
		assert_int_equal(got, i);
	}
}

/* Records of 4 bytes: 32 chunks are two huge pages. */
static void
test_regions(void **state)
{
	const uint32_t chunk = UINT32_C(1) << ARENA_SHIFT_MAX, n = 75 * chunk;
	struct arena a;

	(void)state;
	arena_init(&a, 4, ARENA_SHIFT_MAX);
	fill(&a, n);
	stands(&a, n);
	assert_int_equal(arena_bytes(&a), 75 * (chunk * 4 + sizeof(void *)));
	/* one more begins a chunk of a region that is there */
	assert_int_equal(arena_take(&a), n);
	assert_int_equal(arena_bytes(&a), 76 * (chunk * 4 + sizeof(void *)));
	arena_clear(&a);
	assert_int_equal(arena_bytes(&a), 0);
	fill(&a, 3);
	stands(&a, 3);
	arena_clear(&a);
}

/* No multiple of a huge page. */
static void
test_small_regions(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, 12, 4);
	fill(&a, 60 * 16);
	stands(&a, 60 * 16);
	arena_clear(&a);
}

static void
test_given_back(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, 8, 2);
	fill(&a, 10);
	arena_give(&a, 3);
	arena_give(&a, 7);
	assert_int_equal(arena_take(&a), 7);
	assert_int_equal(arena_take(&a), 3);
	assert_int_equal(arena_take(&a), 10);
	arena_clear(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_regions),
		cmocka_unit_test(test_small_regions),
		cmocka_unit_test(test_given_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
