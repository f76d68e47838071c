/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

#define CHUNK_BYTES 16384
#define UNSYNCED_MAX ((size_t)64 << 20)
#define TEMPORARY ".tmp."
#define TEMPORARY_CHARS 6

static enum err
io_fail(struct diag *d, const char *what, const char *path)
{
	enum err code = errno == EEXIST ? ERR_EXISTS : ERR_IO;

	return diag_fail(d, code, "", "%s %s: %s", what, path, strerror(errno));
}

enum err
file_read_fd(
    struct buf *out, int fd, const char *path, size_t max, struct diag *d)
{
	uint8_t chunk[CHUNK_BYTES];
	size_t total = 0;

	for (;;) {
		ssize_t n = read(fd, chunk, sizeof chunk);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return io_fail(d, "read", path);
		if (n == 0)
			return ERR_OK;
		total += (size_t)n;
		if (total > max)
			break;
		buf_put(out, span_of(chunk, (size_t)n));
		if (buf_error(out) == ERR_NOMEM)
			return diag_fail(
			    d, ERR_NOMEM, "", "read %s: no memory", path);
		if (buf_error(out) != ERR_OK)
			break;
	}
	return diag_fail(d, ERR_TOO_LARGE, "",
	    "read %s: is larger than %zu bytes or the space for it", path, max);
}

enum err
file_read(struct buf *out, const char *path, size_t max, struct diag *d)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return io_fail(d, "open", path);
	enum err e = file_read_fd(out, fd, path, max, d);
	(void)close(fd);
	return e;
}

/* errno says why not. */
static bool
write_all(int fd, struct span content)
{
	while (content.n > 0) {
		ssize_t n = write(fd, content.p, content.n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		content = span_skip(content, (size_t)n);
	}
	return true;
}

static bool
folder_of(char folder[FILE_PATH_BYTES], const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t n = slash == NULL   ? 1
		   : slash == path ? 1
				   : (size_t)(slash - path);

	if (n >= FILE_PATH_BYTES)
		return false;
	memcpy(folder, slash == NULL ? "." : path, n);
	folder[n] = '\0';
	return true;
}

/* A new name is durable only when its folder is. */
enum err
file_sync_folder(const char *path, struct diag *d)
{
	char folder[FILE_PATH_BYTES];

	if (!folder_of(folder, path))
		return diag_fail(d, ERR_IO, "", "path is too long");
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return io_fail(d, "open folder", folder);
	enum err e = ERR_OK;
	if (fsync(fd) != 0)
		e = io_fail(d, "fsync folder", folder);
	(void)close(fd);
	return e;
}

enum err
file_writer_open(
    struct file_writer *w, const char *path, unsigned mode, struct diag *d)
{
	int n = snprintf(w->path, sizeof w->path, "%s", path);
	int t =
	    snprintf(w->temporary, sizeof w->temporary, "%s.tmp.XXXXXX", path);

	if (n < 0 || t < 0 || (size_t)t >= sizeof w->temporary)
		return diag_fail(d, ERR_IO, "", "path is too long");
	w->unsynced = 0;
	w->fd = mkostemp(w->temporary, O_CLOEXEC);
	if (w->fd < 0)
		return io_fail(d, "create", w->temporary);
	if (fchmod(w->fd, (mode_t)mode) == 0)
		return ERR_OK;
	enum err e = io_fail(d, "write", w->temporary);
	file_writer_abandon(w);
	return e;
}

enum err
file_writer_put(struct file_writer *w, struct span content, struct diag *d)
{
	bool ok = write_all(w->fd, content);

	w->unsynced += content.n;
	if (ok && w->unsynced > UNSYNCED_MAX) {
		ok = fdatasync(w->fd) == 0;
		w->unsynced = 0;
	}
	return ok ? ERR_OK : io_fail(d, "write", w->temporary);
}

enum err
file_writer_commit(struct file_writer *w, struct diag *d)
{
	enum err e = ERR_OK;

	if (fsync(w->fd) != 0)
		e = io_fail(d, "write", w->temporary);
	else if (rename(w->temporary, w->path) != 0)
		e = io_fail(d, "rename to", w->path);
	if (e != ERR_OK) {
		file_writer_abandon(w);
		return e;
	}
	(void)close(w->fd);
	return file_sync_folder(w->path, d);
}

void
file_writer_abandon(struct file_writer *w)
{
	(void)close(w->fd);
	(void)unlink(w->temporary);
}

/* Is it what file_writer_open() makes beside a file of that name? */
static bool
is_temporary(const char *entry, const char *name)
{
	size_t n = strlen(name);

	return strncmp(entry, name, n) == 0 &&
	       strncmp(entry + n, TEMPORARY, strlen(TEMPORARY)) == 0 &&
	       strlen(entry + n) == strlen(TEMPORARY) + TEMPORARY_CHARS;
}

void
file_writer_sweep(const char *path)
{
	const char *slash = strrchr(path, '/');
	char folder[FILE_PATH_BYTES];
	struct dirent *entry;
	DIR *dir;

	if (!folder_of(folder, path) || (dir = opendir(folder)) == NULL)
		return;
	while ((entry = readdir(dir)) != NULL) {
		if (is_temporary(
			entry->d_name, slash == NULL ? path : slash + 1))
			(void)unlinkat(dirfd(dir), entry->d_name, 0);
	}
	(void)closedir(dir);
}

enum err
file_replace(
    const char *path, struct span content, unsigned mode, struct diag *d)
{
	struct file_writer w;
	enum err e = file_writer_open(&w, path, mode, d);

	if (e != ERR_OK)
		return e;
	e = file_writer_put(&w, content, d);
	if (e == ERR_OK)
		return file_writer_commit(&w, d);
	file_writer_abandon(&w);
	return e;
}

enum err
file_create(
    const char *path, struct span content, unsigned mode, struct diag *d)
{
	int fd =
	    open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, (mode_t)mode);

	if (fd < 0)
		return io_fail(d, "create", path);
	enum err e = ERR_OK;
	if (!write_all(fd, content) || fsync(fd) != 0)
		e = io_fail(d, "write", path);
	(void)close(fd);
	if (e == ERR_OK)
		e = file_sync_folder(path, d);
	if (e != ERR_OK)
		(void)unlink(path);
	return e;
}
