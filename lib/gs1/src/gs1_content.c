/* SPDX-License-Identifier: Apache-2.0 */
#include "gs1_internal.h"

#include "base/banned.h"

/* Content checks of gs1.md 5. Each is given one component and returns the
 * offset of what is wrong in it. */

/* n digits. */
static size_t
digits_fault(struct span s, size_t n)
{
	size_t fault = gs1_outside(s, GS1_N);

	if (fault < s.n)
		return fault;
	return s.n == n ? GS1_FITS : 0;
}

static unsigned
two(const uint8_t *p)
{
	return (unsigned)(p[0] - '0') * 10 + (unsigned)(p[1] - '0');
}

/*
 * Month and day at the end of YYMMDD or YYYYMMDD. 5.4: the window of years
 * holds one century only, so year 00 is 2000 or 2100 by the clock; a leap year
 * in both readings but for 2100, which comes into the window in 2050.
 */
static size_t
date_fault(struct span s, size_t year_digits, bool day0)
{
	static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31,
		30, 31 };
	size_t fault = digits_fault(s, year_digits + 4);
	unsigned year, month, day, last;
	bool leap;

	if (fault != GS1_FITS)
		return fault;
	year = two(s.p + year_digits - 2);
	month = two(s.p + year_digits);
	day = two(s.p + year_digits + 2);
	leap = year % 4 == 0;
	if (year_digits == 4 && year == 0)
		leap = two(s.p) % 4 == 0;
	if (month < 1 || month > 12)
		return year_digits;
	last = days[month - 1] + (month == 2 && leap ? 1u : 0u);
	return day > last || (day == 0 && !day0) ? year_digits + 2 : GS1_FITS;
}

static size_t
yymmdd(struct span s)
{
	return date_fault(s, 2, false);
}

static size_t
yymmd0(struct span s)
{
	return date_fault(s, 2, true);
}

static size_t
yyyymmdd(struct span s)
{
	return date_fault(s, 4, false);
}

static size_t
yyyymmd0(struct span s)
{
	return date_fault(s, 4, true);
}

static size_t
below(struct span s, unsigned limit)
{
	size_t fault = digits_fault(s, 2);

	if (fault != GS1_FITS)
		return fault;
	return two(s.p) < limit ? GS1_FITS : 0;
}

static size_t
hour(struct span s)
{
	return below(s, 24);
}

static size_t
sixty(struct span s)
{
	return below(s, 60);
}

static size_t
hour_minute(struct span s)
{
	size_t fault = digits_fault(s, 4);

	if (fault != GS1_FITS)
		return fault;
	if (two(s.p) > 23)
		return 0;
	return two(s.p + 2) > 59 ? 2 : GS1_FITS;
}

/* 5.5 */
static size_t
company_prefix(struct span s)
{
	size_t i = 0;

	while (i < s.n && i < 4 && s.p[i] >= '0' && s.p[i] <= '9')
		i++;
	return i == 4 ? GS1_FITS : i;
}

static bool
all_are(struct span s, uint8_t c)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] != c)
			return false;
	}
	return true;
}

static size_t
zero(struct span s)
{
	return s.n > 0 && all_are(s, '0') ? GS1_FITS : 0;
}

static size_t
non_zero(struct span s)
{
	size_t fault = digits_fault(s, s.n);

	return fault == GS1_FITS && all_are(s, '0') ? 0 : fault;
}

static size_t
no_zero_prefix(struct span s)
{
	if (s.n == 0 || (s.p[0] == '0' && s.n > 1))
		return 0;
	return digits_fault(s, s.n);
}

/* 5.6 */
static size_t
piece_of_total(struct span s)
{
	size_t half = s.n / 2, fault = digits_fault(s, s.n);

	if (fault != GS1_FITS)
		return fault;
	if (half == 0 || s.n % 2 != 0 || all_are(span_of(s.p, half), '0'))
		return 0;
	if (all_are(span_of(s.p + half, half), '0'))
		return half;
	return memcmp(s.p, s.p + half, half) > 0 ? 0 : GS1_FITS;
}

/* 5.6: the facility index of 7040 is one base64url character. */
static size_t
importer_index(struct span s)
{
	return s.n == 1 && gs1_in_set(s, GS1_Z) ? GS1_FITS : 0;
}

static size_t
country(struct span s)
{
	return s.n == 3 && gs1_in_list(GS1_LIST_COUNTRY, s) ? GS1_FITS : 0;
}

static size_t
country_or_many(struct span s)
{
	return span_is(s, "999") ? GS1_FITS : country(s);
}

static size_t
country_letters(struct span s)
{
	return gs1_in_list(GS1_LIST_COUNTRY_LETTERS, s) ? GS1_FITS : 0;
}

static size_t
currency(struct span s)
{
	return gs1_in_list(GS1_LIST_CURRENCY, s) ? GS1_FITS : 0;
}

static size_t
package_type(struct span s)
{
	return gs1_in_list(GS1_LIST_PACKAGE, s) ? GS1_FITS : 0;
}

