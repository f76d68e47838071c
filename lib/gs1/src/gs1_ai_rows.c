/* SPDX-License-Identifier: Apache-2.0 */
#include "gs1_internal.h"

#include "base/banned.h"

/*
 * Every AI of the GS1 Barcode Syntax Dictionary, state 2026-07-27: format,
 * content checks, place in a Digital Link, companions. An AI is written as
 * four digits, filled with zeros on the right, so that the order of numbers is
 * the order of the dictionary. Where a value is all digits the company prefix
 * check holds by itself and is left out.
 */
#define EXACT(set, n, check)                                                   \
	{                                                                      \
		GS1_##set, n, n, false,                                        \
		{                                                              \
			GS1_##check                                            \
		}                                                              \
	}
#define UP_TO(set, n, check)                                                   \
	{                                                                      \
		GS1_##set, 1, n, false,                                        \
		{                                                              \
			GS1_##check                                            \
		}                                                              \
	}
#define MAY(set, min, max, check)                                              \
	{                                                                      \
		GS1_##set, min, max, true,                                     \
		{                                                              \
			GS1_##check                                            \
		}                                                              \
	}
/* A measure of six digits; the last digit of the AI is its decimals, 0-5. */
#define MEASURE(family, needs)                                                 \
	{                                                                      \
		.low = family##0, .high = family##5, .digits = 4,              \
		.parts = { EXACT(N, 6, ANY) }, .ex = #family "n", .req = needs \
	}

#define GOODS "01,02,03,8006,8026"
#define SIGNED "00,01+21,03+21,253,255,8003,8004,8006+21,8010+8011,8017,8018"

/* AIs of two digits, each in its own place; 91-99 are one row. */
static const struct gs1_row rows_2[] = {
	[0] = { 0, 0, 2, false, { EXACT(N, 18, CSUM) }, "", NULL, NULL },
	[1] = { 100, 100, 2, false, { EXACT(N, 14, CSUM) }, "22,10,21|235",
	    "255,37", NULL },
	[2] = { 200, 200, 2, false, { EXACT(N, 14, CSUM) }, NULL, "01,03",
	    "37" },
	[3] = { 300, 300, 2, true, { EXACT(N, 14, CSUM) }, NULL, "01,02,37,235",
	    NULL },
	[10] = { 1000, 1000, 2, false, { UP_TO(X, 20, ANY) }, NULL, NULL,
	    GOODS },
	[11] = { 1100, 1100, 2, false, { EXACT(N, 6, YYMMD0) }, NULL, NULL,
	    GOODS },
	[12] = { 1200, 1200, 2, false, { EXACT(N, 6, YYMMD0) }, NULL, NULL,
	    "8020" },
	[13] = { 1300, 1300, 2, false, { EXACT(N, 6, YYMMD0) }, NULL, NULL,
	    GOODS },
	[15] = { 1500, 1500, 2, false, { EXACT(N, 6, YYMMD0) }, NULL, NULL,
	    GOODS },
	[16] = { 1600, 1600, 2, false, { EXACT(N, 6, YYMMD0) }, NULL, NULL,
	    GOODS },
	[17] = { 1700, 1700, 2, false, { EXACT(N, 6, YYMMD0) }, NULL, NULL,
	    "01,02,03,255,8006,8026" },
	[20] = { 2000, 2000, 2, false, { EXACT(N, 2, ANY) }, NULL, NULL,
	    GOODS },
	[21] = { 2100, 2100, 2, true, { UP_TO(X, 20, ANY) }, NULL, "235",
	    "01,03,8006" },
	[22] = { 2200, 2200, 2, true, { UP_TO(X, 20, ANY) }, NULL, NULL, "01" },
	[30] = { 3000, 3000, 2, false, { UP_TO(N, 8, ANY) }, NULL, NULL,
	    "01,02" },
	[37] = { 3700, 3700, 2, false, { UP_TO(N, 8, ANY) }, NULL, NULL,
	    "00+02,00+8026" },
	[90] = { 9000, 9000, 2, false, { UP_TO(X, 30, ANY) }, NULL, NULL,
	    NULL },
	[91] = { 9100, 9900, 2, false, { UP_TO(X, 90, ANY) }, NULL, NULL,
	    NULL },
};

