/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"

#include <errno.h>
#include <unistd.h>

#include "base/log.h"

#include "edge_metrics.h"

#include "base/banned.h"

#define REPORT_MAX (4u << 20)

void
report_init(struct report *r, int fd, bool many)
{
	*r = (struct report){
		.b = buf_heap(REPORT_MAX), .fd = fd, .many = many
	};
}

void
report_clear(struct report *r)
{
	buf_free(&r->b);
}

static void
report_code(struct report *r, const char *key, struct span code)
{
	static const char digits[] = "0123456789ABCDEF";

	buf_printf(&r->b, " %s=", key);
	for (size_t i = 0; i < code.n; i++) {
		uint8_t c = code.p[i];

		if (c > 0x20 && c < 0x7f && c != '"' && c != '\\') {
			buf_byte(&r->b, c);
			continue;
		}
		buf_byte(&r->b, '%');
		buf_byte(&r->b, (uint8_t)digits[c >> 4]);
		buf_byte(&r->b, (uint8_t)digits[c & 15]);
	}
}

static void
report_quoted(struct report *r, const char *key, const char *text)
{
	char quoted[512];

	buf_printf(
	    &r->b, " %s=%s", key, log_quote(quoted, sizeof(quoted), text));
}

static void
report_end(struct report *r, const char *identity)
{
	if (r->many && identity != NULL)
		buf_printf(&r->b, " identity=%s", identity);
	buf_byte(&r->b, '\n');
}

void
report_stored(
    struct report *r, const char *identity, uint64_t seq, struct span code)
{
	buf_printf(&r->b, "stored seq=%llu", (unsigned long long)seq);
	report_code(r, "code", code);
	report_end(r, identity);
}

void
report_packed(struct report *r, const char *identity, struct span parent,
    struct span child, size_t n)
{
	buf_str(&r->b, "packed");
	report_code(r, "parent", parent);
	report_code(r, "child", child);
	buf_printf(&r->b, " n=%zu", n);
	report_end(r, identity);
}

void
report_issued(struct report *r, const char *identity, struct span code)
{
	buf_str(&r->b, "issued");
	report_code(r, "code", code);
	report_end(r, identity);
}

void
report_refused(struct report *r, const char *identity, struct span code,
    const char *reason, const char *hint)
{
	edge_metrics_count(r->metrics, EDGE_REFUSED, identity, reason);
	buf_str(&r->b, "refused");
	report_code(r, "code", code);
	buf_printf(&r->b, " reason=%s", reason);
	report_quoted(r, "hint", hint);
	report_end(r, identity);
}

void
report_receipted(
    struct report *r, const char *identity, uint64_t upto, uint64_t index)
{
	buf_printf(&r->b, "receipted upto=%llu index=%llu",
	    (unsigned long long)upto, (unsigned long long)index);
	report_end(r, identity);
}

void
report_nacked(struct report *r, const char *identity, uint64_t seq,
    const char *code, const char *detail)
{
	edge_metrics_count(r->metrics, EDGE_NACKED, identity, code);
	buf_printf(
	    &r->b, "nacked seq=%llu code=%s", (unsigned long long)seq, code);
	report_quoted(r, "detail", detail);
	report_end(r, identity);
}

void
report_stopped(struct report *r, const char *identity, const char *reason,
    const char *hint)
{
	buf_printf(&r->b, "stopped reason=%s", reason);
	report_quoted(r, "hint", hint);
	report_end(r, identity);
}

void
report_flush(struct report *r)
{
	size_t at = 0;

	while (at < r->b.n) {
		ssize_t n = write(r->fd, r->b.p + at, r->b.n - at);

		if (n > 0)
			at += (size_t)n;
		else if (n < 0 && errno != EINTR)
			break;
	}
	if (r->b.cap > 65536)
		buf_free(&r->b);
	if (r->b.max == 0)
		r->b = buf_heap(REPORT_MAX);
	buf_reset(&r->b);
}
