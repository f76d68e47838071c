/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "gs1/gs1.h"

#include "base/banned.h"

/*
 * How fast lib/gs1 reads and writes on one core, as one line of JSON. The
 * texts are made beforehand, each another one, and read again and again; a
 * reading that fails ends the run. Usage: countermark-gs1-bench [SECONDS]
 */
#define TEXTS 4096
#define ROOM 160
#define BATCH 64 /* rounds over all texts between two looks at the clock */

struct texts {
	char text[TEXTS][ROOM];
	size_t length[TEXTS];
};

static struct texts elements, links, plain_links;
static struct gs1_code code;

/* A repeatable source of numbers (xorshift32). */
static uint32_t
next_number(void)
{
	static uint32_t state = 0x2545f491;

	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state;
}

/* GTIN, lot, expiry, serial, as a medicine carries them. */
static void
make(unsigned i)
{
	char gtin[16] = { 0 };
	unsigned lot = next_number() % 1000000, year = 26 + i % 5;
	unsigned month = 1 + i % 12;
	uint32_t serial = next_number();
	int n;

	(void)snprintf(gtin, sizeof(gtin), "0950600%06u",
	    (unsigned)(next_number() % 1000000));
	gtin[13] = gs1_check_digit(span_of(gtin, 13));
	n = snprintf(elements.text[i], ROOM,
	    "]d201%s17%02u%02u0010L%06u\x1d"
	    "21%08X%04XQ",
	    gtin, year, month, lot, (unsigned)serial, i);
	elements.length[i] = (size_t)n;
	n = snprintf(links.text[i], ROOM,
	    "https://id.example.com/01/%s/10/L%06u/21/%08X%04XQ?17=%02u%02u00",
	    gtin, lot, (unsigned)serial, i, year, month);
	links.length[i] = (size_t)n;
	n = snprintf(plain_links.text[i], ROOM,
	    "https://id.gs1.org/01/%s/21/%08X%04XQ", gtin, (unsigned)serial, i);
	plain_links.length[i] = (size_t)n;
}

/* Time of one core: what else runs on the machine takes nothing from it. */
static double
now_s(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
expect_ok(enum err e, const char *text)
{
	if (e == ERR_OK)
		return;
	(void)fprintf(stderr, "gs1 bench: %s: %s\n", err_name(e), text);
	exit(1);
}

typedef void (*step_fn)(const char *text, size_t n);

static void
read_one(const char *text, size_t n)
{
	expect_ok(gs1_read(&code, span_of(text, n), NULL), text);
}

static void
write_link(const char *text, size_t n)
{
	char space[512];
	struct buf out = buf_fixed(space, sizeof(space));

	read_one(text, n);
	expect_ok(gs1_write_link(&out, &code, SPAN_NONE, GS1_ORDER_CANON, NULL),
	    text);
}

static void
canonical(const char *text, size_t n)
{
	char space[GS1_CANONICAL];
	struct buf out = buf_fixed(space, sizeof(space));

	read_one(text, n);
	expect_ok(gs1_canonical(&out, &code), text);
}

static void
subject(const char *text, size_t n)
{
	char space[GS1_CANONICAL];
	struct buf out = buf_fixed(space, sizeof(space));

	if (gs1_subject(&out, span_of(text, n)) != GS1_SUBJECT_INSTANCE)
		expect_ok(ERR_SYNTAX, text);
}

/* Texts a second, over at least that many seconds. */
static double
rate(step_fn step, const struct texts *t, double seconds)
{
	double start = now_s(), taken = 0;
	double steps = 0;

	while (taken < seconds) {
		for (unsigned k = 0; k < BATCH; k++) {
			for (unsigned i = 0; i < TEXTS; i++)
				step(t->text[i], t->length[i]);
		}
		steps += (double)BATCH * TEXTS;
		taken = now_s() - start;
	}
	return steps / taken;
}

int
main(int argc, char **argv)
{
	double seconds = argc > 1 ? strtod(argv[1], NULL) : 3;

	if (!(seconds > 0 && seconds <= 600)) {
		(void)fputs("usage: countermark-gs1-bench [SECONDS]\n", stderr);
		return 64;
	}
	for (unsigned i = 0; i < TEXTS; i++)
		make(i);
	(void)printf(
	    "{\"elements_per_s\":%.0f,", rate(read_one, &elements, seconds));
	(void)printf("\"links_per_s\":%.0f,", rate(read_one, &links, seconds));
	(void)printf("\"short_links_per_s\":%.0f,",
	    rate(read_one, &plain_links, seconds));
	(void)printf("\"elements_to_link_per_s\":%.0f,",
	    rate(write_link, &elements, seconds));
	(void)printf("\"elements_to_canonical_per_s\":%.0f,",
	    rate(canonical, &elements, seconds));
	(void)printf(
	    "\"subjects_per_s\":%.0f}\n", rate(subject, &links, seconds));
	return fflush(stdout) == 0 ? 0 : 1;
}
