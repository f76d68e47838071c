/* SPDX-License-Identifier: Apache-2.0 */
#include "event/topic.h"

#include <stdio.h>

#include "base/text.h"

#include "base/banned.h"

static const char *
suffix(enum topic_kind kind)
{
	return kind == TOPIC_EVENT ? "/ev" : "/rc";
}

void
topic_print(
    char *out, const char *log, const char *device, enum topic_kind kind)
{
	/* formats 3.1; names are at most 63 bytes, a longer one is cut and
	 * then no broker's list admits it. */
	(void)snprintf(out, TOPIC_CHARS + 1, "cm/1/%.63s/%.63s%s", log,
	    device == NULL ? "+" : device, suffix(kind));
}

enum err
topic_device(struct span *device, struct span topic, const char *log,
    enum topic_kind kind)
{
	size_t log_n = strlen(log), tail_n = strlen(suffix(kind));
	struct span rest, name;

	/* formats 3.1: cm/1/<log>/<device>/ev */
	if (!span_starts(topic, "cm/1/"))
		return ERR_SYNTAX;
	rest = span_skip(topic, strlen("cm/1/"));
	if (!span_starts(rest, log))
		return ERR_SYNTAX;
	rest = span_skip(rest, log_n);
	if (rest.n < 1 + tail_n || rest.p[0] != '/')
		return ERR_SYNTAX;
	name = span_of(rest.p + 1, rest.n - 1 - tail_n);
	rest = span_skip(rest, rest.n - tail_n);
	if (!span_is(rest, suffix(kind)) || !name_valid(name))
		return ERR_SYNTAX;
	*device = name;
	return ERR_OK;
}
