/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stddef.h>

#include "base/diag.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* One line on stderr a call, `ts= level= evt=… key=value …`. fmt holds the
 * key=value part; a value with blanks is put in quotes by the caller through
 * log_quote(). Thread-safe: one write(2) a line. Programs log, libraries
 * return. */
void log_line(enum log_level level, const char *evt, const char *fmt, ...)
    CM_PRINTF(3, 4);

/* Logs a diag with code=, clause=, text= and hint= (advice). */
void log_diag(enum log_level level, const char *evt, const struct diag *d);

/* Lines above this level are dropped; default LOG_INFO. */
void log_set_level(enum log_level level);

/* Quotes text for a value: "…" with \" \\ \n escaped, cut to fit. Returns out.
 */
const char *log_quote(char *out, size_t cap, const char *text);

#endif
