/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gs1/gs1.h"

#include "base/banned.h"

/*
 * Every AI of the Syntax Dictionary with a value of its greatest length where
 * the content allows; check digits by hand from gs1.md 5.1, the IBAN is the
 * example of ISO 13616.
 */
struct entry {
	unsigned low;
	unsigned high; /* the last AI of a range */
	int digits;
	size_t longest; /* characters of a value */
	const char *value;
};

static const struct entry entries[] = {
	{ 0, 0, 2, 18, "950600013435200008" },
	{ 1, 1, 2, 14, "95060001343528" },
	{ 2, 2, 2, 14, "95060001343528" },
	{ 3, 3, 2, 14, "95060001343528" },
	{ 10, 10, 2, 20, "95060A!\"zkkkkkkkkkkk" },
	{ 11, 11, 2, 6, "280200" },
	{ 12, 12, 2, 6, "280200" },
	{ 13, 13, 2, 6, "280200" },
	{ 15, 15, 2, 6, "280200" },
	{ 16, 16, 2, 6, "280200" },
	{ 17, 17, 2, 6, "280200" },
	{ 20, 20, 2, 2, "12" },
	{ 21, 21, 2, 20, "95060A!\"zkkkkkkkkkkk" },
	{ 22, 22, 2, 20, "95060A!\"zkkkkkkkkkkk" },
	{ 235, 235, 3, 28, "95060A!\"zkkkkkkkkkkkkkkkkkkk" },
	{ 240, 240, 3, 30, "95060A!\"zkkkkkkkkkkkkkkkkkkkkk" },
	{ 241, 241, 3, 30, "95060A!\"zkkkkkkkkkkkkkkkkkkkkk" },
	{ 242, 242, 3, 6, "123456" },
	{ 243, 243, 3, 20, "95060A!\"zkkkkkkkkkkk" },
	{ 250, 250, 3, 30, "95060A!\"zkkkkkkkkkkkkkkkkkkkkk" },
	{ 251, 251, 3, 30, "95060A!\"zkkkkkkkkkkkkkkkkkkkkk" },
	{ 253, 253, 3, 30, "950600013435295060A!\"zkkkkkkkk" },
	{ 254, 254, 3, 20, "95060A!\"zkkkkkkkkkkk" },
	{ 255, 255, 3, 25, "9506000134352123456789012" },
	{ 30, 30, 2, 8, "12345678" },
	{ 3100, 3105, 4, 6, "123456" },
	{ 3110, 3115, 4, 6, "123456" },
	{ 3120, 3125, 4, 6, "123456" },
	{ 3130, 3135, 4, 6, "123456" },
	{ 3140, 3145, 4, 6, "123456" },
	{ 3150, 3155, 4, 6, "123456" },
	{ 3160, 3165, 4, 6, "123456" },
	{ 3200, 3205, 4, 6, "123456" },
	{ 3210, 3215, 4, 6, "123456" },
	{ 3220, 3225, 4, 6, "123456" },
	{ 3230, 3235, 4, 6, "123456" },
	{ 3240, 3245, 4, 6, "123456" },
	{ 3250, 3255, 4, 6, "123456" },
	{ 3260, 3265, 4, 6, "123456" },
	{ 3270, 3275, 4, 6, "123456" },
	{ 3280, 3285, 4, 6, "123456" },
	{ 3290, 3295, 4, 6, "123456" },
	{ 3300, 3305, 4, 6, "123456" },
	{ 3310, 3315, 4, 6, "123456" },
	{ 3320, 3325, 4, 6, "123456" },
	{ 3330, 3335, 4, 6, "123456" },
	{ 3340, 3345, 4, 6, "123456" },
	{ 3350, 3355, 4, 6, "123456" },
	{ 3360, 3365, 4, 6, "123456" },
	{ 3370, 3375, 4, 6, "123456" },
	{ 3400, 3405, 4, 6, "123456" },
	{ 3410, 3415, 4, 6, "123456" },
	{ 3420, 3425, 4, 6, "123456" },
	{ 3430, 3435, 4, 6, "123456" },
	{ 3440, 3445, 4, 6, "123456" },
	{ 3450, 3455, 4, 6, "123456" },
	{ 3460, 3465, 4, 6, "123456" },
	{ 3470, 3475, 4, 6, "123456" },
	{ 3480, 3485, 4, 6, "123456" },
	{ 3490, 3495, 4, 6, "123456" },
	{ 3500, 3505, 4, 6, "123456" },
	{ 3510, 3515, 4, 6, "123456" },
	{ 3520, 3525, 4, 6, "123456" },
	{ 3530, 3535, 4, 6, "123456" },
	{ 3540, 3545, 4, 6, "123456" },
	{ 3550, 3555, 4, 6, "123456" },
	{ 3560, 3565, 4, 6, "123456" },
	{ 3570, 3575, 4, 6, "123456" },
	{ 3600, 3605, 4, 6, "123456" },
	{ 3610, 3615, 4, 6, "123456" },
	{ 3620, 3625, 4, 6, "123456" },
	{ 3630, 3635, 4, 6, "123456" },
	{ 3640, 3645, 4, 6, "123456" },
	{ 3650, 3655, 4, 6, "123456" },
	{ 3660, 3665, 4, 6, "123456" },
	{ 3670, 3675, 4, 6, "123456" },
	{ 3680, 3685, 4, 6, "123456" },
	{ 3690, 3695, 4, 6, "123456" },
	{ 37, 37, 2, 8, "12345678" },
	{ 3900, 3909, 4, 15, "123456789012345" },
	{ 3910, 3919, 4, 18, "978123456789012345" },
	{ 3920, 3929, 4, 15, "123456789012345" },
	{ 3930, 3939, 4, 18, "978123456789012345" },
	{ 3940, 3943, 4, 4, "1234" },
	{ 3950, 3955, 4, 6, "123456" },
	{ 400, 400, 3, 30, "95060A!\"zkkkkkkkkkkkkkkkkkkkkk" },
	{ 401, 401, 3, 30, "95060A!\"zkkkkkkkkkkkkkkkkkkkkk" },
	{ 402, 402, 3, 17, "95060001343520000" },
	{ 403, 403, 3, 30, "95060A!\"zkkkkkkkkkkkkkkkkkkkkk" },
	{ 410, 410, 3, 13, "9506000134352" },
	{ 411, 411, 3, 13, "9506000134352" },
	{ 412, 412, 3, 13, "9506000134352" },
	{ 413, 413, 3, 13, "9506000134352" },
	{ 414, 414, 3, 13, "9506000134352" },
	{ 415, 415, 3, 13, "9506000134352" },
	{ 416, 416, 3, 13, "9506000134352" },
	{ 417, 417, 3, 13, "9506000134352" },
	{ 420, 420, 3, 20, "95060A!\"zkkkkkkkkkkk" },
	{ 421, 421, 3, 12, "27695060A!\"z" },
	{ 422, 422, 3, 3, "276" },
	{ 423, 423, 3, 15, "276276276276276" },
	{ 424, 424, 3, 3, "276" },
	{ 425, 425, 3, 15, "276276276276276" },
	{ 426, 426, 3, 3, "276" },
	{ 427, 427, 3, 3, "950" },
	{ 4300, 4300, 4, 35, "A%20bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb" },
	{ 4301, 4301, 4, 35, "A%20bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb" },
	{ 4302, 4302, 4, 70,
	    "A%20bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	    "bbbbbbbbbb" },
	{ 4303, 4303, 4, 70,
	    "A%20bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	    "bbbbbbbbbb" },
	{ 4304, 4304, 4, 70,
	    "A%20bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	    "bbbbbbbbbb" },
	{ 4305, 4305, 4, 70,
	    "A%20bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	    "bbbbbbbbbb" },
	{ 4306, 4306, 4, 70,
	    "A%20bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	    "bbbbbbbbbb" },
	{ 4307, 4307, 4, 2, "DE" },
	{ 4308, 4308, 4, 30, "95060A!\"zkkkkkkkkkkkkkkkkkkkkk" },
	{ 4309, 4309, 4, 20, "18000000003600000000" },
	{ 4310, 4310, 4, 35, "A%20bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb" },
	{ 4311, 4311, 4, 35, "A%20bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb" },
	{ 4312, 4312, 4, 70,
	    "A%20bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	    "bbbbbbbbbb" },
	{ 4313, 4313, 4, 70,
	    "A%20bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	    "bbbbbbbbbb" },
	{ 4314, 4314, 4, 70,
	    "A%20bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	    "bbbbbbbbbb" },
	{ 4315, 4315, 4, 70,
	    "A%20bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	    "bbbbbbbbbb" },
	{ 4316, 4316, 4, 70,
	    "A%20bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	    "bbbbbbbbbb" },
	{ 4317, 4317, 4, 2, "DE" },
	{ 4318, 4318, 4, 20, "95060A!\"zkkkkkkkkkkk" },
	{ 4319, 4319, 4, 30, "95060A!\"zkkkkkkkkkkkkkkkkkkkkk" },
	{ 4320, 4320, 4, 35, "A%20bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb" },
	{ 4321, 4321, 4, 1, "1" },
	{ 4322, 4322, 4, 1, "1" },
	{ 4323, 4323, 4, 1, "1" },
	{ 4324, 4324, 4, 10, "2802002359" },
	{ 4325, 4325, 4, 10, "2802002359" },
	{ 4326, 4326, 4, 6, "280229" },
	{ 4330, 4330, 4, 7, "123456-" },
	{ 4331, 4331, 4, 7, "123456-" },
	{ 4332, 4332, 4, 7, "123456-" },
	{ 4333, 4333, 4, 7, "123456-" },
	{ 7001, 7001, 4, 13, "1234567890123" },
	{ 7002, 7002, 4, 30, "95060A!\"zkkkkkkkkkkkkkkkkkkkkk" },
	{ 7003, 7003, 4, 10, "2802292359" },
	{ 7004, 7004, 4, 4, "1234" },
	{ 7005, 7005, 4, 12, "95060A!\"zkkk" },
	{ 7006, 7006, 4, 6, "280229" },
	{ 7007, 7007, 4, 12, "280229280229" },
	{ 7008, 7008, 4, 3, "950" },
	{ 7009, 7009, 4, 10, "95060A!\"zk" },
	{ 7010, 7010, 4, 2, "95" },
	{ 7011, 7011, 4, 10, "2802292359" },
	{ 7020, 7020, 4, 20, "95060A!\"zkkkkkkkkkkk" },
	{ 7021, 7021, 4, 20, "95060A!\"zkkkkkkkkkkk" },
	{ 7022, 7022, 4, 20, "95060A!\"zkkkkkkkkkkk" },
	{ 7023, 7023, 4, 30, "95060A!\"zkkkkkkkkkkkkkkkkkkkkk" },
	{ 7030, 7030, 4, 30, "99995060A!\"zkkkkkkkkkkkkkkkkkk" },
	{ 7031, 7031, 4, 30, "99995060A!\"zkkkkkkkkkkkkkkkkkk" },
	{ 7032, 7032, 4, 30, "99995060A!\"zkkkkkkkkkkkkkkkkkk" },
	{ 7033, 7033, 4, 30, "99995060A!\"zkkkkkkkkkkkkkkkkkk" },
	{ 7034, 7034, 4, 30, "99995060A!\"zkkkkkkkkkkkkkkkkkk" },
	{ 7035, 7035, 4, 30, "99995060A!\"zkkkkkkkkkkkkkkkkkk" },
	{ 7036, 7036, 4, 30, "99995060A!\"zkkkkkkkkkkkkkkkkkk" },
	{ 7037, 7037, 4, 30, "99995060A!\"zkkkkkkkkkkkkkkkkkk" },
	{ 7038, 7038, 4, 30, "99995060A!\"zkkkkkkkkkkkkkkkkkk" },
	{ 7039, 7039, 4, 30, "99995060A!\"zkkkkkkkkkkkkkkkkkk" },
	{ 7040, 7040, 4, 4, "199_" },
	{ 7041, 7041, 4, 4, "PX" },
	{ 710, 710, 3, 20, "95060A!\"zkkkkkkkkkkk" },
	{ 711, 711, 3, 20, "95060A!\"zkkkkkkkkkkk" },
	{ 712, 712, 3, 20, "95060A!\"zkkkkkkkkkkk" },
	{ 713, 713, 3, 20, "95060A!\"zkkkkkkkkkkk" },
	{ 714, 714, 3, 20, "95060A!\"zkkkkkkkkkkk" },
	{ 715, 715, 3, 20, "95060A!\"zkkkkkkkkkkk" },
	{ 716, 716, 3, 20, "95060A!\"zkkkkkkkkkkk" },
	{ 717, 717, 3, 20, "95060A!\"zkkkkkkkkkkk" },
	{ 7230, 7230, 4, 30, "9595060A!\"zkkkkkkkkkkkkkkkkkkk" },
	{ 7231, 7231, 4, 30, "9595060A!\"zkkkkkkkkkkkkkkkkkkk" },
	{ 7232, 7232, 4, 30, "9595060A!\"zkkkkkkkkkkkkkkkkkkk" },
	{ 7233, 7233, 4, 30, "9595060A!\"zkkkkkkkkkkkkkkkkkkk" },
	{ 7234, 7234, 4, 30, "9595060A!\"zkkkkkkkkkkkkkkkkkkk" },
	{ 7235, 7235, 4, 30, "9595060A!\"zkkkkkkkkkkkkkkkkkkk" },
	{ 7236, 7236, 4, 30, "9595060A!\"zkkkkkkkkkkkkkkkkkkk" },
	{ 7237, 7237, 4, 30, "9595060A!\"zkkkkkkkkkkkkkkkkkkk" },
	{ 7238, 7238, 4, 30, "9595060A!\"zkkkkkkkkkkkkkkkkkkk" },
	{ 7239, 7239, 4, 30, "9595060A!\"zkkkkkkkkkkkkkkkkkkk" },
	{ 7240, 7240, 4, 20, "95060A!\"zkkkkkkkkkkk" },
	{ 7241, 7241, 4, 2, "80" },
	{ 7242, 7242, 4, 25, "95060A!\"zkkkkkkkkkkkkkkkk" },
	{ 7250, 7250, 4, 8, "20000229" },
	{ 7251, 7251, 4, 12, "200002292359" },
	{ 7252, 7252, 4, 1, "9" },
	{ 7253, 7253, 4, 40, "A%20bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb" },
	{ 7254, 7254, 4, 40, "A%20bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb" },
	{ 7255, 7255, 4, 10, "95060A!\"zk" },
	{ 7256, 7256, 4, 90,
	    "A%20bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	    "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb" },
	{ 7257, 7257, 4, 70,
	    "A%20bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	    "bbbbbbbbbb" },
	{ 7258, 7258, 4, 3, "2/3" },
	{ 7259, 7259, 4, 40, "A%20bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb" },
	{ 8001, 8001, 4, 14, "00010000100191" },
	{ 8002, 8002, 4, 20, "95060A!\"zkkkkkkkkkkk" },
	{ 8003, 8003, 4, 30, "0950600013435295060A!\"zkkkkkkk" },
	{ 8004, 8004, 4, 30, "95060A!\"zkkkkkkkkkkkkkkkkkkkkk" },
	{ 8005, 8005, 4, 6, "123456" },
	{ 8006, 8006, 4, 18, "950600013435280203" },
	{ 8007, 8007, 4, 34, "DE75512108001245126199" },
	{ 8008, 8008, 4, 12, "280229235959" },
	{ 8009, 8009, 4, 50,
	    "95060A!\"zkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk" },
	{ 8010, 8010, 4, 30, "9506000A#-/ZZZZZZZZZZZZZZZZZZZ" },
	{ 8011, 8011, 4, 12, "100000000000" },
	{ 8012, 8012, 4, 20, "95060A!\"zkkkkkkkkkkk" },
	{ 8013, 8013, 4, 25, "1987654Ad4X4bL5ttr2310c2K" },
	{ 8014, 8014, 4, 25, "1987654Ad4X4bL5ttr2310c2K" },
	{ 8017, 8017, 4, 18, "950600013435200008" },
	{ 8018, 8018, 4, 18, "950600013435200008" },
	{ 8019, 8019, 4, 10, "1234567890" },
	{ 8020, 8020, 4, 25, "95060A!\"zkkkkkkkkkkkkkkkk" },
	{ 8026, 8026, 4, 18, "950600013435280203" },
	{ 8030, 8030, 4, 90,
	    "Aa0-_Aa0-_Aa0-_Aa0-_Aa0-_Aa0-_Aa0-_Aa0-_Aa0-_Aa0-_Aa0-_Aa0-_"
	    "Aa0-_Aa0-_Aa0-_Aa0-_Aa0-_Aa0-_" },
	{ 8040, 8040, 4, 15, "123456789012345" },
	{ 8041, 8041, 4, 15, "123456789012345" },
	{ 8042, 8042, 4, 32, "12345678901234567890123456789012" },
	{ 8043, 8043, 4, 20, "12345678901234567812" },
	{ 8110, 8110, 4, 70, "012345612345611110123" },
	{ 8111, 8111, 4, 4, "1234" },
	{ 8112, 8112, 4, 70, "001234561234560123456" },
	{ 8200, 8200, 4, 70,
	    "95060A!\"zkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"
	    "kkkkkkkkkkk" },
	{ 90, 90, 2, 30, "95060A!\"zkkkkkkkkkkkkkkkkkkkkk" },
	{ 91, 99, 2, 90,
	    "95060A!\"zkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"
	    "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk" },
};
#define ENTRIES (sizeof(entries) / sizeof(entries[0]))

static struct gs1_code code;

static enum err
reading(const char *before, const struct entry *e, unsigned ai,
    const char *after, struct span value, const char *more)
{
	char space[256];
	struct buf text = buf_fixed(space, sizeof(space));

	buf_printf(&text, "%s%0*u%s", before, e->digits, ai, after);
	buf_put(&text, value);
	buf_str(&text, more);
	assert_int_equal(buf_error(&text), ERR_OK);
	return gs1_read(&code, buf_span(&text), NULL);
}

static void
test_every_ai(void **state)
{
	unsigned ais = 0;

	(void)state;
	for (size_t i = 0; i < ENTRIES; i++) {
		const struct entry *e = &entries[i];
		struct span value = span_str(e->value);

		for (unsigned ai = e->low; ai <= e->high; ai++, ais++) {
			if (reading("(", e, ai, ")", value, "") != ERR_OK ||
			    reading("]d2", e, ai, "", value, "") != ERR_OK)
				fail_msg("AI %u: %s", ai, e->value);
			assert_int_equal(code.count, 1);
			assert_true(span_equal(
			    gs1_value(&code, code.ais[0].ai), value));
		}
	}
	assert_int_equal(ENTRIES, 224);
	assert_int_equal(ais, 541);
}

/* One character more than the longest, one less than the shortest. */
static void
test_lengths(void **state)
{
	(void)state;
	for (size_t i = 0; i < ENTRIES; i++) {
		const struct entry *e = &entries[i];
		struct span value = span_str(e->value);

		assert_int_equal(
		    reading("(", e, e->low, ")", SPAN_NONE, ""), ERR_LENGTH);
		assert_int_equal(code.rule, GS1_RULE_LENGTH);
		if (value.n < e->longest)
			continue;
		assert_int_equal(
		    reading("(", e, e->low, ")", value, "1"), ERR_LENGTH);
		assert_int_equal(code.rule, GS1_RULE_LENGTH);
		/* No AI takes a blank. */
		value.n--;
		assert_int_equal(
		    reading("(", e, e->low, ")", value, " "), ERR_CHARSET);
		assert_int_equal(code.rule, GS1_RULE_CHARSET);
	}
}

/* Nothing beside the entries is an AI. */
static void
test_no_other(void **state)
{
	unsigned limit = 10, known = 0;

	(void)state;
	for (int digits = 1; digits <= 4; digits++, limit *= 10) {
		struct entry e = { 0, 0, digits, 0, "" };

		for (unsigned ai = 0; ai < limit; ai++)
			known += reading("(", &e, ai, ")", SPAN_NONE, "") !=
				 ERR_UNKNOWN_AI;
	}
	assert_int_equal(known, 541);
}

struct content {
	const char *text;
	size_t at;
	enum err e;
	enum gs1_rule rule;
	const char *check;
};

static const struct content contents[] = {
	{ "(01)09506000134353", 17, ERR_CHECK_DIGIT, GS1_RULE_CHECK_DIGIT,
	    "csum" },
	{ "(8013)1987654Ad4X4bL5ttr2310c2X", 29, ERR_CHECK_DIGIT,
	    GS1_RULE_CHECK_DIGIT, "csumalpha" },
	{ "(8014)1987654Ad4X4bL5ttr2310cXK", 29, ERR_CHECK_DIGIT,
	    GS1_RULE_CHECK_DIGIT, "csumalpha" },
	{ "(401)123", 8, ERR_CHARSET, GS1_RULE_CONTENT, "gcppos1" },
	{ "(7023)12A4", 8, ERR_CHARSET, GS1_RULE_CONTENT, "gcppos1" },
	{ "(4326)280230", 10, ERR_DATE, GS1_RULE_DATE, "yymmdd" },
	{ "(4326)280200", 10, ERR_DATE, GS1_RULE_DATE, "yymmdd" },
	{ "(17)281300", 6, ERR_DATE, GS1_RULE_DATE, "yymmd0" },
	{ "(7250)19000229", 12, ERR_DATE, GS1_RULE_DATE, "yyyymmdd" },
	{ "(7251)200002292400", 14, ERR_DATE, GS1_RULE_DATE, "hhmi" },
	{ "(4324)2802002360", 14, ERR_DATE, GS1_RULE_DATE, "hhmi" },
	{ "(8008)28022924", 12, ERR_DATE, GS1_RULE_DATE, "hh" },
	{ "(8008)2802292360", 14, ERR_DATE, GS1_RULE_DATE, "mi" },
	{ "(8008)280229235960", 16, ERR_DATE, GS1_RULE_DATE, "ss" },
	{ "(8003)19506000134352", 6, ERR_SYNTAX, GS1_RULE_CONTENT, "zero" },
	{ "(8001)00001234512310", 6, ERR_SYNTAX, GS1_RULE_CONTENT, "nonzero" },
	{ "(8001)12341234512321", 18, ERR_SYNTAX, GS1_RULE_CONTENT, "winding" },
	{ "(8011)01", 6, ERR_SYNTAX, GS1_RULE_CONTENT, "nozeroprefix" },
	{ "(8026)095060001343520100", 22, ERR_SYNTAX, GS1_RULE_CONTENT,
	    "pieceoftotal" },
	{ "(7040)1AB\\(", 9, ERR_CHARSET, GS1_RULE_CHARSET, "importeridx" },
	{ "(422)000", 5, ERR_SYNTAX, GS1_RULE_CONTENT, "iso3166" },
	{ "(423)276999", 8, ERR_SYNTAX, GS1_RULE_CONTENT, "iso3166" },
	{ "(7030)998A", 6, ERR_SYNTAX, GS1_RULE_CONTENT, "iso3166999" },
	{ "(4307)DX", 6, ERR_SYNTAX, GS1_RULE_CONTENT, "iso3166alpha2" },
	{ "(3910)0001", 6, ERR_SYNTAX, GS1_RULE_CONTENT, "iso4217" },
	{ "(7252)3", 6, ERR_SYNTAX, GS1_RULE_CONTENT, "iso5218" },
	{ "(4300)A%2", 7, ERR_SYNTAX, GS1_RULE_CONTENT, "pcenc" },
	{ "(4309)18000000010000000000", 6, ERR_SYNTAX, GS1_RULE_CONTENT,
	    "latitude" },
	{ "(4309)18000000003600000001", 16, ERR_SYNTAX, GS1_RULE_CONTENT,
	    "longitude" },
	{ "(4321)2", 6, ERR_SYNTAX, GS1_RULE_CONTENT, "yesno" },
	{ "(4330)000100+", 12, ERR_SYNTAX, GS1_RULE_CONTENT, "hyphen" },
	{ "(7041)1Z", 6, ERR_SYNTAX, GS1_RULE_CONTENT, "packagetype" },
	{ "(7241)11", 6, ERR_SYNTAX, GS1_RULE_CONTENT, "mediatype" },
	{ "(7258)3/2", 6, ERR_SYNTAX, GS1_RULE_CONTENT, "posinseqslash" },
	{ "(7258)1/0", 8, ERR_SYNTAX, GS1_RULE_CONTENT, "posinseqslash" },
	{ "(8007)DE75512108001245126198", 8, ERR_CHECK_DIGIT,
	    GS1_RULE_CHECK_DIGIT, "iban" },
	{ "(8007)DX75512108001245126199", 6, ERR_CHECK_DIGIT,
	    GS1_RULE_CHECK_DIGIT, "iban" },
	{ "(8110)012345612345611110123x", 27, ERR_SYNTAX, GS1_RULE_CONTENT,
	    "couponcode" },
	{ "(8110)0123456123456111101237", 27, ERR_SYNTAX, GS1_RULE_CONTENT,
	    "couponcode" },
	{ "(8110)01234561234561111012335006064500607", 35, ERR_SYNTAX,
	    GS1_RULE_CONTENT, "couponcode" },
	{ "(8112)201234561234560123456", 6, ERR_SYNTAX, GS1_RULE_CONTENT,
	    "couponposoffer" },
};

static void
test_contents(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++) {
		const struct content *c = &contents[i];
		struct diag d = { 0 };
		enum err e = gs1_read(&code, span_str(c->text), &d);

		if (e != c->e || code.rule != c->rule ||
		    code.error_at != c->at || code.check == NULL ||
		    strcmp(code.check, c->check) != 0)
			fail_msg("%s: %s %s at %zu: %s", c->text, err_name(e),
			    gs1_rule_name(code.rule), code.error_at, d.text);
	}
}

static void
test_checks_by_name(void **state)
{
	size_t at = 99;

	(void)state;
	assert_int_equal(
	    gs1_content_check(&at, "none", span_str("1")), ERR_NOT_FOUND);
	assert_int_equal(
	    gs1_content_check(&at, "iso4217", span_str("978")), ERR_OK);
	assert_int_equal(at, 99);
	assert_int_equal(
	    gs1_content_check(&at, "cset39", span_str("AB_")), ERR_CHARSET);
	assert_int_equal(at, 2);
	assert_int_equal(
	    gs1_content_check(&at, "hasnondigit", span_str("123")), ERR_SYNTAX);
	assert_int_equal(at, 0);
	assert_int_equal(
	    gs1_content_check(&at, "cset64", span_str("1==")), ERR_OK);
	assert_int_equal(
	    gs1_content_check(&at, "cset64", span_str("123=")), ERR_CHARSET);
	assert_int_equal(at, 3);
	assert_int_equal(
	    gs1_content_check(&at, "yyyymmd0", span_str("21000229")), ERR_DATE);
	assert_int_equal(at, 6);
	assert_int_equal(
	    gs1_content_check(&at, "packagetype", span_str("1A 1B")),
	    ERR_SYNTAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_ai),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_no_other),
		cmocka_unit_test(test_contents),
		cmocka_unit_test(test_checks_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