static const struct gs1_row rows_23[] = {
	{ 2350, 2350, 3, true, { UP_TO(X, 28, ANY) }, NULL, NULL, "01" },
};

static const struct gs1_row rows_24[] = {
	{ 2400, 2410, 3, false, { UP_TO(X, 30, ANY) }, NULL, NULL, GOODS },
	{ 2420, 2420, 3, false, { UP_TO(N, 6, ANY) }, NULL, NULL,
	    "01,02,8006,8026" },
	{ 2430, 2430, 3, false, { UP_TO(X, 20, ANY) }, NULL, NULL, "01,03" },
};

static const struct gs1_row rows_25[] = {
	{ 2500, 2500, 3, false, { UP_TO(X, 30, ANY) }, NULL, NULL,
	    "01+21,03+21,8006+21" },
	{ 2510, 2510, 3, false, { UP_TO(X, 30, ANY) }, NULL, NULL,
	    "01,03,8006" },
	{ 2530, 2530, 3, false, { EXACT(N, 13, CSUM), MAY(X, 1, 17, ANY) }, "",
	    NULL, NULL },
	{ 2540, 2540, 3, true, { UP_TO(X, 20, ANY) }, NULL, NULL, "414" },
	{ 2550, 2550, 3, false, { EXACT(N, 13, CSUM), MAY(N, 1, 12, ANY) }, "",
	    "01,02,415,8006,8020,8026", NULL },
};

static const struct gs1_row rows_31[] = {
	MEASURE(310, "01,02"),
	MEASURE(311, "01,02"),
	MEASURE(312, "01,02"),
	MEASURE(313, "01,02"),
	MEASURE(314, "01,02"),
	MEASURE(315, "01,02"),
	MEASURE(316, "01,02"),
};

static const struct gs1_row rows_32[] = {
	MEASURE(320, "01,02"),
	MEASURE(321, "01,02"),
	MEASURE(322, "01,02"),
	MEASURE(323, "01,02"),
	MEASURE(324, "01,02"),
	MEASURE(325, "01,02"),
	MEASURE(326, "01,02"),
	MEASURE(327, "01,02"),
	MEASURE(328, "01,02"),
	MEASURE(329, "01,02"),
};

static const struct gs1_row rows_33[] = {
	MEASURE(330, "00,01"),
	MEASURE(331, "00,01"),
	MEASURE(332, "00,01"),
	MEASURE(333, "00,01"),
	MEASURE(334, "00,01"),
	MEASURE(335, "00,01"),
	MEASURE(336, "00,01"),
	MEASURE(337, "01"),
};

static const struct gs1_row rows_34[] = {
	MEASURE(340, "00,01"),
	MEASURE(341, "00,01"),
	MEASURE(342, "00,01"),
	MEASURE(343, "00,01"),
	MEASURE(344, "00,01"),
	MEASURE(345, "00,01"),
	MEASURE(346, "00,01"),
	MEASURE(347, "00,01"),
	MEASURE(348, "00,01"),
	MEASURE(349, "00,01"),
};

static const struct gs1_row rows_35[] = {
	MEASURE(350, "01,02"),
	MEASURE(351, "01,02"),
	MEASURE(352, "01,02"),
	MEASURE(353, "00,01"),
	MEASURE(354, "00,01"),
	MEASURE(355, "00,01"),
	MEASURE(356, "01,02"),
	MEASURE(357, "01,02"),
};

