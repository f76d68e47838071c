/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdlib.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/crypto.h"

#include "payload.h"
#include "station.h"

#include "base/banned.h"

#define ITEM "https://id.gs1.org/01/09506000134352/21/ABC"

static struct diag d;

static void
test_item(void **state)
{
	static const char *const texts[] = {
		"]d2010950600013435221ABC",
		"(01)09506000134352(21)ABC",
		"https://brand.example/01/09506000134352/21/ABC",
		"urn:epc:id:sgtin:9506000.013435.ABC",
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct buf b = buf_heap(512);

		assert_int_equal(
		    station_item(&b, span_str(texts[i]), &d), ERR_OK);
		assert_string_equal(buf_text(&b), ITEM);
		buf_free(&b);
	}
}

static void
test_class_is_refused(void **state)
{
	struct buf b = buf_heap(512);

	(void)state;
	assert_int_equal(station_item(&b, span_str("]E09506000134352"), &d),
	    ERR_UNSUPPORTED);
	buf_free(&b);
}

static void
test_bad_check_digit(void **state)
{
	struct buf b = buf_heap(512);

	(void)state;
	assert_int_equal(
	    station_item(&b, span_str("(01)09506000134353(21)ABC"), &d),
	    ERR_CHECK_DIGIT);
	buf_free(&b);
}

static void
check(const struct station *s, enum err wanted)
{
	struct buf doc = buf_heap(STATION_DOCUMENT_MAX);
	struct buf sub = buf_heap(1000);
	struct payload *p;

	assert_int_equal(payload_new(&p), ERR_OK);
	assert_int_equal(
	    station_document(&doc, s, span_str(ITEM), clock_wall_ms()), ERR_OK);
	assert_int_equal(payload_check(p, &sub, CONTENT_IS_PRODUCT,
			     buf_span(&doc), "did:web:x", &d),
	    wanted);
	if (wanted == ERR_OK)
		assert_string_equal(buf_text(&sub), ITEM);
	payload_free(p);
	buf_free(&doc);
	buf_free(&sub);
}

static void
test_event_is_valid(void **state)
{
	const struct station s = {
		.biz_step = "commissioning",
		.action = "ADD",
		.disposition = "active",
		.read_point = "https://id.gs1.org/414/9506000111118",
		.biz_location = "https://id.gs1.org/414/9506000111118",
	};

	(void)state;
	check(&s, ERR_OK);
}

static void
test_bare_event_is_valid(void **state)
{
	const struct station s = { .action = "OBSERVE" };

	(void)state;
	check(&s, ERR_OK);
}

static void
test_unknown_step_is_refused(void **state)
{
	const struct station s = { .biz_step = "vanishing",
		.action = "OBSERVE" };

	(void)state;
	check(&s, ERR_SCHEMA);
}

static void
test_zones(void **state)
{
	const struct station s = { .action = "OBSERVE" };
	static const char *const zones[] = { "UTC0", "XXX-14", "XXX+9:30" };

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(setenv("TZ", zones[i], 1), 0);
		check(&s, ERR_OK);
	}
	assert_int_equal(unsetenv("TZ"), 0);
}

static void
test_registry_payload(void **state)
{
	struct buf sub = buf_heap(1000);
	struct payload *p;

	(void)state;
	assert_int_equal(payload_new(&p), ERR_OK);
	assert_int_equal(
	    payload_check(p, &sub, CONTENT_IS_REGISTRY,
		span_str("{\"type\":\"heartbeat\",\"id\":\"dock-1\","
			 "\"op\":\"set\",\"from\":1}"),
		"did:web:x", &d),
	    ERR_OK);
	assert_string_equal(buf_text(&sub), "dock-1");
	assert_int_equal(
	    payload_check(p, &sub, CONTENT_IS_REGISTRY,
		span_str("{\"type\":\"heartbeat\"}"), "did:web:x", &d),
	    ERR_SCHEMA);
	payload_free(p);
	buf_free(&sub);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_item),
		cmocka_unit_test(test_class_is_refused),
		cmocka_unit_test(test_bad_check_digit),
		cmocka_unit_test(test_event_is_valid),
		cmocka_unit_test(test_bare_event_is_valid),
		cmocka_unit_test(test_unknown_step_is_refused),
		cmocka_unit_test(test_zones),
		cmocka_unit_test(test_registry_payload),
	};
	return crypto_start() != ERR_OK ||
	       cmocka_run_group_tests(tests, NULL, NULL);
}
