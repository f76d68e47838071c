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

/* The same for who makes the content piece by piece: until the commit, and
 * after a failure, path is what it was. ERR_IO. */
#define FILE_PATH_BYTES 4096
struct file_writer {
	int fd;
	size_t unsynced; /* bytes; few, so that no commit has gigabytes to do */
	char path[FILE_PATH_BYTES], temporary[FILE_PATH_BYTES];
};
enum err file_writer_open(struct file_writer *w, const char *path,
    unsigned mode, struct diag *d) CM_MUST_USE;
enum err file_writer_put(
    struct file_writer *w, struct span content, struct diag *d) CM_MUST_USE;
/* One of the two ends it. */
enum err file_writer_commit(struct file_writer *w, struct diag *d) CM_MUST_USE;
void file_writer_abandon(struct file_writer *w);
/* Removes what writers of path that were killed have left. For who is the only
 * one to write it. */
void file_writer_sweep(const char *path);

/* Creates path with content, fsynced with its folder; never overwrites
 * (ERR_EXISTS) and leaves nothing behind when it fails. ERR_IO. */
enum err file_create(const char *path, struct span content, unsigned mode,
    struct diag *d) CM_MUST_USE;

/* Makes path's name durable: fsync of its folder. ERR_IO. */
enum err file_sync_folder(const char *path, struct diag *d) CM_MUST_USE;

#endif
