/* SPDX-License-Identifier: Apache-2.0 */
#include "gs1_internal.h"

#include "base/banned.h"

#define FIXED(set, n)                                                          \
	{                                                                      \
		set, n, n, 0, false                                            \
	}
#define CHECKED(set, n, lint)                                                  \
	{                                                                      \
		set, n, n, lint, false                                         \
	}
#define UP_TO(set, n)                                                          \
	{                                                                      \
		set, 1, n, 0, false                                            \
	}
#define UP_TO_CHECKED(set, n, lint)                                            \
	{                                                                      \
		set, 1, n, lint, false                                         \
	}
#define MAYBE(set, n)                                                          \
	{                                                                      \
		set, 1, n, 0, true                                             \
	}

#define GOODS "01,02,03,8006,8026"
#define MEASURE "01,02,00"
#define SIGNED "00,01+21,03+21,253,255,8003,8004,8006+21,8010+8011,8017,8018"

/*
 * gs1.md section 4, ascending by AI. A further AI is a further row. Families
 * of measures differ in the number of decimals (0-5) only.
 */
static const struct gs1_row rows[] = {
	{ 0, 0, 2, false, { CHECKED(GS1_N, 18, GS1_CSUM) }, "", NULL, NULL },
	{ 100, 100, 2, false, { CHECKED(GS1_N, 14, GS1_CSUM) }, "22,10,21|235",
	    "255,37", NULL },
	{ 200, 200, 2, false, { CHECKED(GS1_N, 14, GS1_CSUM) }, NULL, "01,03",
	    "37" },
	{ 300, 300, 2, true, { CHECKED(GS1_N, 14, GS1_CSUM) }, NULL,
	    "01,02,37,235", NULL },
	{ 1000, 1000, 2, false, { UP_TO(GS1_X, 20) }, NULL, NULL, GOODS },
	{ 1100, 1100, 2, false, { CHECKED(GS1_N, 6, GS1_DAY0) }, NULL, NULL,
	    GOODS },
	{ 1200, 1200, 2, false, { CHECKED(GS1_N, 6, GS1_DAY0) }, NULL, NULL,
	    "8020" },
	{ 1300, 1300, 2, false, { CHECKED(GS1_N, 6, GS1_DAY0) }, NULL, NULL,
	    GOODS },
	{ 1500, 1500, 2, false, { CHECKED(GS1_N, 6, GS1_DAY0) }, NULL, NULL,
	    GOODS },
	{ 1600, 1600, 2, false, { CHECKED(GS1_N, 6, GS1_DAY0) }, NULL, NULL,
	    GOODS },
	{ 1700, 1700, 2, false, { CHECKED(GS1_N, 6, GS1_DAY0) }, NULL, NULL,
	    GOODS ",255" },
	{ 2000, 2000, 2, false, { FIXED(GS1_N, 2) }, NULL, NULL, GOODS },
	{ 2100, 2100, 2, true, { UP_TO(GS1_X, 20) }, NULL, "235",
	    "01,03,8006" },
	{ 2200, 2200, 2, true, { UP_TO(GS1_X, 20) }, NULL, NULL, "01" },
	{ 2350, 2350, 3, true, { UP_TO(GS1_X, 28) }, NULL, NULL, "01" },
	{ 2400, 2400, 3, false, { UP_TO(GS1_X, 30) }, NULL, NULL, GOODS },
	{ 2410, 2410, 3, false, { UP_TO(GS1_X, 30) }, NULL, NULL, GOODS },
	{ 2420, 2420, 3, false, { UP_TO(GS1_N, 6) }, NULL, NULL,
	    "01,02,8006,8026" },
	{ 2430, 2430, 3, false, { UP_TO(GS1_X, 20) }, NULL, NULL, "01,03" },
	{ 2500, 2500, 3, false, { UP_TO(GS1_X, 30) }, NULL, NULL,
	    "01+21,03+21,8006+21" },
	{ 2510, 2510, 3, false, { UP_TO(GS1_X, 30) }, NULL, NULL,
	    "01,03,8006" },
	{ 2530, 2530, 3, false,
	    { CHECKED(GS1_N, 13, GS1_CSUM), MAYBE(GS1_X, 17) }, "", NULL,
	    NULL },
	{ 2540, 2540, 3, true, { UP_TO(GS1_X, 20) }, NULL, NULL, "414" },
	{ 2550, 2550, 3, false,
	    { CHECKED(GS1_N, 13, GS1_CSUM), MAYBE(GS1_N, 12) }, "",
	    "01,02,415,8006,8020,8026", NULL },
	{ 3000, 3000, 2, false, { UP_TO(GS1_N, 8) }, NULL, NULL, "01,02" },
#define FAMILY(n)                                                              \
	{                                                                      \
		n##0, n##5, 4, false, { FIXED(GS1_N, 6) }, NULL, #n "n",       \
		    MEASURE                                                    \
	}
	FAMILY(310),
	FAMILY(311),
	FAMILY(312),
	FAMILY(313),
	FAMILY(314),
	FAMILY(315),
	FAMILY(316),
	FAMILY(320),
	FAMILY(321),
	FAMILY(322),
	FAMILY(323),
	FAMILY(324),
	FAMILY(325),
	FAMILY(326),
	FAMILY(327),
	FAMILY(328),
	FAMILY(329),
	FAMILY(330),
	FAMILY(331),
	FAMILY(332),
	FAMILY(333),
	FAMILY(334),
	FAMILY(335),
	FAMILY(336),
	FAMILY(337),
	FAMILY(340),
	FAMILY(341),
	FAMILY(342),
	FAMILY(343),
	FAMILY(344),
	FAMILY(345),
	FAMILY(346),
	FAMILY(347),
	FAMILY(348),
	FAMILY(349),
	FAMILY(350),
	FAMILY(351),
	FAMILY(352),
	FAMILY(353),
	FAMILY(354),
	FAMILY(355),
	FAMILY(356),
	FAMILY(357),
	FAMILY(360),
	FAMILY(361),
	FAMILY(362),
	FAMILY(363),
	FAMILY(364),
	FAMILY(365),
	FAMILY(366),
	FAMILY(367),
	FAMILY(368),
	FAMILY(369),
#undef FAMILY
	{ 3700, 3700, 2, false, { UP_TO(GS1_N, 8) }, NULL, NULL,
	    "00+02,00+8026" },
	{ 3900, 3909, 4, false, { UP_TO(GS1_N, 15) }, NULL,
	    "390n,391n,394n,8111", "255,8020" },
	{ 3920, 3929, 4, false, { UP_TO(GS1_N, 15) }, NULL, "392n,393n",
	    "01+30,01+31nn,01+32nn,01+35nn,01+36nn" },
	{ 3940, 3943, 4, false, { FIXED(GS1_N, 4) }, NULL, "394n,8111", "255" },
	{ 3950, 3955, 4, false, { FIXED(GS1_N, 6) }, NULL,
	    "392n,393n,395n,8005", "30,31nn,32nn,35nn,36nn" },
	{ 4000, 4000, 3, false, { UP_TO(GS1_X, 30) }, NULL, NULL, NULL },
	{ 4010, 4010, 3, false, { UP_TO_CHECKED(GS1_X, 30, GS1_PREFIX) }, "",
	    NULL, NULL },
	{ 4020, 4020, 3, false, { CHECKED(GS1_N, 17, GS1_CSUM) }, "", NULL,
	    NULL },
	{ 4030, 4030, 3, false, { UP_TO(GS1_X, 30) }, NULL, NULL, "00" },
	{ 4100, 4100, 3, false, { CHECKED(GS1_N, 13, GS1_CSUM) }, NULL, NULL,
	    NULL },
	{ 4110, 4110, 3, false, { CHECKED(GS1_N, 13, GS1_CSUM) }, NULL, NULL,
	    NULL },
	{ 4120, 4120, 3, false, { CHECKED(GS1_N, 13, GS1_CSUM) }, NULL, NULL,
	    NULL },
	{ 4130, 4130, 3, false, { CHECKED(GS1_N, 13, GS1_CSUM) }, NULL, NULL,
	    NULL },
	{ 4140, 4140, 3, false, { CHECKED(GS1_N, 13, GS1_CSUM) }, "254|7040",
	    NULL, NULL },
	{ 4150, 4150, 3, false, { CHECKED(GS1_N, 13, GS1_CSUM) }, "8020", NULL,
	    "8020" },
	{ 4160, 4160, 3, false, { CHECKED(GS1_N, 13, GS1_CSUM) }, NULL, NULL,
	    NULL },
	{ 4170, 4170, 3, false, { CHECKED(GS1_N, 13, GS1_CSUM) }, "7040", NULL,
	    NULL },
	{ 4200, 4200, 3, false, { UP_TO(GS1_X, 20) }, NULL, "421", NULL },
	{ 7001, 7001, 4, false, { FIXED(GS1_N, 13) }, NULL, NULL,
	    "01,02,8006,8026" },
	{ 7002, 7002, 4, false, { UP_TO(GS1_X, 30) }, NULL, NULL, "01,02" },
	{ 7003, 7003, 4, false,
	    { CHECKED(GS1_N, 6, GS1_DATE), CHECKED(GS1_N, 4, GS1_HHMM) }, NULL,
	    NULL, "01,02,03" },
	{ 7004, 7004, 4, false, { UP_TO(GS1_N, 4) }, NULL, NULL,
	    "01+10,03+10" },
	{ 7005, 7005, 4, false, { UP_TO(GS1_X, 12) }, NULL, NULL, "01,02" },
	{ 7006, 7006, 4, false, { CHECKED(GS1_N, 6, GS1_DATE) }, NULL, NULL,
	    "01,02" },
	{ 7007, 7007, 4, false,
	    { CHECKED(GS1_N, 6, GS1_DATE), { GS1_N, 6, 6, GS1_DATE, true } },
	    NULL, NULL, "01,02" },
	{ 7008, 7008, 4, false, { UP_TO(GS1_X, 3) }, NULL, NULL, "01,02" },
	{ 7009, 7009, 4, false, { UP_TO(GS1_X, 10) }, NULL, NULL, "01,02" },
	{ 7010, 7010, 4, false, { UP_TO(GS1_X, 2) }, NULL, NULL, "01,02,03" },
	{ 7020, 7020, 4, false, { UP_TO(GS1_X, 20) }, NULL, NULL,
	    "01+416,03+416,8006+416" },
	{ 7021, 7021, 4, false, { UP_TO(GS1_X, 20) }, NULL, NULL,
	    "01,03,8006" },
	{ 7022, 7022, 4, false, { UP_TO(GS1_X, 20) }, NULL, NULL,
	    "01+7021,03+7021,8006+7021" },
	{ 7023, 7023, 4, false, { UP_TO_CHECKED(GS1_X, 30, GS1_PREFIX) }, NULL,
	    NULL, NULL },
	{ 7040, 7040, 4, true,
	    { FIXED(GS1_N, 1), FIXED(GS1_X, 2),
		CHECKED(GS1_X, 1, GS1_FACILITY) },
	    NULL, NULL, NULL },
	{ 7100, 7100, 3, false, { UP_TO(GS1_X, 20) }, NULL, NULL, "01" },
	{ 7110, 7110, 3, false, { UP_TO(GS1_X, 20) }, NULL, NULL, "01" },
	{ 7120, 7120, 3, false, { UP_TO(GS1_X, 20) }, NULL, NULL, "01" },
	{ 7130, 7130, 3, false, { UP_TO(GS1_X, 20) }, NULL, NULL, "01" },
	{ 7140, 7140, 3, false, { UP_TO(GS1_X, 20) }, NULL, NULL, "01" },
	{ 7150, 7150, 3, false, { UP_TO(GS1_X, 20) }, NULL, NULL, "01" },
	{ 7160, 7160, 3, false, { UP_TO(GS1_X, 20) }, NULL, NULL, "01" },
	{ 7170, 7170, 3, false, { UP_TO(GS1_X, 20) }, NULL, NULL, "01" },
	{ 7230, 7239, 4, false, { FIXED(GS1_X, 2), UP_TO(GS1_X, 28) }, NULL,
	    NULL, "01,8004" },
	{ 7240, 7240, 4, false, { UP_TO(GS1_X, 20) }, NULL, "03", "01,8006" },
	{ 8002, 8002, 4, false, { UP_TO(GS1_X, 20) }, NULL, NULL, NULL },
	{ 8003, 8003, 4, false,
	    { CHECKED(GS1_N, 1, GS1_ZERO), CHECKED(GS1_N, 13, GS1_CSUM),
		MAYBE(GS1_X, 16) },
	    "", NULL, NULL },
	{ 8004, 8004, 4, false, { UP_TO_CHECKED(GS1_X, 30, GS1_PREFIX) },
	    "7040", NULL, NULL },
	{ 8005, 8005, 4, false, { FIXED(GS1_N, 6) }, NULL, NULL, "01,02" },
	{ 8006, 8006, 4, false,
	    { CHECKED(GS1_N, 14, GS1_CSUM), CHECKED(GS1_N, 4, GS1_PIECES) },
	    "22,10,21", "01,03,37", NULL },
	{ 8009, 8009, 4, false, { UP_TO(GS1_X, 50) }, NULL, NULL, "00,01,03" },
	{ 8010, 8010, 4, false, { UP_TO_CHECKED(GS1_Y, 30, GS1_PREFIX) },
	    "8011", NULL, NULL },
	{ 8011, 8011, 4, true, { UP_TO_CHECKED(GS1_N, 12, GS1_NOZERO) }, NULL,
	    NULL, "8010" },
	{ 8012, 8012, 4, false, { UP_TO(GS1_X, 20) }, NULL, NULL,
	    "01,03,8006" },
	{ 8013, 8013, 4, false,
	    { UP_TO_CHECKED(GS1_X, 25, GS1_CPAIR | GS1_PREFIX) }, "", NULL,
	    NULL },
	{ 8017, 8017, 4, false, { CHECKED(GS1_N, 18, GS1_CSUM) }, "8019",
	    "8018", NULL },
	{ 8018, 8018, 4, false, { CHECKED(GS1_N, 18, GS1_CSUM) }, "8019",
	    "8017", NULL },
	{ 8019, 8019, 4, true, { UP_TO(GS1_N, 10) }, NULL, NULL, "8017,8018" },
	{ 8020, 8020, 4, true, { UP_TO(GS1_X, 25) }, NULL, NULL, "415" },
	{ 8026, 8026, 4, false,
	    { CHECKED(GS1_N, 14, GS1_CSUM), CHECKED(GS1_N, 4, GS1_PIECES) },
	    NULL, "02,03,8006", "37" },
	{ 8030, 8030, 4, false, { UP_TO(GS1_Z, 90) }, NULL, NULL, SIGNED },
	{ 8111, 8111, 4, false, { FIXED(GS1_N, 4) }, NULL, NULL, "255" },
	{ 8200, 8200, 4, true, { UP_TO(GS1_X, 70) }, NULL, NULL, "01" },
	{ 9000, 9000, 2, false, { UP_TO(GS1_X, 30) }, NULL, NULL, NULL },
	{ 9100, 9900, 2, false, { UP_TO(GS1_X, 90) }, NULL, NULL, NULL },
};

