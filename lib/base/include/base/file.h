/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/buf.h"
#include "base/diag.h"

/* Appends the whole file to out; ERR_IO, ERR_TOO_LARGE above max. */
enum err file_read(
    struct buf *out, const char *path, size_t max, struct diag *d) CM_MUST_USE;

/* The same from an open descriptor, which stays open; name is for d. */
enum err file_read_fd(struct buf *out, int fd, const char *name, size_t max,
    struct diag *d) CM_MUST_USE;

/* Replaces path as one step: temporary file, fsync, rename, fsync of the
 * folder. mode as in open(2). ERR_IO. */
enum err file_replace(const char *path, struct span content, unsigned mode,
    struct diag *d) CM_MUST_USE;

/* Creates path with content, fsynced with its folder; never overwrites
 * (ERR_EXISTS) and leaves nothing behind when it fails. ERR_IO. */
enum err file_create(const char *path, struct span content, unsigned mode,
    struct diag *d) CM_MUST_USE;

/* Makes path's name durable: fsync of its folder. ERR_IO. */
enum err file_sync_folder(const char *path, struct diag *d) CM_MUST_USE;

#endif
