/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a witness remembers: a file a log, which holds the signed checkpoint it
 * last cosigned, as it was handed in.
 */
#include "ledger/witness.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"

#include "base/banned.h"

#define PATH_BYTES 4096

/* An origin is longer than a file name may be: its hash names the file. */
static enum err
path_of(char out[PATH_BYTES], const struct witness_options *o,
    const struct note_key *log, const char *ending, struct diag *d)
{
	struct hash h = hash_bytes(span_str(log->name));
	char hex[2 * HASH_BYTES + 1];

	hex_print(hex, hash_span(&h));
	if (snprintf(out, PATH_BYTES, "%s/%s%s", o->dir, hex, ending) >=
	    PATH_BYTES)
		return diag_fail(d, ERR_IO, "", "state: wanted a shorter path");
	return ERR_OK;
}

static enum err
remember(struct witness_seen *out, const struct note_key *log, const char *path,
    struct diag *d)
{
	struct buf note = buf_heap(NOTE_MAX);
	struct checkpoint c;
	struct stat st;
	enum err e = ERR_OK;

	*out = (struct witness_seen){ .size = 0, .root = merkle_empty_root() };
	if (stat(path, &st) != 0) {
		/* whatever else hides the file must not look like a start */
		if (errno != ENOENT)
			e = diag_fail(
			    d, ERR_IO, "", "%s: %s", path, strerror(errno));
		return e;
	}
	e = file_read(&note, path, NOTE_MAX, d);
	if (e == ERR_OK &&
	    (checkpoint_open(&c, buf_span(&note), log, d) != ERR_OK ||
		strcmp(c.origin, log->name) != 0))
		e = diag_fail(d, ERR_CONFIG, "formats 6.2",
		    "%.120s: damaged, or of another key of the log", path);
	else if (e == ERR_OK)
		*out = (struct witness_seen){ c.size, c.root };
	buf_free(&note);
	return e == ERR_TOO_LARGE ? ERR_CONFIG : e;
}

enum err
witness_remembered(struct witness_seen *out, const struct witness_options *o,
    const struct note_key *log, struct diag *d)
{
	char path[PATH_BYTES];
	enum err e = path_of(path, o, log, ".note", d);

	return e == ERR_OK ? remember(out, log, path, d) : e;
}

/* Ends with close(): from reading the memory to replacing it no other process
 * or thread may do the same. */
static enum err
lock_log(int *fd, const struct witness_options *o, const struct note_key *log,
    struct diag *d)
{
	char path[PATH_BYTES];
	enum err e = path_of(path, o, log, ".lock", d);

	if (e != ERR_OK)
		return e;
	*fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (*fd < 0)
		return diag_fail(
		    d, ERR_IO, "", "%s: %s", path, strerror(errno));
	while (flock(*fd, LOCK_EX) != 0) {
		if (errno != EINTR)
			return diag_fail(d, ERR_IO, "", "lock %s: %s", path,
			    strerror(errno));
	}
	return ERR_OK;
}

static enum err
cosign(struct witness_answer *a, const struct witness_options *o,
    const struct checkpoint *c, struct diag *d)
{
	enum err e = checkpoint_cosign(
	    &a->body, c, o->name, (uint64_t)(clock_wall_ms() / 1000), o->key);

	return e == ERR_OK ? e : diag_fail(d, e, "", "cosigning");
}

/* Judge, replace, cosign: in this order, under the lock. */
static enum err
add_locked(struct witness_answer *a, const struct witness_options *o,
    const struct witness_request *r, const struct note_key *log, struct diag *d)
{
	struct witness_seen seen;
	struct checkpoint c;
	char path[PATH_BYTES];
	enum err e = path_of(path, o, log, ".note", d);

	if (e == ERR_OK)
		e = remember(&seen, log, path, d);
	if (e != ERR_OK)
		return e;
	a->size = seen.size;
	a->status = witness_judge(&c, r, log, &seen, d);
	if (a->status == 200 && o->more != NULL)
		a->status = o->more(o->ctx, r->note, &c, d);
	if (a->status == 409)
		buf_printf(&a->body, "%" PRIu64 "\n", seen.size);
	if (a->status != 200)
		return ERR_OK;
	/* tlog-witness: persisted before the answer */
	if (c.size != seen.size)
		e = file_replace(path, r->note, 0600, d);
	if (e != ERR_OK)
		return e;
	a->size = c.size;
	return cosign(a, o, &c, d);
}

enum err
witness_add(struct witness_answer *a, const struct witness_options *o,
    struct span body, struct diag *d)
{
	struct witness_request r;
	const struct note_key *log;
	int fd = -1;
	enum err e;

	a->status = 400;
	a->size = 0;
	a->origin[0] = '\0';
	if (witness_request_parse(&r, body, d) != ERR_OK)
		return ERR_OK;
	log = witness_log(&r, o->logs, o->log_count);
	if (log == NULL) {
		struct checkpoint c;
		struct witness_seen none = { .size = 0 };

		a->status = witness_judge(&c, &r, NULL, &none, d);
		return ERR_OK;
	}
	memcpy(a->origin, log->name, sizeof a->origin);
	e = lock_log(&fd, o, log, d);
	if (e == ERR_OK)
		e = add_locked(a, o, &r, log, d);
	if (fd >= 0)
		(void)close(fd);
	return e;
}