static bool
digits(const char *p, size_t n)
{
	return gs1_in_set(span_of(p, n), GS1_N);
}

static unsigned
pair(const uint8_t *two)
{
	return (unsigned)(two[0] - '0') * 10 + (unsigned)(two[1] - '0');
}

unsigned
gs1_ai_digits(const uint8_t *two)
{
	/* gs1.md 3.1 */
	static const uint8_t length[100] = {
		[0] = 2,
		[1] = 2,
		[2] = 2,
		[3] = 2,
		[10] = 2,
		[11] = 2,
		[12] = 2,
		[13] = 2,
		[15] = 2,
		[16] = 2,
		[17] = 2,
		[20] = 2,
		[21] = 2,
		[22] = 2,
		[30] = 2,
		[37] = 2,
		[90] = 2,
		[91] = 2,
		[92] = 2,
		[93] = 2,
		[94] = 2,
		[95] = 2,
		[96] = 2,
		[97] = 2,
		[98] = 2,
		[99] = 2,
		[23] = 3,
		[24] = 3,
		[25] = 3,
		[40] = 3,
		[41] = 3,
		[42] = 3,
		[71] = 3,
		[31] = 4,
		[32] = 4,
		[33] = 4,
		[34] = 4,
		[35] = 4,
		[36] = 4,
		[39] = 4,
		[43] = 4,
		[70] = 4,
		[72] = 4,
		[80] = 4,
		[81] = 4,
		[82] = 4,
	};

	return gs1_in_set(span_of(two, 2), GS1_N) ? length[pair(two)] : 0;
}