/* One digit of those allowed. */
static size_t
one_of(struct span s, const char *allowed)
{
	return s.n == 1 && s.p[0] != 0 && strchr(allowed, s.p[0]) != NULL
		   ? GS1_FITS
		   : 0;
}

static size_t
sex(struct span s)
{
	return one_of(s, "0129");
}

static size_t
yes_no(struct span s)
{
	return one_of(s, "01");
}

static size_t
winding(struct span s)
{
	return one_of(s, "019");
}

static size_t
hyphen(struct span s)
{
	return s.n > 0 && all_are(s, '-') ? GS1_FITS : 0;
}

static size_t
media_type(struct span s)
{
	unsigned n;

	if (digits_fault(s, 2) != GS1_FITS)
		return 0;
	n = two(s.p);
	return (n >= 1 && n <= 10) || n >= 80 ? GS1_FITS : 0;
}

/* The text has its own escapes, decoded by whoever shows it. */
static size_t
percent(struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] != '%')
			continue;
		if (s.n - i < 3 || gs1_hex(s.p[i + 1]) < 0 ||
		    gs1_hex(s.p[i + 2]) < 0)
			return i;
	}
	return GS1_FITS;
}

/* Ten-millionths of a degree, counted from the south pole or from 180 W. */
static size_t
latitude(struct span s)
{
	size_t fault = digits_fault(s, 10);

	if (fault != GS1_FITS)
		return fault;
	return memcmp(s.p, "1800000000", 10) > 0 ? 0 : GS1_FITS;
}

static size_t
longitude(struct span s)
{
	size_t fault = digits_fault(s, 10);

	if (fault != GS1_FITS)
		return fault;
	return memcmp(s.p, "3600000000", 10) > 0 ? 0 : GS1_FITS;
}

/* Position and end, `2/3`: no leading zeros, so length decides first. */
static size_t
position(struct span s)
{
	const uint8_t *slash = s.n == 0 ? NULL : memchr(s.p, '/', s.n);
	struct span at, end;

	if (slash == NULL)
		return 0;
	at = span_of(s.p, (size_t)(slash - s.p));
	end = span_of(slash + 1, s.n - at.n - 1);
	if (at.n == 0 || end.n == 0 || !gs1_in_set(at, GS1_N) ||
	    !gs1_in_set(end, GS1_N) || at.p[0] == '0')
		return 0;
	if (end.p[0] == '0')
		return at.n + 1;
	return at.n > end.n || (at.n == end.n && span_compare(at, end) > 0)
		   ? 0
		   : GS1_FITS;
}

/* ISO 13616: country, two check digits, 11 to 30 more; ISO 7064 mod 97. */
static size_t
iban(struct span s)
{
	unsigned rest = 0;

	if (s.n < 15 || s.n > 34)
		return 0;
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];

		if (!(c >= '0' && c <= '9') && !(c >= 'A' && c <= 'Z'))
			return i;
	}
	if (country_letters(span_of(s.p, 2)) != GS1_FITS)
		return 0;
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[(i + 4) % s.n];

		rest = c <= '9' ? rest * 10 + (unsigned)(c - '0')
				: rest * 100 + (unsigned)(c - 'A') + 10;
		rest %= 97;
	}
	return rest == 1 ? GS1_FITS : 2;
}

static size_t
has_non_digit(struct span s)
{
	return gs1_in_set(s, GS1_N) ? 0 : GS1_FITS;
}

struct content {
	const char *name; /* of the Syntax Dictionary */
	size_t (*fault)(struct span s);
	enum err e;
	enum gs1_rule rule;
	const char *clause;
	const char *wanted;
};

#define SHAPE ERR_SYNTAX, GS1_RULE_CONTENT, "gs1 5"
#define WHEN ERR_DATE, GS1_RULE_DATE, "gs1 5.4"

