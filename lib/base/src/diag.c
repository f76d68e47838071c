/* SPDX-License-Identifier: Apache-2.0 */
#include "base/diag.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "utf8_internal.h"

#include "base/banned.h"

_Static_assert(sizeof(struct diag) == 256, "diag is meant for the stack");

/* A cut in the middle of a character would make the whole line unreadable. */
static void
cut_whole(char *text, size_t n)
{
	while (n > 0 && ((uint8_t)text[n - 1] & 0xC0U) == 0x80U)
		n--;
	if (n == 0)
		return;
	size_t tail = strlen(text + n - 1);
	if (utf8_step((const uint8_t *)text + n - 1, tail) != tail)
		text[n - 1] = '\0';
}

void
diag_clear(struct diag *d)
{
	if (d != NULL)
		memset(d, 0, sizeof *d);
}

enum err
diag_fail(
    struct diag *d, enum err code, const char *clause, const char *fmt, ...)
{
	va_list ap;

	if (d == NULL)
		return code;
	d->code = code;
	(void)snprintf(d->clause, sizeof d->clause, "%s", clause);
	va_start(ap, fmt);
	int n = vsnprintf(d->text, sizeof d->text, fmt, ap);
	va_end(ap);
	if (n < 0)
		d->text[0] = '\0';
	else if ((size_t)n >= sizeof d->text)
		cut_whole(d->text, sizeof d->text - 1);
	return code;
}
