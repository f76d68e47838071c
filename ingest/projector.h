/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROJECTOR_H
#define PROJECTOR_H

#include "base/conf.h"

/*
 * countermark-ingest --project: fills the search tables from the entries below
 * the newest checkpoint, in a process of its own, until SIGTERM. Several may
 * run; the watermark lets one of them work and the others wait.
 * Returns the exit code: 0 ended as asked, 1 failed.
 */
int projector_run(const struct conf *c);

#endif