unsigned
gs1_fixed(const uint8_t *two)
{
	/* gs1.md 3.2 */
	static const uint8_t length[100] = {
		[0] = 18,
		[1] = 14,
		[2] = 14,
		[3] = 14,
		[4] = 16,
		[11] = 6,
		[12] = 6,
		[13] = 6,
		[14] = 6,
		[15] = 6,
		[16] = 6,
		[17] = 6,
		[18] = 6,
		[19] = 6,
		[20] = 2,
		[31] = 6,
		[32] = 6,
		[33] = 6,
		[34] = 6,
		[35] = 6,
		[36] = 6,
		[41] = 13,
	};

	return length[pair(two)];
}

const struct gs1_row *
gs1_row(const char *ai, size_t n)
{
	size_t low = 0, high = sizeof(rows) / sizeof(rows[0]);
	unsigned key = 0;

	if (n < 2 || n > 4 || !digits(ai, n) ||
	    gs1_ai_digits((const uint8_t *)ai) != n)
		return NULL;
	for (size_t i = 0; i < 4; i++)
		key = key * 10 + (i < n ? (unsigned)(ai[i] - '0') : 0);
	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (key > rows[mid].high)
			low = mid + 1;
		else if (key < rows[mid].low)
			high = mid;
		else
			return &rows[mid];
	}
	return NULL;
}