static const struct content contents[] = {
	[GS1_CSUM] = { "csum", gs1_check_digit_fault, ERR_CHECK_DIGIT,
	    GS1_RULE_CHECK_DIGIT, "gs1 5.1", "a check digit that fits" },
	[GS1_CSUMALPHA] = { "csumalpha", gs1_check_pair_fault, ERR_CHECK_DIGIT,
	    GS1_RULE_CHECK_DIGIT, "gs1 5.2", "a check pair that fits" },
	[GS1_GCP] = { "gcppos1", company_prefix, ERR_CHARSET, GS1_RULE_CONTENT,
	    "gs1 5.5", "a company prefix in front" },
	[GS1_YYMMDD] = { "yymmdd", yymmdd, WHEN, "a real YYMMDD" },
	[GS1_YYMMD0] = { "yymmd0", yymmd0, WHEN, "a real YYMMDD" },
	[GS1_YYYYMMDD] = { "yyyymmdd", yyyymmdd, WHEN, "a real YYYYMMDD" },
	[GS1_YYYYMMD0] = { "yyyymmd0", yyyymmd0, WHEN, "a real YYYYMMDD" },
	[GS1_HHMI] = { "hhmi", hour_minute, WHEN, "HHMM" },
	[GS1_HH] = { "hh", hour, WHEN, "an hour, 00 to 23" },
	[GS1_MI] = { "mi", sixty, WHEN, "a minute, 00 to 59" },
	[GS1_SS] = { "ss", sixty, WHEN, "a second, 00 to 59" },
	[GS1_ZERO] = { "zero", zero, SHAPE, "0 in front" },
	[GS1_NONZERO] = { "nonzero", non_zero, SHAPE, "more than 0" },
	[GS1_NOZEROPREFIX] = { "nozeroprefix", no_zero_prefix, SHAPE,
	    "no leading 0" },
	[GS1_PIECEOFTOTAL] = { "pieceoftotal", piece_of_total, SHAPE,
	    "piece and total, neither 0, the piece at most the total" },
	[GS1_IMPORTERIDX] = { "importeridx", importer_index, ERR_CHARSET,
	    GS1_RULE_CHARSET, "gs1 5.6",
	    "one of -, 0-9, A-Z, _, a-z as last character" },
	[GS1_ISO3166] = { "iso3166", country, SHAPE,
	    "a country by its ISO 3166 number" },
	[GS1_ISO3166999] = { "iso3166999", country_or_many, SHAPE,
	    "a country by its ISO 3166 number, or 999" },
	[GS1_ISO3166ALPHA2] = { "iso3166alpha2", country_letters, SHAPE,
	    "a country by its two letters" },
	[GS1_ISO4217] = { "iso4217", currency, SHAPE,
	    "a currency by its ISO 4217 number" },
	[GS1_ISO5218] = { "iso5218", sex, SHAPE, "0, 1, 2 or 9" },
	[GS1_PCENC] = { "pcenc", percent, SHAPE, "two hex digits behind a %" },
	[GS1_LATITUDE] = { "latitude", latitude, SHAPE,
	    "a latitude, at most 1800000000" },
	[GS1_LONGITUDE] = { "longitude", longitude, SHAPE,
	    "a longitude, at most 3600000000" },
	[GS1_YESNO] = { "yesno", yes_no, SHAPE, "0 or 1" },
	[GS1_HYPHEN] = { "hyphen", hyphen, SHAPE, "a hyphen" },
	[GS1_PACKAGETYPE] = { "packagetype", package_type, SHAPE,
	    "a package type of UNECE Recommendation 21" },
	[GS1_MEDIATYPE] = { "mediatype", media_type, SHAPE,
	    "01 to 10 or 80 to 99" },
	[GS1_POSINSEQSLASH] = { "posinseqslash", position, SHAPE,
	    "position/end, the position at most the end" },
	[GS1_WINDING] = { "winding", winding, SHAPE, "0, 1 or 9" },
	[GS1_IBAN] = { "iban", iban, ERR_CHECK_DIGIT, GS1_RULE_CHECK_DIGIT,
	    "gs1 5", "an IBAN" },
	[GS1_HASNONDIGIT] = { "hasnondigit", has_non_digit, SHAPE,
	    "a character that is no digit" },
	[GS1_COUPONCODE] = { "couponcode", gs1_coupon_fault, SHAPE,
	    "the fields of a coupon" },
	[GS1_COUPONPOSOFFER] = { "couponposoffer", gs1_coupon_offer_fault,
	    SHAPE, "the fields of a coupon offer" },
};

size_t
gs1_fault(enum gs1_content check, struct span s)
{
	return contents[check].fault(s);
}

enum err
gs1_content_fail(struct gs1_code *out, enum gs1_content check, const char *ai,
    struct span got, size_t at, struct diag *d)
{
	const struct content *c = &contents[check];
	int n = got.n > 30 ? 30 : (int)got.n;

	out->check = c->name;
	if (check == GS1_CSUM)
		return gs1_broke(out, c->rule, at,
		    diag_fail(d, c->e, c->clause,
			"check digit of AI %s: got %.*s, wanted ...%c", ai, n,
			(const char *)got.p,
			gs1_check_digit(span_of(got.p, got.n - 1))));
	return gs1_broke(out, c->rule, at,
	    diag_fail(d, c->e, c->clause,
		"AI %s at byte %zu: %s: got %.*s, wanted %s", ai, at, c->name,
		n, (const char *)got.p, c->wanted));
}

static enum err
set_check(size_t *at, unsigned set, struct span value)
{
	size_t fault = gs1_outside(value, set);

	if (fault == value.n)
		return ERR_OK;
	*at = fault;
	return ERR_CHARSET;
}

enum err
gs1_content_check(size_t *at, const char *name, struct span value)
{
	static const struct {
		const char *name;
		enum gs1_set set;
	} sets[] = { { "csetnumeric", GS1_N }, { "cset82", GS1_X },
		{ "cset39", GS1_Y }, { "cset64", GS1_Z } };

	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		if (strcmp(sets[i].name, name) == 0)
			return set_check(at, sets[i].set, value);
	}
	for (size_t i = 1; i < sizeof(contents) / sizeof(contents[0]); i++) {
		size_t fault;

		if (strcmp(contents[i].name, name) != 0)
			continue;
		fault = contents[i].fault(value);
		if (fault == GS1_FITS)
			return ERR_OK;
		*at = fault;
		return contents[i].e;
	}
	return ERR_NOT_FOUND;
}