static const struct gs1_row rows_36[] = {
	MEASURE(360, "01,02"),
	MEASURE(361, "01,02"),
	MEASURE(362, "00,01"),
	MEASURE(363, "00,01"),
	MEASURE(364, "01,02"),
	MEASURE(365, "01,02"),
	MEASURE(366, "01,02"),
	MEASURE(367, "00,01"),
	MEASURE(368, "00,01"),
	MEASURE(369, "00,01"),
};

static const struct gs1_row rows_39[] = {
	{ 3900, 3909, 4, false, { UP_TO(N, 15, ANY) }, NULL,
	    "390n,391n,394n,8111", "255,8020" },
	{ 3910, 3919, 4, false, { EXACT(N, 3, ISO4217), UP_TO(N, 15, ANY) },
	    NULL, "391n", "8020" },
	{ 3920, 3929, 4, false, { UP_TO(N, 15, ANY) }, NULL, "392n,393n",
	    "01+30,01+31nn,01+32nn,01+35nn,01+36nn" },
	{ 3930, 3939, 4, false, { EXACT(N, 3, ISO4217), UP_TO(N, 15, ANY) },
	    NULL, "393n", "30,31nn,32nn,35nn,36nn" },
	{ 3940, 3943, 4, false, { EXACT(N, 4, ANY) }, NULL, "394n,8111",
	    "255" },
	{ 3950, 3955, 4, false, { EXACT(N, 6, ANY) }, NULL,
	    "392n,393n,395n,8005", "30,31nn,32nn,35nn,36nn" },
};

static const struct gs1_row rows_40[] = {
	{ 4000, 4000, 3, false, { UP_TO(X, 30, ANY) }, NULL, NULL, NULL },
	{ 4010, 4010, 3, false, { UP_TO(X, 30, GCP) }, "", NULL, NULL },
	{ 4020, 4020, 3, false, { EXACT(N, 17, CSUM) }, "", NULL, NULL },
	{ 4030, 4030, 3, false, { UP_TO(X, 30, ANY) }, NULL, NULL, "00" },
};

static const struct gs1_row rows_41[] = {
	{ 4100, 4130, 3, false, { EXACT(N, 13, CSUM) }, NULL, NULL, NULL },
	{ 4140, 4140, 3, false, { EXACT(N, 13, CSUM) }, "254|7040", NULL,
	    NULL },
	{ 4150, 4150, 3, false, { EXACT(N, 13, CSUM) }, "8020", NULL, "8020" },
	{ 4160, 4160, 3, false, { EXACT(N, 13, CSUM) }, NULL, NULL, NULL },
	{ 4170, 4170, 3, false, { EXACT(N, 13, CSUM) }, "7040", NULL, NULL },
};

static const struct gs1_row rows_42[] = {
	{ 4200, 4200, 3, false, { UP_TO(X, 20, ANY) }, NULL, "421", NULL },
	{ 4210, 4210, 3, false, { EXACT(N, 3, ISO3166), UP_TO(X, 9, ANY) },
	    NULL, "4307", NULL },
	{ 4220, 4220, 3, false, { EXACT(N, 3, ISO3166) }, NULL, "426", GOODS },
	{ 4230, 4230, 3, false,
	    { EXACT(N, 3, ISO3166), MAY(N, 3, 3, ISO3166),
		MAY(N, 3, 3, ISO3166), MAY(N, 3, 3, ISO3166),
		MAY(N, 3, 3, ISO3166) },
	    NULL, "426", "01,02,03" },
	{ 4240, 4240, 3, false, { EXACT(N, 3, ISO3166) }, NULL, "426",
	    "01,02,03" },
	{ 4250, 4250, 3, false,
	    { EXACT(N, 3, ISO3166), MAY(N, 3, 3, ISO3166),
		MAY(N, 3, 3, ISO3166), MAY(N, 3, 3, ISO3166),
		MAY(N, 3, 3, ISO3166) },
	    NULL, "426", "01,02,03" },
	{ 4260, 4260, 3, false, { EXACT(N, 3, ISO3166) }, NULL, NULL,
	    "01,02,03" },
	{ 4270, 4270, 3, false, { UP_TO(X, 3, ANY) }, NULL, NULL,
	    "01+422,02+422,03+422" },
};