/* One item of a list: digits, with n for any digit. */
static bool
item_matches(const char *item, size_t n, const char *ai)
{
	if (strlen(ai) != n)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (item[i] != ai[i] && item[i] != 'n')
			return false;
	}
	return true;
}

bool
gs1_listed(const char *list, const char *ai)
{
	while (*list != '\0') {
		size_t n = strcspn(list, ",|+");

		if (item_matches(list, n, ai))
			return true;
		list += n;
		list += strspn(list, ",|+");
	}
	return false;
}

static const char *
set_name(unsigned set)
{
	switch (set) {
	case GS1_N:
		return "digits";
	case GS1_Y:
		return "CSET 39";
	case GS1_Z:
		return "base64url";
	default:
		return "CSET 82";
	}
}

static enum err
lint_fail(unsigned lint, const char *ai, struct span got, struct diag *d)
{
	int n = got.n > 30 ? 30 : (int)got.n;
	const char *p = (const char *)got.p;

	switch (lint) {
	case GS1_CSUM:
		return diag_fail(d, ERR_CHECK_DIGIT, "gs1 5.1",
		    "check digit of AI %s: got %.*s, wanted ...%c", ai, n, p,
		    gs1_check_digit(span_of(got.p, got.n - 1)));
	case GS1_CPAIR:
		return diag_fail(d, ERR_CHECK_DIGIT, "gs1 5.2",
		    "check pair of AI %s does not fit: got %.*s", ai, n, p);
	case GS1_DATE:
	case GS1_DAY0:
		return diag_fail(d, ERR_DATE, "gs1 5.4",
		    "date of AI %s: got %.*s, wanted a real YYMMDD", ai, n, p);
	case GS1_HHMM:
		return diag_fail(d, ERR_DATE, "gs1 5.4",
		    "time of AI %s: got %.*s, wanted HHMM", ai, n, p);
	case GS1_PREFIX:
		return diag_fail(d, ERR_CHARSET, "gs1 5.5",
		    "AI %s: got %.*s, wanted a company prefix in front", ai, n,
		    p);
	case GS1_PIECES:
		return diag_fail(d, ERR_SYNTAX, "gs1 5.6",
		    "piece and total of AI %s: got %.*s", ai, n, p);
	case GS1_ZERO:
		return diag_fail(d, ERR_SYNTAX, "gs1 4",
		    "AI %s: got %.*s, wanted 0 in front", ai, n, p);
	case GS1_NOZERO:
		return diag_fail(d, ERR_SYNTAX, "gs1 4",
		    "AI %s: got %.*s, wanted no leading 0", ai, n, p);
	default:
		return diag_fail(d, ERR_CHARSET, "gs1 5.6",
		    "AI %s: got %.*s as last character", ai, n, p);
	}
}

