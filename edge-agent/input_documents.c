/* SPDX-License-Identifier: Apache-2.0 */
#include "input_documents.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"

#include "base/banned.h"

#define DOCUMENTS_NAME 200 /* of a moved file; room for what is appended */
#define DOCUMENTS_TRIES 16

/* A document of the running batch, moved and told after the commit. */
struct documents_job {
	char name[NAME_MAX + 1];
	struct stat st; /* of the file that was read */
	enum err code;  /* ERR_OK: stored, else why it is refused */
	bool fresh;     /* stored by this batch */
	uint64_t seq;
	struct hash mark;
	struct diag d;
};

enum documents_folder { IN_DROP, IN_DONE, IN_REFUSED, FOLDERS };

static const char *const documents_sub[FOLDERS] = { ".", "done", "refused" };

struct input_documents {
	const char *path;
	struct lane *lane;
	int events;           /* inotify */
	int watch;            /* of the folder, -1 none */
	int folders[FOLDERS]; /* open during a turn, else -1 */
	int64_t scan_ms;      /* when the next scan is due */
	bool scanned;         /* at least once */
	bool young;           /* the scan saw files that may still be written */
	bool more;            /* names did not fit into the list */
	bool held;            /* nothing is taken before the next scan */
	bool told;            /* and it was said why */
	size_t count;
	char names[DOCUMENTS_LIST][NAME_MAX + 1]; /* complete files, sorted */
	size_t job_count;
	struct documents_job jobs[DOCUMENTS_BATCH];
	uint8_t bytes[STATEMENT_MAX];
};

/* ---- the folders ---- */

static void
documents_shut(struct input_documents *in)
{
	for (unsigned i = 0; i < FOLDERS; i++) {
		if (in->folders[i] >= 0)
			(void)close(in->folders[i]);
		in->folders[i] = -1;
	}
}

