/* SPDX-License-Identifier: Apache-2.0 */
#include "base/metrics.h"

#include <stdio.h>

#include "base/banned.h"

void
metric_add(struct metric *m, long long v)
{
	atomic_fetch_add_explicit(&m->value, v, memory_order_relaxed);
}

void
metric_set(struct metric *m, long long v)
{
	atomic_store_explicit(&m->value, v, memory_order_relaxed);
}

void
metric_observe(struct metric *m, double v)
{
	unsigned i = 0;

	while (i < m->bound_count && v > m->bounds[i])
		i++;
	atomic_fetch_add_explicit(&m->buckets[i], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(
	    &m->sum_micro, (long long)(v * 1e6), memory_order_relaxed);
}

static long long
load(const atomic_llong *v)
{
	return atomic_load_explicit(v, memory_order_relaxed);
}

long long
metric_value(const struct metric *m)
{
	long long n = 0;

	if (m->kind != METRIC_HISTOGRAM)
		return load(&m->value);
	for (unsigned i = 0; i <= m->bound_count; i++)
		n += load(&m->buckets[i]);
	return n;
}

/* `name_suffix{label} `; either part of the braces may be missing. */
static void
put_name(struct buf *out, const char *name, const char *suffix,
    const char *label, const char *more)
{
	bool both = label != NULL && *more != '\0';

	buf_printf(out, "%s%s", name, suffix);
	if (label != NULL || *more != '\0')
		buf_printf(out, "{%s%s%s}", label != NULL ? label : "",
		    both ? "," : "", more);
	buf_byte(out, ' ');
}

/* The canonical form of OpenMetrics: a float shows that it is one. */
static void
put_bound(struct buf *out, double bound)
{
	char text[32];

	(void)snprintf(text, sizeof text, "%g", bound);
	buf_printf(
	    out, "le=\"%s%s\"", text, strpbrk(text, ".e") == NULL ? ".0" : "");
}

static void
put_histogram(struct buf *out, const struct metric *m)
{
	long long n = 0;
	char le[48];

	for (unsigned i = 0; i < m->bound_count; i++) {
		struct buf b = buf_fixed(le, sizeof le);
		put_bound(&b, m->bounds[i]);
		n += load(&m->buckets[i]);
		put_name(out, m->name, "_bucket", m->label, buf_text(&b));
		buf_printf(out, "%lld\n", n);
	}
	n += load(&m->buckets[m->bound_count]);
	put_name(out, m->name, "_bucket", m->label, "le=\"+Inf\"");
	buf_printf(out, "%lld\n", n);
	put_name(out, m->name, "_count", m->label, "");
	buf_printf(out, "%lld\n", n);
	put_name(out, m->name, "_sum", m->label, "");
	buf_printf(out, "%.6f\n", (double)load(&m->sum_micro) / 1e6);
}

static const char *
unit_of(const char *name)
{
	static const char *const units[] = { "seconds", "bytes" };

	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
		size_t n = strlen(name), u = strlen(units[i]);

		if (n > u && name[n - u - 1] == '_' &&
		    strcmp(name + n - u, units[i]) == 0)
			return units[i];
	}
	return NULL;
}

void
metrics_family(
    struct buf *out, enum metric_kind kind, const char *name, const char *help)
{
	static const char *const kinds[] = { "counter", "gauge", "histogram" };
	const char *unit = unit_of(name);

	buf_printf(out, "# TYPE %s %s\n", name, kinds[kind]);
	if (unit != NULL)
		buf_printf(out, "# UNIT %s %s\n", name, unit);
	buf_printf(out, "# HELP %s %s\n", name, help);
}

void
metrics_sample(struct buf *out, enum metric_kind kind, const char *name,
    const char *label, long long value)
{
	put_name(out, name, kind == METRIC_COUNTER ? "_total" : "", label, "");
	buf_printf(out, "%lld\n", value);
}

void
metrics_end(struct buf *out)
{
	buf_str(out, "# EOF\n");
}

void
metrics_print(struct buf *out, struct metric *const *all, size_t n)
{
	const char *family = "";

	for (size_t i = 0; i < n; i++) {
		const struct metric *m = all[i];
		/* Neighbours of one name are one family with several labels. */
		if (strcmp(m->name, family) != 0)
			metrics_family(out, m->kind, m->name, m->help);
		family = m->name;
		if (m->kind == METRIC_HISTOGRAM)
			put_histogram(out, m);
		else
			metrics_sample(
			    out, m->kind, m->name, m->label, load(&m->value));
	}
	metrics_end(out);
}
