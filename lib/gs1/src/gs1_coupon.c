/* SPDX-License-Identifier: Apache-2.0 */
#include "gs1_internal.h"

#include "base/banned.h"

/*
 * Coupons of North America, AI 8110 and 8112: digits only, fields whose length
 * stands in a digit before them. A reader that remembers its first fault, the
 * offset of the digit that is wrong or missing.
 */
struct coupon {
	struct span s;
	size_t at;
	size_t fault;
};

static void
fail(struct coupon *c, size_t at)
{
	if (c->fault == GS1_FITS)
		c->fault = at;
}

static bool
going(const struct coupon *c)
{
	return c->fault == GS1_FITS;
}

static void
skip(struct coupon *c, size_t n)
{
	if (!going(c))
		return;
	if (c->s.n - c->at < n)
		fail(c, c->at);
	else
		c->at += n;
}

/* One digit of those allowed; 0 after a fault. */
static unsigned
one_of(struct coupon *c, const char *allowed)
{
	uint8_t digit;

	if (going(c) && c->at == c->s.n)
		fail(c, c->at);
	if (!going(c))
		return 0;
	digit = c->s.p[c->at];
	if (strchr(allowed, digit) == NULL)
		fail(c, c->at);
	c->at++;
	return digit - (unsigned)'0';
}

/* A length digit and the field behind it; base: length that digit 0 means. */
static void
field(struct coupon *c, const char *allowed, unsigned base)
{
	unsigned n = one_of(c, allowed);

	skip(c, base + n);
}

/* Company prefix of 6 to 12 digits; 9, where allowed: none. */
static void
prefix(struct coupon *c, bool may_lack)
{
	unsigned n = one_of(c, may_lack ? "01234569" : "0123456");

	if (n != 9)
		skip(c, 6 + n);
}

/* Requirement, its code and family. */
static void
purchase(struct coupon *c)
{
	field(c, "12345", 0);
	(void)one_of(c, "012349");
	skip(c, 3);
}

/* Digits of a date (YYMMDD) that is real, SPAN_NONE otherwise. */
static struct span
date(struct coupon *c)
{
	struct span d;
	size_t start = c->at, fault;

	skip(c, 6);
	if (!going(c))
		return SPAN_NONE;
	d = span_of(c->s.p + start, 6);
	fault = gs1_fault(GS1_YYMMDD, d);
	if (fault != GS1_FITS)
		fail(c, start + fault);
	return d;
}

/* Is the next field the optional one of that number? Then it is taken. */
static bool
has(struct coupon *c, char number)
{
	if (!going(c) || c->at == c->s.n || c->s.p[c->at] != (uint8_t)number)
		return false;
	c->at++;
	return true;
}

static void
further_purchases(struct coupon *c)
{
	if (has(c, '1')) {
		(void)one_of(c, "0123");
		purchase(c);
		prefix(c, true);
	}
	if (has(c, '2')) {
		purchase(c);
		prefix(c, true);
	}
}

/* 5.4: a year from 51 years ahead on is one of the last century. Dates of a
 * coupon lie close together, so they compare within a window of 50 years. */
static bool
before(struct span a, struct span b)
{
	int years = (a.p[0] - b.p[0]) * 10 + (a.p[1] - b.p[1]);

	if (years > 50 || years < -50)
		return years > 0;
	return memcmp(a.p, b.p, 6) < 0;
}

static void
validity(struct coupon *c)
{
	struct span end = SPAN_NONE, start;

	if (has(c, '3'))
		end = date(c);
	if (has(c, '4')) {
		size_t at = c->at;

		start = date(c);
		if (end.p != NULL && start.p != NULL && before(end, start))
			fail(c, at);
	}
}

static struct coupon
begin(struct span s)
{
	struct coupon c = { .s = s, .fault = GS1_FITS };
	size_t other = gs1_outside(s, GS1_N);

	if (other < s.n)
		c.fault = other;
	return c;
}

static size_t
finish(struct coupon *c)
{
	if (c->at < c->s.n)
		fail(c, c->at);
	return c->fault;
}

size_t
gs1_coupon_fault(struct span s)
{
	struct coupon c = begin(s);

	prefix(&c, false);
	skip(&c, 6);           /* offer code */
	field(&c, "12345", 0); /* save value */
	purchase(&c);
	further_purchases(&c);
	validity(&c);
	if (has(&c, '5'))
		field(&c, "0123456789", 6); /* serial number */
	if (has(&c, '6'))
		field(&c, "1234567", 6); /* retailer */
	if (has(&c, '9')) {
		(void)one_of(&c, "01256"); /* save value code */
		(void)one_of(&c, "012");   /* item it applies to */
		skip(&c, 1);               /* store coupon */
		(void)one_of(&c, "01");    /* not to be multiplied */
	}
	return finish(&c);
}

size_t
gs1_coupon_offer_fault(struct span s)
{
	struct coupon c = begin(s);

	(void)one_of(&c, "01"); /* format */
	prefix(&c, false);
	skip(&c, 6);                /* offer code */
	field(&c, "0123456789", 6); /* serial number */
	return finish(&c);
}