static enum err
part_check(struct gs1_code *out, const struct gs1_part *part, const char *ai,
    struct span value, size_t at, struct diag *d)
{
	unsigned lint;

	if (!gs1_in_set(value, part->set))
		return gs1_at(out, at,
		    diag_fail(d, ERR_CHARSET, "gs1 5.3",
			"AI %s at byte %zu: wanted %s only", ai, at,
			set_name(part->set)));
	lint = part->lint == 0 ? 0 : gs1_lint(value, part->lint);
	if (lint != 0)
		return gs1_at(out, at, lint_fail(lint, ai, value, d));
	return ERR_OK;
}

enum err
gs1_value_check(struct gs1_code *out, const struct gs1_row *row, const char *ai,
    struct span value, size_t at, struct diag *d)
{
	size_t done = 0;

	for (unsigned i = 0; i < GS1_PARTS && row->parts[i].set != 0; i++) {
		const struct gs1_part *part = &row->parts[i];
		size_t n = value.n - done;
		enum err e;

		if (n == 0 && part->optional)
			return ERR_OK;
		n = n > part->max ? part->max : n;
		if (n < part->min)
			return gs1_at(out, at,
			    diag_fail(d, ERR_LENGTH, "gs1 3.3",
				"AI %s at byte %zu: got %zu characters, "
				"wanted %d more",
				ai, at, value.n, part->min - (int)n));
		e = part_check(
		    out, part, ai, span_of(value.p + done, n), at + done, d);
		if (e != ERR_OK)
			return e;
		done += n;
	}
	if (done == value.n)
		return ERR_OK;
	return gs1_at(out, at + done,
	    diag_fail(d, ERR_LENGTH, "gs1 3.3",
		"AI %s at byte %zu: got %zu characters, wanted at most %zu", ai,
		at, value.n, done));
}
