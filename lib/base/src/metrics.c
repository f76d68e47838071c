/* SPDX-License-Identifier: Apache-2.0 */
#include "base/metrics.h"

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
put_sample(struct buf *out, const struct metric *m, const char *suffix,
    const char *more)
{
	const char *label = m->label != NULL ? m->label : "";
	bool both = *label != '\0' && *more != '\0';

	buf_printf(out, "%s%s", m->name, suffix);
	if (*label != '\0' || *more != '\0')
		buf_printf(out, "{%s%s%s}", label, both ? "," : "", more);
	buf_byte(out, ' ');
}

static void
put_histogram(struct buf *out, const struct metric *m)
{
	long long n = 0;
	char le[48];

	for (unsigned i = 0; i < m->bound_count; i++) {
		struct buf b = buf_fixed(le, sizeof le);
		buf_printf(&b, "le=\"%g\"", m->bounds[i]);
		n += load(&m->buckets[i]);
		put_sample(out, m, "_bucket", buf_text(&b));
		buf_printf(out, "%lld\n", n);
	}
	n += load(&m->buckets[m->bound_count]);
	put_sample(out, m, "_bucket", "le=\"+Inf\"");
	buf_printf(out, "%lld\n", n);
	put_sample(out, m, "_count", "");
	buf_printf(out, "%lld\n", n);
	put_sample(out, m, "_sum", "");
	buf_printf(out, "%.6f\n", (double)load(&m->sum_micro) / 1e6);
}

static void
put_metric(struct buf *out, const struct metric *m)
{
	switch (m->kind) {
	case METRIC_HISTOGRAM:
		put_histogram(out, m);
		return;
	case METRIC_COUNTER:
		put_sample(out, m, "_total", "");
		break;
	case METRIC_GAUGE:
		put_sample(out, m, "", "");
		break;
	}
	buf_printf(out, "%lld\n", load(&m->value));
}

void
metrics_print(struct buf *out, struct metric *const *all, size_t n)
{
	static const char *const kinds[] = { "counter", "gauge", "histogram" };
	const char *family = "";

	for (size_t i = 0; i < n; i++) {
		const struct metric *m = all[i];
		/* Neighbours of one name are one family with several labels. */
		if (strcmp(m->name, family) != 0) {
			buf_printf(out, "# TYPE %s %s\n# HELP %s %s\n", m->name,
			    kinds[m->kind], m->name, m->help);
			family = m->name;
		}
		put_metric(out, m);
	}
	buf_str(out, "# EOF\n");
}