static const struct gs1_row rows_43[] = {
	{ 4300, 4301, 4, false, { UP_TO(X, 35, PCENC) }, NULL, NULL, "00" },
	{ 4302, 4302, 4, false, { UP_TO(X, 70, PCENC) }, NULL, NULL, "00" },
	{ 4303, 4303, 4, false, { UP_TO(X, 70, PCENC) }, NULL, NULL, "4302" },
	{ 4304, 4306, 4, false, { UP_TO(X, 70, PCENC) }, NULL, NULL, "00" },
	{ 4307, 4307, 4, false, { EXACT(X, 2, ISO3166ALPHA2) }, NULL, NULL,
	    "00" },
	{ 4308, 4308, 4, false, { UP_TO(X, 30, ANY) }, NULL, NULL, "00" },
	{ 4309, 4309, 4, false,
	    { EXACT(N, 10, LATITUDE), EXACT(N, 10, LONGITUDE) }, NULL, NULL,
	    "00" },
	{ 4310, 4311, 4, false, { UP_TO(X, 35, PCENC) }, NULL, NULL, "00" },
	{ 4312, 4312, 4, false, { UP_TO(X, 70, PCENC) }, NULL, NULL, "00" },
	{ 4313, 4313, 4, false, { UP_TO(X, 70, PCENC) }, NULL, NULL, "4312" },
	{ 4314, 4316, 4, false, { UP_TO(X, 70, PCENC) }, NULL, NULL, "00" },
	{ 4317, 4317, 4, false, { EXACT(X, 2, ISO3166ALPHA2) }, NULL, NULL,
	    "00" },
	{ 4318, 4318, 4, false, { UP_TO(X, 20, ANY) }, NULL, NULL, "00" },
	{ 4319, 4319, 4, false, { UP_TO(X, 30, ANY) }, NULL, NULL, "00" },
	{ 4320, 4320, 4, false, { UP_TO(X, 35, PCENC) }, NULL, NULL, "00" },
	{ 4321, 4323, 4, false, { EXACT(N, 1, YESNO) }, NULL, NULL, "00" },
	{ 4324, 4325, 4, false, { EXACT(N, 6, YYMMD0), EXACT(N, 4, HHMI) },
	    NULL, NULL, "00" },
	{ 4326, 4326, 4, false, { EXACT(N, 6, YYMMDD) }, NULL, NULL, "00" },
	{ 4330, 4330, 4, false, { EXACT(N, 6, ANY), MAY(X, 1, 1, HYPHEN) },
	    NULL, "4331", "00" },
	{ 4331, 4331, 4, false, { EXACT(N, 6, ANY), MAY(X, 1, 1, HYPHEN) },
	    NULL, "4330", "00" },
	{ 4332, 4332, 4, false, { EXACT(N, 6, ANY), MAY(X, 1, 1, HYPHEN) },
	    NULL, "4333", "00" },
	{ 4333, 4333, 4, false, { EXACT(N, 6, ANY), MAY(X, 1, 1, HYPHEN) },
	    NULL, "4332", "00" },
};

