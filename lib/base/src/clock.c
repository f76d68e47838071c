/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"

#include "base/banned.h"

#define DAY_MS INT64_C(86400000)
#define UUID_CHARS 36

static int64_t
read_us(clockid_t id)
{
	struct timespec t;

	if (clock_gettime(id, &t) != 0)
		return 0;
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t
clock_wall_ms(void)
{
	return read_us(CLOCK_REALTIME) / 1000;
}

int64_t
clock_mono_ms(void)
{
	return read_us(CLOCK_BOOTTIME) / 1000;
}

int64_t
clock_mono_us(void)
{
	return read_us(CLOCK_BOOTTIME);
}

int64_t
clock_again_ms(
    int64_t began_ms, int64_t ended_ms, int64_t least_ms, int64_t share)
{
	int64_t pause = (ended_ms - began_ms) * (share - 1);

	return pause > least_ms ? ended_ms + pause : ended_ms + least_ms;
}

static size_t
read_boot_id(char text[UUID_CHARS])
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return 0;
	ssize_t n = read(fd, text, UUID_CHARS);
	(void)close(fd);
	return n < 0 ? 0 : (size_t)n;
}

void
clock_boot_id(uint8_t out[BOOT_BYTES])
{
	char text[UUID_CHARS], digits[2 * BOOT_BYTES];
	size_t n = read_boot_id(text), k = 0;

	for (size_t i = 0; i < n; i++) {
		if (text[i] != '-' && k < sizeof digits)
			digits[k++] = text[i];
	}
	if (hex_parse(out, BOOT_BYTES, &n, span_of(digits, k)) != ERR_OK ||
	    n != BOOT_BYTES)
		memset(out, 0, BOOT_BYTES);
}

unsigned
clock_quality(void)
{
	struct timex t;

	/* formats 1.4: 2 ntp only when the kernel says so. */
	memset(&t, 0, sizeof t);
	int state = adjtimex(&t);
	if (state < 0 || state == TIME_ERROR || (t.status & STA_UNSYNC) != 0)
		return 1;
	return 2;
}

struct civil {
	int64_t year;
	unsigned month; /* 1 to 12 */
	unsigned day;   /* 1 to 31 */
};

/* Days since 1970-01-01 of a date of the Gregorian calendar, counted in eras
 * of 400 years that begin on 1 March, so that the leap day comes last. */
static int64_t
days_of(struct civil c)
{
	int64_t y = c.month <= 2 ? c.year - 1 : c.year;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t in_era = y - era * 400;
	int64_t month = (c.month + 9) % 12;
	int64_t in_year = (153 * month + 2) / 5 + c.day - 1;

	return era * 146097 + in_era * 365 + in_era / 4 - in_era / 100 +
	       in_year - 719468;
}

static struct civil
civil_of(int64_t days)
{
	int64_t z = days + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t day = z - era * 146097;
	int64_t y = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	int64_t in_year = day - (365 * y + y / 4 - y / 100);
	int64_t m = (5 * in_year + 2) / 153;
	unsigned month = (unsigned)(m < 10 ? m + 3 : m - 9);

	return (struct civil){
		.year = y + era * 400 + (month <= 2),
		.month = month,
		.day = (unsigned)(in_year - (153 * m + 2) / 5 + 1),
	};
}

static unsigned
month_days(int64_t year, unsigned month)
{
	static const uint8_t days[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30,
		31, 30, 31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && leap ? 1U : 0U);
}

void
rfc3339_print(char *out, int64_t t_ms)
{
	/* Four digits of year is what the form has. */
	const int64_t first = days_of((struct civil){ 0, 1, 1 }) * DAY_MS;
	const int64_t last =
	    days_of((struct civil){ 10000, 1, 1 }) * DAY_MS - 1;
	int64_t t = t_ms < first ? first : t_ms > last ? last : t_ms;
	int64_t days = (t >= 0 ? t : t - (DAY_MS - 1)) / DAY_MS;
	struct civil c = civil_of(days);
	unsigned ms = (unsigned)(t - days * DAY_MS);

	(void)snprintf(out, RFC3339_CHARS + 1,
	    "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ", (unsigned)c.year % 10000,
	    c.month % 100, c.day % 100, ms / 3600000 % 100, ms / 60000 % 60,
	    ms / 1000 % 60, ms % 1000);
}

/* n digits at *i; false when one is none. */
static bool
take_digits(unsigned *out, struct span s, size_t *i, size_t n)
{
	unsigned v = 0;

	if (s.n - *i < n)
		return false;
	for (size_t k = 0; k < n; k++) {
		uint8_t c = s.p[*i + k];
		if (c < '0' || c > '9')
			return false;
		v = v * 10 + (c - (unsigned)'0');
	}
	*i += n;
	*out = v;
	return true;
}

static bool
take_char(struct span s, size_t *i, const char *allowed)
{
	if (*i >= s.n || s.p[*i] == 0 || strchr(allowed, s.p[*i]) == NULL)
		return false;
	(*i)++;
	return true;
}

/* Two digits up to max. */
static bool
take_pair(unsigned *out, struct span s, size_t *i, unsigned max)
{
	return take_digits(out, s, i, 2) && *out <= max;
}

static bool
take_date(int64_t *days, struct span s, size_t *i)
{
	unsigned year, month, day;
	bool ok = take_digits(&year, s, i, 4) && take_char(s, i, "-") &&
		  take_pair(&month, s, i, 12) && take_char(s, i, "-") &&
		  take_pair(&day, s, i, 31);

	if (!ok || month == 0 || day == 0 || day > month_days(year, month))
		return false;
	*days = days_of((struct civil){ year, month, day });
	return true;
}

/* ".123456": the first three digits count, at least one is there. */
static bool
take_fraction(int64_t *ms, struct span s, size_t *i)
{
	size_t n = 0;

	*ms = 0;
	if (!take_char(s, i, "."))
		return true;
	for (unsigned digit; take_digits(&digit, s, i, 1); n++) {
		if (n < 3)
			*ms = *ms * 10 + digit;
	}
	for (size_t k = n; k < 3; k++)
		*ms *= 10;
	return n > 0;
}

static bool
take_zone(int64_t *minutes, struct span s, size_t *i)
{
	unsigned h, m;

	*minutes = 0;
	if (take_char(s, i, "Zz"))
		return true;
	bool minus = *i < s.n && s.p[*i] == '-';
	bool ok = take_char(s, i, "+-") && take_pair(&h, s, i, 23) &&
		  take_char(s, i, ":") && take_pair(&m, s, i, 59);
	if (!ok)
		return false;
	*minutes = (int64_t)h * 60 + m;
	if (minus)
		*minutes = -*minutes;
	return true;
}

enum err
rfc3339_parse(int64_t *out_ms, struct span text)
{
	int64_t days, ms, zone;
	unsigned h, m, sec;
	size_t i = 0;
	/* epcis 1.3: seconds 00-59, so no leap second */
	bool ok = take_date(&days, text, &i) && take_char(text, &i, "Tt") &&
		  take_pair(&h, text, &i, 23) && take_char(text, &i, ":") &&
		  take_pair(&m, text, &i, 59) && take_char(text, &i, ":") &&
		  take_pair(&sec, text, &i, 59) &&
		  take_fraction(&ms, text, &i) && take_zone(&zone, text, &i);

	if (!ok || i != text.n)
		return ERR_SYNTAX;
	int64_t minutes = days * 1440 + (int64_t)h * 60 + m - zone;
	*out_ms = minutes * 60000 + (int64_t)sec * 1000 + ms;
	return ERR_OK;
}
