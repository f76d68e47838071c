/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_CONF_H
#define BASE_CONF_H

#include "base/diag.h"
#include "base/span.h"

/*
 * INI configuration. One constant table per program says which keys exist;
 * an unknown, repeated or malformed key is an error that names file and line.
 * A section may carry a name, `[identity NAME]`; its keys are then asked with
 * that name. A line over 1,000 bytes or an indented line is refused.
 */
enum conf_type { CONF_TEXT, CONF_PATH, CONF_INT, CONF_BOOL, CONF_CHOICE };

struct conf_key {
	const char *section;
	const char *key;
	enum conf_type type;
	bool named;           /* section is repeated as [section NAME] */
	bool required;        /* in each such section that is present, and for
			       * an unnamed section always */
	const char *fallback; /* default as text, NULL none */
	int64_t min, max;     /* CONF_INT */
	const char *choices;  /* CONF_CHOICE: "single|pack|batch" */
	const char *help;     /* one line, for the manual and the example */
};

struct conf; /* opaque */

/* keys: constant array of n, kept by reference. ERR_IO, ERR_CONFIG. */
enum err conf_load(struct conf **out, const char *path,
    const struct conf_key *keys, size_t n, struct diag *d) CM_MUST_USE;
void conf_free(struct conf *c);

/* The value or its fallback; NULL when neither is there. name NULL for an
 * unnamed section. Valid until conf_free(). Asking for a key that is not in
 * the table is a bug (assert). */
const char *conf_text(const struct conf *c, const char *section,
    const char *name, const char *key);
int64_t conf_int(const struct conf *c, const char *section, const char *name,
    const char *key);
bool conf_bool(const struct conf *c, const char *section, const char *name,
    const char *key);

/* Names of the sections [section NAME] in file order. */
size_t conf_count(const struct conf *c, const char *section);
const char *conf_name(const struct conf *c, const char *section, size_t i);

/* Prints an example file with help and defaults (what --example shows and the
 * tests hold against the shipped file). */
struct buf;
void conf_example(struct buf *out, const struct conf_key *keys, size_t n);

#endif