static const struct gs1_row rows_70[] = {
	{ 7001, 7001, 4, false, { EXACT(N, 13, ANY) }, NULL, NULL,
	    "01,02,8006,8026" },
	{ 7002, 7002, 4, false, { UP_TO(X, 30, ANY) }, NULL, NULL, "01,02" },
	{ 7003, 7003, 4, false, { EXACT(N, 6, YYMMDD), EXACT(N, 4, HHMI) },
	    NULL, NULL, "01,02,03" },
	{ 7004, 7004, 4, false, { UP_TO(N, 4, ANY) }, NULL, NULL,
	    "01+10,03+10" },
	{ 7005, 7005, 4, false, { UP_TO(X, 12, ANY) }, NULL, NULL, "01,02" },
	{ 7006, 7006, 4, false, { EXACT(N, 6, YYMMDD) }, NULL, NULL, "01,02" },
	{ 7007, 7007, 4, false, { EXACT(N, 6, YYMMDD), MAY(N, 6, 6, YYMMDD) },
	    NULL, NULL, "01,02" },
	{ 7008, 7008, 4, false, { UP_TO(X, 3, ANY) }, NULL, NULL, "01,02" },
	{ 7009, 7009, 4, false, { UP_TO(X, 10, ANY) }, NULL, NULL, "01,02" },
	{ 7010, 7010, 4, false, { UP_TO(X, 2, ANY) }, NULL, NULL, "01,02,03" },
	{ 7011, 7011, 4, false, { EXACT(N, 6, YYMMDD), MAY(N, 4, 4, HHMI) },
	    NULL, NULL, "01,02,03" },
	{ 7020, 7020, 4, false, { UP_TO(X, 20, ANY) }, NULL, NULL,
	    "01+416,03+416,8006+416" },
	{ 7021, 7021, 4, false, { UP_TO(X, 20, ANY) }, NULL, NULL,
	    "01,03,8006" },
	{ 7022, 7022, 4, false, { UP_TO(X, 20, ANY) }, NULL, NULL,
	    "01+7021,03+7021,8006+7021" },
	{ 7023, 7023, 4, false, { UP_TO(X, 30, GCP) }, NULL, NULL, NULL },
	{ 7030, 7039, 4, false, { EXACT(N, 3, ISO3166999), UP_TO(X, 27, ANY) },
	    NULL, NULL, "01,02" },
	{ 7040, 7040, 4, true,
	    { EXACT(N, 1, ANY), EXACT(X, 1, ANY), EXACT(X, 1, ANY),
		EXACT(X, 1, IMPORTERIDX) },
	    NULL, NULL, NULL },
	{ 7041, 7041, 4, true, { UP_TO(X, 4, PACKAGETYPE) }, NULL, NULL, "00" },
};

static const struct gs1_row rows_71[] = {
	{ 7100, 7170, 3, false, { UP_TO(X, 20, ANY) }, NULL, NULL, "01" },
};

static const struct gs1_row rows_72[] = {
	{ 7230, 7239, 4, false, { EXACT(X, 2, ANY), UP_TO(X, 28, ANY) }, NULL,
	    NULL, "01,8004" },
	{ 7240, 7240, 4, false, { UP_TO(X, 20, ANY) }, NULL, "03", "01,8006" },
	{ 7241, 7241, 4, false, { EXACT(N, 2, MEDIATYPE) }, NULL, NULL,
	    "8017,8018" },
	{ 7242, 7242, 4, false, { UP_TO(X, 25, ANY) }, NULL, NULL,
	    "8017,8018" },
	{ 7250, 7250, 4, false, { EXACT(N, 8, YYYYMMDD) }, NULL, "7251",
	    "8018" },
	{ 7251, 7251, 4, false, { EXACT(N, 8, YYYYMMDD), EXACT(N, 4, HHMI) },
	    NULL, "7250", "8018" },
	{ 7252, 7252, 4, false, { EXACT(N, 1, ISO5218) }, NULL, NULL, "8018" },
	{ 7253, 7253, 4, false, { UP_TO(X, 40, PCENC) }, NULL, "7256,7259",
	    "8017,8018" },
	{ 7254, 7254, 4, false, { UP_TO(X, 40, PCENC) }, NULL, "7256,7259",
	    "8017,8018" },
	{ 7255, 7255, 4, false, { UP_TO(X, 10, ANY) }, NULL, "7256,7259",
	    "8017,8018" },
	{ 7256, 7256, 4, false, { UP_TO(X, 90, PCENC) }, NULL, NULL,
	    "8017,8018" },
	{ 7257, 7257, 4, false, { UP_TO(X, 70, PCENC) }, NULL, NULL, "8018" },
	{ 7258, 7258, 4, false, { EXACT(X, 3, POSINSEQSLASH) }, NULL, NULL,
	    "8018+7259" },
	{ 7259, 7259, 4, false, { UP_TO(X, 40, PCENC) }, NULL, "7256", "8018" },
};

