/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_BUNDLE_FAULTS_H
#define TEST_BUNDLE_FAULTS_H

#include "bundle_world.h"

/* A bundle that passes each check of formats 7.4 but the one named. quorum:
 * of the policy it is meant for. */
struct buf bf_fault(enum bundle_check check, const char **quorum);

/* The text with the first `from` at or behind `after` replaced; aborts when
 * it is not there. b is freed. */
struct buf bf_replace(
    struct buf b, const char *after, const char *from, const char *to);
/* The base64 character changed that stands behind the first `after` at or
 * behind `behind`. */
struct buf bf_flip(struct buf b, const char *behind, const char *after);
/* Without the subject of that name. */
struct buf bf_drop_subject(struct buf b, const char *subject);
/* With one more subject in front: its JSON. */
struct buf bf_add_subject(struct buf b, struct span json);

/* With one more subject in front and what its signer's key rests on. */
struct buf bf_with_subject(struct buf b, const struct bworld *w,
    const char *subject, enum bw_who signer);

#endif
