/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOUCH_INTERNAL_H
#define TOUCH_INTERNAL_H

#include "base/buf.h"
#include "event/touch.h"

/*
 * The distinct subjects of one entry: bytes one after another in an arena, a
 * table of places. A keyed hash, because whoever writes a payload would else
 * choose strings that collide.
 */
struct touch_set;

struct touch_set *touch_set_new(void);
void touch_set_free(struct touch_set *s);
void touch_set_reset(struct touch_set *s);

/* The arena: a subject is written at its end after touch_set_begin(). */
struct buf *touch_set_begin(struct touch_set *s);
/* Ends it. *is_new: the subject was not there; out: its bytes. A subject that
 * is there already is taken off the arena. ERR_NOMEM. */
enum err touch_set_end(
    struct touch_set *s, struct span *out, bool *is_new) CM_MUST_USE;
/* Takes what was written since touch_set_begin() off the arena. */
void touch_set_drop(struct touch_set *s);
/* At least n bytes of scratch space, NULL without memory. */
uint8_t *touch_set_scratch(struct touch_set *s, size_t n);

#endif