static const struct gs1_row rows_80[] = {
	{ 8001, 8001, 4, false,
	    { EXACT(N, 4, NONZERO), EXACT(N, 5, NONZERO), EXACT(N, 3, NONZERO),
		EXACT(N, 1, WINDING), EXACT(N, 1, ANY) },
	    NULL, NULL, "01" },
	{ 8002, 8002, 4, false, { UP_TO(X, 20, ANY) }, NULL, NULL, NULL },
	{ 8003, 8003, 4, false,
	    { EXACT(N, 1, ZERO), EXACT(N, 13, CSUM), MAY(X, 1, 16, ANY) }, "",
	    NULL, NULL },
	{ 8004, 8004, 4, false, { UP_TO(X, 30, GCP) }, "7040", NULL, NULL },
	{ 8005, 8005, 4, false, { EXACT(N, 6, ANY) }, NULL, NULL, "01,02" },
	{ 8006, 8006, 4, false,
	    { EXACT(N, 14, CSUM), EXACT(N, 4, PIECEOFTOTAL) }, "22,10,21",
	    "01,03,37", NULL },
	{ 8007, 8007, 4, false, { UP_TO(X, 34, IBAN) }, NULL, NULL, "415" },
	{ 8008, 8008, 4, false,
	    { EXACT(N, 6, YYMMDD), EXACT(N, 2, HH), MAY(N, 2, 2, MI),
		MAY(N, 2, 2, SS) },
	    NULL, NULL, "01,02,03" },
	{ 8009, 8009, 4, false, { UP_TO(X, 50, ANY) }, NULL, NULL, "00,01,03" },
	{ 8010, 8010, 4, false, { UP_TO(Y, 30, GCP) }, "8011", NULL, NULL },
	{ 8011, 8011, 4, true, { UP_TO(N, 12, NOZEROPREFIX) }, NULL, NULL,
	    "8010" },
	{ 8012, 8012, 4, false, { UP_TO(X, 20, ANY) }, NULL, NULL,
	    "01,03,8006" },
	{ 8013, 8013, 4, false,
	    { { GS1_X, 1, 25, false, { GS1_CSUMALPHA, GS1_GCP } } }, "", NULL,
	    NULL },
	{ 8014, 8014, 4, true,
	    { { GS1_X, 1, 25, false,
		{ GS1_CSUMALPHA, GS1_GCP, GS1_HASNONDIGIT } } },
	    NULL, NULL, "01" },
	{ 8017, 8017, 4, false, { EXACT(N, 18, CSUM) }, "8019", "8018", NULL },
	{ 8018, 8018, 4, false, { EXACT(N, 18, CSUM) }, "8019", "8017", NULL },
	{ 8019, 8019, 4, true, { UP_TO(N, 10, ANY) }, NULL, NULL, "8017,8018" },
	{ 8020, 8020, 4, true, { UP_TO(X, 25, ANY) }, NULL, NULL, "415" },
	{ 8026, 8026, 4, false,
	    { EXACT(N, 14, CSUM), EXACT(N, 4, PIECEOFTOTAL) }, NULL,
	    "02,03,8006", "37" },
	{ 8030, 8030, 4, false, { UP_TO(Z, 90, ANY) }, NULL, NULL, SIGNED },
	{ 8040, 8040, 4, true, { EXACT(N, 15, ANY) }, NULL, NULL, "01+21" },
	{ 8041, 8041, 4, true, { EXACT(N, 15, ANY) }, NULL, NULL,
	    "01+21+8040" },
	{ 8042, 8042, 4, true, { EXACT(N, 32, ANY) }, NULL, NULL,
	    "01+21+8040" },
	{ 8043, 8043, 4, true, { EXACT(N, 18, ANY), MAY(N, 1, 2, ANY) }, NULL,
	    NULL, "01+21+8040" },
};