/* Made when it is missing. */
static int
documents_below(int drop, const char *sub)
{
	if (mkdirat(drop, sub, 0700) != 0 && errno != EEXIST)
		return -1;
	return openat(
	    drop, sub, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Anew each turn: what was moved away or unmounted is not held on to. */
static enum err
documents_open(struct input_documents *in, struct diag *d)
{
	for (unsigned i = 0; i < FOLDERS; i++) {
		int fd = i == IN_DROP ? open(in->path,
					    O_RDONLY | O_DIRECTORY | O_CLOEXEC)
				      : documents_below(in->folders[IN_DROP],
					    documents_sub[i]);

		in->folders[i] = fd;
		if (fd < 0 || faccessat(fd, ".", R_OK | W_OK | X_OK, 0) != 0)
			return diag_fail(d, ERR_IO, "interface Edge",
			    "%s/%s: got %s, wanted a folder to read and write",
			    in->path, documents_sub[i], strerror(errno));
	}
	return ERR_OK;
}

enum err
input_documents_new(struct input_documents **out, const char *path,
    struct lane *lane, struct diag *d)
{
	struct input_documents *in = calloc(1, sizeof(*in));
	enum err e;

	if (in == NULL)
		return diag_fail(d, ERR_NOMEM, "", "documents: no memory");
	in->path = path;
	in->lane = lane;
	in->watch = -1;
	for (unsigned i = 0; i < FOLDERS; i++)
		in->folders[i] = -1;
	in->scan_ms = INT64_MIN;
	in->events = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	e = in->events >= 0 ? documents_open(in, d)
			    : diag_fail(d, ERR_IO, "", "%s: inotify: %s", path,
				  strerror(errno));
	documents_shut(in);
	if (e != ERR_OK) {
		input_documents_free(in);
		return e;
	}
	*out = in;
	return ERR_OK;
}

void
input_documents_free(struct input_documents *in)
{
	if (in == NULL)
		return;
	documents_shut(in);
	if (in->events >= 0)
		(void)close(in->events);
	free(in);
}

int
input_documents_fd(const struct input_documents *in)
{
	return in->events;
}

/* ---- what is there ---- */

static void
documents_scan_at(struct input_documents *in, int64_t at)
{
	if (at < in->scan_ms)
		in->scan_ms = at;
}

/* What is in the way is told once; nothing overtakes it. */
static void
documents_hold(struct input_documents *in, const struct diag *d, int64_t now)
{
	if (!in->told)
		log_diag(LOG_WARN, "documents", d);
	in->told = true;
	in->held = true;
	in->scan_ms = now + DOCUMENTS_RETRY_MS;
}

static bool
documents_named(const char *name)
{
	const char *dot = strrchr(name, '.');

	return name[0] != '.' && dot != NULL &&
	       (strcmp(dot, ".json") == 0 || strcmp(dot, ".jsonld") == 0);
}

/* Is it in the list? *at: where it would go. */
static bool
documents_find(const struct input_documents *in, const char *name, size_t *at)
{
	size_t end = in->count;
	int order = 1;

	*at = 0;
	while (*at < end && order != 0) {
		size_t mid = *at + (end - *at) / 2;

		order = strcmp(name, in->names[mid]);
		if (order > 0)
			*at = mid + 1;
		else
			end = mid;
	}
	return order == 0;
}

/* A complete file. A full list keeps the first ones. */
static void
documents_add(struct input_documents *in, const char *name)
{
	size_t at;

	if (!documents_named(name) || documents_find(in, name, &at))
		return;
	if (in->count == DOCUMENTS_LIST) {
		in->more = true;
		if (at == in->count)
			return;
		in->count--;
	}
	memmove(in->names[at + 1], in->names[at],
	    (in->count - at) * sizeof(in->names[0]));
	(void)snprintf(in->names[at], sizeof(in->names[at]), "%s", name);
	in->count++;
}

static void
documents_events(struct input_documents *in, int64_t now)
{
	uint8_t b[8192];
	struct inotify_event event;
	ssize_t n = read(in->events, b, sizeof(b));

	for (ssize_t at = 0; at < n; at += (ssize_t)event.len) {
		memcpy(&event, b + at, sizeof(event));
		at += (ssize_t)sizeof(event);
		if (event.len > 0 && (event.mask & IN_ISDIR) == 0 &&
		    (event.mask & (IN_CLOSE_WRITE | IN_MOVED_TO)) != 0)
			documents_add(in, (const char *)b + at);
		else /* a new file, a lost event, the folder moved away */
			documents_scan_at(in, now + DOCUMENTS_YOUNG_MS);
	}
}

/* By the older of the two times: a move keeps one, whatever it is, and the
 * other cannot be set. */
static bool
documents_settled(const struct stat *st)
{
	int64_t m = st->st_mtim.tv_sec, c = st->st_ctim.tv_sec;

	return clock_wall_ms() >=
	       ((m < c ? m : c) + 1) * 1000 + DOCUMENTS_SETTLED_MS;
}

static void
documents_look_at(struct input_documents *in, const char *name)
{
	struct stat st;
	size_t at;

	if (!documents_named(name) ||
	    fstatat(in->folders[IN_DROP], name, &st, AT_SYMLINK_NOFOLLOW) !=
		0 ||
	    S_ISDIR(st.st_mode))
		return;
	if (!S_ISREG(st.st_mode) || documents_settled(&st))
		documents_add(in, name);
	else if (!documents_find(in, name, &at))
		in->young = true;
}

/* First the watch, then the look: nothing comes unseen in between. */
static enum err
documents_scan(struct input_documents *in, int64_t now, struct diag *d)
{
	int watch = inotify_add_watch(in->events, in->path,
	    IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE_SELF |
		IN_MOVE_SELF | IN_ONLYDIR);
	int fd = dup(in->folders[IN_DROP]);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *at;

	if (in->watch >= 0 && in->watch != watch)
		(void)inotify_rm_watch(in->events, in->watch);
	in->watch = watch;
	if (dir == NULL || watch < 0) {
		enum err e = diag_fail(d, ERR_IO, "interface Edge",
		    "%s: cannot be watched: %s", in->path, strerror(errno));

		if (dir != NULL)
			(void)closedir(dir);
		else if (fd >= 0)
			(void)close(fd);
		return e;
	}
	in->young = in->more = in->held = false;
	while ((at = readdir(dir)) != NULL)
		documents_look_at(in, at->d_name);
	(void)closedir(dir);
	in->scanned = true;
	in->scan_ms =
	    now + (in->young ? DOCUMENTS_YOUNG_MS : DOCUMENTS_SCAN_MS);
	return ERR_OK;
}

/* ---- taking ---- */

static bool
documents_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	       a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* What can be told before it is opened. ERR_NOT_FOUND: gone. */
static enum err
documents_stat(const struct input_documents *in, struct documents_job *job)
{
	struct stat *st = &job->st;

	if (fstatat(in->folders[IN_DROP], job->name, st, AT_SYMLINK_NOFOLLOW) !=
	    0)
		return errno == ENOENT
			   ? ERR_NOT_FOUND
			   : diag_fail(&job->d, ERR_IO, "interface Edge",
				 "%s: stat: %s", job->name, strerror(errno));
	/* Opening a device may do something, a link may lead anywhere. */
	if (!S_ISREG(st->st_mode))
		return diag_fail(&job->d, ERR_FORBIDDEN, "interface Edge",
		    "document: got a %s, wanted a regular file",
		    S_ISLNK(st->st_mode)    ? "symbolic link"
		    : S_ISFIFO(st->st_mode) ? "named pipe"
		    : S_ISSOCK(st->st_mode) ? "socket"
					    : "device");
	if (st->st_size > STATEMENT_MAX)
		return diag_fail(&job->d, ERR_TOO_LARGE, "formats 1.1",
		    "document: got %lld bytes, wanted at most %d",
		    (long long)st->st_size, STATEMENT_MAX);
	return ERR_OK;
}

/* ERR_TIMEOUT: it changed meanwhile. */
static enum err
documents_read(struct input_documents *in, const struct documents_job *job,
    int fd, size_t *n, struct diag *d)
{
	struct stat st;

	*n = 0;
	while (*n < sizeof(in->bytes)) {
		ssize_t got = read(fd, in->bytes + *n, sizeof(in->bytes) - *n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return diag_fail(d, ERR_IO, "interface Edge",
			    "%s: read: %s", job->name, strerror(errno));
		if (got == 0)
			break;
		*n += (size_t)got;
	}
	if (fstat(fd, &st) != 0 || !documents_same(&st, &job->st) ||
	    (off_t)*n != st.st_size)
		return ERR_TIMEOUT;
	return ERR_OK;
}

static enum err
documents_load(struct input_documents *in, struct documents_job *job, size_t *n)
{
	enum err e = documents_stat(in, job);
	int fd;

	if (e != ERR_OK)
		return e;
	fd = openat(in->folders[IN_DROP], job->name,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && (errno == ENOENT || errno == ELOOP))
		return ERR_TIMEOUT;
	if (fd < 0)
		/* Its permissions are the document's fault, all else ours. */
		return diag_fail(&job->d,
		    errno == EACCES ? ERR_FORBIDDEN : ERR_IO, "interface Edge",
		    "%s: open: %s", job->name, strerror(errno));
	e = documents_read(in, job, fd, n, &job->d);
	(void)close(fd);
	return e;
}

/* Folder, name and bytes: the same document under another name is another. */
static struct hash
documents_mark(const char *path, const char *name, struct span bytes)
{
	struct sha256 s;
	struct hash h;

	sha256_init(&s);
	sha256_add(&s, span_of(path, strlen(path) + 1));
	sha256_add(&s, span_of(name, strlen(name) + 1));
	sha256_add(&s, bytes);
	sha256_done(&s, &h);
	return h;
}

/* Is it the document that is bad, and not our disk, memory or chain? */
static bool
documents_bad(enum err e)
{
	return err_category(e) == 200 || e == ERR_SCHEMA || e == ERR_LIMIT ||
	       e == ERR_FORBIDDEN || e == ERR_USAGE;
}

/* Reads the job's file and signs it into the batch, unless that was done. */
static enum err
documents_sign(
    struct input_documents *in, struct payload *p, struct documents_job *job)
{
	struct span bytes;
	size_t n = 0;
	enum err e = documents_load(in, job, &n);

	if (e != ERR_OK)
		return e;
	bytes = span_of(in->bytes, n);
	job->mark = documents_mark(in->path, job->name, bytes);
	e = outbox_marked(in->lane->id.outbox, &job->mark, &job->seq, &job->d);
	if (e != ERR_NOT_FOUND)
		return e;
	diag_clear(&job->d);
	e = lane_put_marked(in->lane, p, bytes, &job->mark, &job->seq, &job->d);
	job->fresh = e == ERR_OK;
	return e;
}

static void
documents_take(struct input_documents *in, struct payload *p, const char *name,
    int64_t now)
{
	struct documents_job *job = &in->jobs[in->job_count];

	*job = (struct documents_job){ .fresh = false };
	(void)snprintf(job->name, sizeof(job->name), "%s", name);
	job->code = documents_sign(in, p, job);
	if (job->code == ERR_NOT_FOUND)
		return;
	if (job->code == ERR_TIMEOUT) {
		in->young = true;
		documents_scan_at(in, now + DOCUMENTS_YOUNG_MS);
		return;
	}
	/* A chain at its end refuses every document: they stay. */
	if (job->code != ERR_OK &&
	    (in->lane->closed || !documents_bad(job->code))) {
		documents_hold(in, &job->d, now);
		return;
	}
	in->job_count++;
}

/* ---- moving ---- */

/* A name that is free in that folder; only we write there. */
static enum err
documents_free_name(const struct input_documents *in, int sub, const char *name,
    char out[NAME_MAX + 1], struct diag *d)
{
	int64_t now = clock_wall_ms();
	struct stat st;

	(void)snprintf(out, NAME_MAX + 1, "%.*s", DOCUMENTS_NAME, name);
	for (unsigned i = 0; i < DOCUMENTS_TRIES; i++) {
		if (fstatat(sub, out, &st, AT_SYMLINK_NOFOLLOW) != 0 &&
		    errno == ENOENT)
			return ERR_OK;
		(void)snprintf(out, NAME_MAX + 1, "%.*s.%lld", DOCUMENTS_NAME,
		    name, (long long)now + i);
	}
	return diag_fail(d, ERR_IO, "interface Edge",
	    "%s: %s cannot be moved: no name is free", in->path, name);
}

/* refused/NAME.reason: the stable word, the clause broken; where, got, wanted.
 */
static enum err
documents_reason(const struct input_documents *in, const char *name,
    const struct diag *why, struct diag *d)
{
	char path[PATH_MAX], text[512];
	int n = snprintf(
	    path, sizeof(path), "%s/refused/%s.reason", in->path, name);

	if (n < 0 || n >= (int)sizeof(path))
		return diag_fail(d, ERR_IO, "", "%s: too long", in->path);
	n = snprintf(text, sizeof(text), "code: %s\nclause: %s\ndetail: %s\n",
	    err_name(why->code), why->clause, why->text);
	return file_replace(path, span_of(text, (size_t)n), 0600, d);
}

static enum err
documents_move(const struct input_documents *in,
    const struct documents_job *job, struct diag *d)
{
	int from = in->folders[IN_DROP];
	int sub = in->folders[job->code == ERR_OK ? IN_DONE : IN_REFUSED];
	char to[NAME_MAX + 1];
	struct stat st;
	enum err e = documents_free_name(in, sub, job->name, to, d);

	if (e == ERR_OK && job->code != ERR_OK)
		e = documents_reason(in, to, &job->d, d);
	if (e != ERR_OK)
		return e;
	if (renameat(from, job->name, sub, to) != 0)
		return diag_fail(d, ERR_IO, "interface Edge",
		    "%s: %s cannot be moved: %s", in->path, job->name,
		    strerror(errno));
	/* Another one took its name since it was read: back with it. */
	if (fstatat(sub, to, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    !documents_same(&st, &job->st) &&
	    renameat2(sub, to, from, job->name, RENAME_NOREPLACE) != 0)
		return diag_fail(d, ERR_EXISTS, "interface Edge",
		    "%s: %s was moved and not read; drop it again", in->path,
		    to);
	return ERR_OK;
}

static void
documents_tell(const struct input_documents *in, struct report *out,
    const struct documents_job *job)
{
	struct span name = span_str(job->name);

	if (job->code == ERR_OK)
		report_stored(out, in->lane->id.name, job->seq, name);
	else
		report_refused(out, in->lane->id.name, name,
		    err_name(job->code), job->d.text);
}

/* Moves what the commit allows, in order; the rest is taken again later. */
static enum err
documents_moves(struct input_documents *in, struct report *out, size_t *moved,
    struct diag *d)
{
	for (*moved = 0; *moved < in->job_count; (*moved)++) {
		const struct documents_job *job = &in->jobs[*moved];
		enum err e;

		if (job->fresh && in->lane->result != ERR_OK) {
			*d = in->lane->diag;
			return in->lane->result;
		}
		e = documents_move(in, job, d);
		if (e != ERR_OK)
			return e;
		documents_tell(in, out, job);
	}
	return ERR_OK;
}

/* The marks go when the moves are on the disk, never before. */
static enum err
documents_forget(struct input_documents *in, size_t moved, struct diag *d)
{
	enum err e = ERR_OK;

	if (fsync(in->folders[IN_DONE]) != 0 ||
	    fsync(in->folders[IN_DROP]) != 0)
		return diag_fail(d, ERR_IO, "interface Edge", "%s: fsync: %s",
		    in->path, strerror(errno));
	for (size_t i = 0; e == ERR_OK && i < moved; i++)
		if (in->jobs[i].code == ERR_OK)
			e = lane_unmark(in->lane, &in->jobs[i].mark, d);
	lane_commit(in->lane);
	if (e == ERR_OK && in->lane->result != ERR_OK) {
		*d = in->lane->diag;
		e = in->lane->result;
	}
	return e;
}

static void
documents_batch(struct input_documents *in, struct payload *p,
    struct report *out, int64_t now)
{
	size_t n = 0, moved;
	struct diag d;

	in->job_count = 0;
	in->lane->result = ERR_OK;
	while (!in->held && n < in->count && in->job_count < DOCUMENTS_BATCH)
		documents_take(in, p, in->names[n++], now);
	lane_commit(in->lane);
	in->count -= n;
	memmove(in->names[0], in->names[n], in->count * sizeof(in->names[0]));
	diag_clear(&d);
	if (documents_moves(in, out, &moved, &d) != ERR_OK)
		documents_hold(in, &d, now);
	diag_clear(&d);
	if (moved > 0 && documents_forget(in, moved, &d) != ERR_OK)
		documents_hold(in, &d, now);
}

int64_t
input_documents_turn(struct input_documents *in, struct payload *p,
    struct report *out, int64_t now)
{
	struct diag d;
	enum err e = ERR_OK;
	bool scan;

	diag_clear(&d);
	documents_events(in, now);
	scan = now >= in->scan_ms && (in->held || in->count == 0);
	if (scan || (in->count > 0 && !in->held))
		e = documents_open(in, &d);
	if (scan && e == ERR_OK)
		e = documents_scan(in, now, &d);
	if (e != ERR_OK)
		documents_hold(in, &d, now);
	if (in->count > 0 && !in->held)
		documents_batch(in, p, out, now);
	documents_shut(in);
	if (!in->held) {
		in->told = false;
		if (in->count > 0)
			return 0;
		if (in->more)
			in->scan_ms = now;
	}
	return in->scan_ms > now ? in->scan_ms - now : 0;
}

bool
input_documents_waiting(const struct input_documents *in)
{
	return !in->scanned || in->count > 0 || in->young || in->more ||
	       in->held;
}

bool
input_documents_stuck(const struct input_documents *in)
{
	return in->held && in->lane->stopped != ERR_OK;
}