static const struct gs1_row rows_81[] = {
	{ 8110, 8110, 4, false, { UP_TO(X, 70, COUPONCODE) }, NULL, NULL,
	    NULL },
	{ 8111, 8111, 4, false, { EXACT(N, 4, ANY) }, NULL, NULL, "255" },
	{ 8112, 8112, 4, false, { UP_TO(X, 70, COUPONPOSOFFER) }, NULL, NULL,
	    NULL },
};

static const struct gs1_row rows_82[] = {
	{ 8200, 8200, 4, true, { UP_TO(X, 70, ANY) }, NULL, NULL, "01" },
};

#define ONE(n, fixed)                                                          \
	{                                                                      \
		&rows_2[n], 1, 2, fixed                                        \
	}
#define MANY(rows, digits, fixed)                                              \
	{                                                                      \
		rows, sizeof(rows) / sizeof((rows)[0]), digits, fixed          \
	}
/* Not assigned, yet of a predefined length (3.2). */
#define RESERVED(fixed)                                                        \
	{                                                                      \
		NULL, 0, 0, fixed                                              \
	}

/* gs1.md 3.1, 3.2: by the first two digits. */
const struct gs1_block gs1_blocks[100] = {
	[0] = ONE(0, 18),
	[1] = ONE(1, 14),
	[2] = ONE(2, 14),
	[3] = ONE(3, 14),
	[4] = RESERVED(16),
	[10] = ONE(10, 0),
	[11] = ONE(11, 6),
	[12] = ONE(12, 6),
	[13] = ONE(13, 6),
	[14] = RESERVED(6),
	[15] = ONE(15, 6),
	[16] = ONE(16, 6),
	[17] = ONE(17, 6),
	[18] = RESERVED(6),
	[19] = RESERVED(6),
	[20] = ONE(20, 2),
	[21] = ONE(21, 0),
	[22] = ONE(22, 0),
	[23] = MANY(rows_23, 3, 0),
	[24] = MANY(rows_24, 3, 0),
	[25] = MANY(rows_25, 3, 0),
	[30] = ONE(30, 0),
	[31] = MANY(rows_31, 4, 6),
	[32] = MANY(rows_32, 4, 6),
	[33] = MANY(rows_33, 4, 6),
	[34] = MANY(rows_34, 4, 6),
	[35] = MANY(rows_35, 4, 6),
	[36] = MANY(rows_36, 4, 6),
	[37] = ONE(37, 0),
	[39] = MANY(rows_39, 4, 0),
	[40] = MANY(rows_40, 3, 0),
	[41] = MANY(rows_41, 3, 13),
	[42] = MANY(rows_42, 3, 0),
	[43] = MANY(rows_43, 4, 0),
	[70] = MANY(rows_70, 4, 0),
	[71] = MANY(rows_71, 3, 0),
	[72] = MANY(rows_72, 4, 0),
	[80] = MANY(rows_80, 4, 0),
	[81] = MANY(rows_81, 4, 0),
	[82] = MANY(rows_82, 4, 0),
	[90] = ONE(90, 0),
	[91] = ONE(91, 0),
	[92] = ONE(91, 0),
	[93] = ONE(91, 0),
	[94] = ONE(91, 0),
	[95] = ONE(91, 0),
	[96] = ONE(91, 0),
	[97] = ONE(91, 0),
	[98] = ONE(91, 0),
	[99] = ONE(91, 0),
};
