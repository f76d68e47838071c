/* SPDX-License-Identifier: Apache-2.0 */
#include "outbox_move.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "event/receipt.h"

#include "agent.h"
#include "move_file.h"

#include "base/banned.h"

/* One identity of the configuration. */
struct outbox_move_slot {
	const char *name;
	char did[DID_WEB_CHARS + 1];
	uint8_t kid[KEY_BYTES];
	struct outbox *outbox;      /* NULL: not opened */
	struct outbox_home home;    /* before the move */
	struct outbox_chain before; /* import: what was here */
	uint64_t from, count;       /* statements written or added */
};

struct outbox_move {
	const struct edge_conf *conf;
	int lock;
	size_t count;
	struct outbox_move_slot *slots;
};

static enum err
outbox_move_slot_init(struct outbox_move_slot *t, const struct edge_conf *conf,
    size_t i, struct diag *d)
{
	struct buf did = buf_fixed(t->did, sizeof(t->did));
	struct sign_key key;
	enum err e;

	t->name = edge_conf_identity(conf, i);
	e = did_web_device(&did, conf->authority, span_str(t->name));
	if (e != ERR_OK || buf_text(&did) == NULL)
		return diag_fail(d, ERR_CONFIG, "formats 2.1",
		    "identity %s: no DID under authority %s", t->name,
		    conf->authority);
	e = key_load(&key, edge_conf_key(conf, i), d);
	if (e != ERR_OK)
		return e;
	memcpy(t->kid, key.pub, KEY_BYTES);
	key_clear(&key);
	return ERR_OK;
}

static enum err
outbox_move_init(
    struct outbox_move *m, const struct edge_conf *conf, struct diag *d)
{
	enum err e = agent_lock(&m->lock, conf->state, d);

	m->conf = conf;
	m->count = conf->identity_count;
	m->slots = calloc(m->count, sizeof(*m->slots));
	if (e == ERR_OK && m->slots == NULL)
		e = diag_fail(d, ERR_NOMEM, "", "outbox: no memory");
	for (size_t i = 0; e == ERR_OK && i < m->count; i++)
		e = outbox_move_slot_init(&m->slots[i], conf, i, d);
	return e;
}

/* What was not committed is rolled back. */
static void
outbox_move_clear(struct outbox_move *m)
{
	for (size_t i = 0; m->slots != NULL && i < m->count; i++) {
		if (m->slots[i].outbox != NULL)
			outbox_rollback(m->slots[i].outbox);
		outbox_close(m->slots[i].outbox);
	}
	free(m->slots);
	if (m->lock >= 0)
		(void)close(m->lock);
}

static enum err
outbox_move_open(
    struct outbox_move *m, struct outbox_move_slot *t, struct diag *d)
{
	struct outbox_limits limits = { m->conf->outbox_bytes,
		m->conf->outbox_rows };
	enum err e =
	    outbox_open(&t->outbox, m->conf->state, t->name, &limits, d);

	return e == ERR_OK ? outbox_home_read(t->outbox, &t->home, d) : e;
}

static void
outbox_move_line(
    struct buf *out, const char *verb, const struct outbox_move_slot *t)
{
	buf_printf(out, "%s identity=%s statements=%llu from=%llu upto=%llu\n",
	    verb, t->name, (unsigned long long)t->count,
	    (unsigned long long)t->from,
	    (unsigned long long)(t->from + t->count - 1));
}

/* outbox-file 2.3: the ledger has signed for what the section says it has. */
static enum err
outbox_move_receipt(const struct edge_conf *conf, const char *name,
    const struct move_file_section *s, struct diag *d)
{
	const struct outbox_chain *c = &s->chain;
	struct receipt r;
	enum err e;

	if (s->receipt.n == 0)
		return ERR_OK;
	e = receipt_open(&r, NULL, s->receipt, conf->receipt_key, d);
	if (e != ERR_OK)
		return e;
	if (strcmp(r.log, conf->log) != 0 || strcmp(r.device, name) != 0 ||
	    r.epoch != c->epoch || r.upto_seq != c->acked ||
	    !hash_equal(&r.head, &c->acked_head))
		return diag_fail(d, ERR_PROOF, "outbox-file 2.3",
		    "identity %s: the receipt is for %s in %s, epoch %llu, up "
		    "to %llu, or for another head",
		    name, r.device, r.log, (unsigned long long)r.epoch,
		    (unsigned long long)r.upto_seq);
	return ERR_OK;
}

/* ---- export ---- */

/* Before anything is made: a mistyped state folder has nothing to export. */
static enum err
outbox_move_present(const struct edge_conf *conf, struct diag *d)
{
	enum err e = ERR_OK;

	for (size_t i = 0; e == ERR_OK && i < conf->identity_count; i++) {
		struct outbox *o = NULL;

		e = outbox_open_readonly(
		    &o, conf->state, edge_conf_identity(conf, i), d);
		outbox_close(o);
	}
	return e;
}

static enum err
outbox_move_leavable(struct outbox_move_slot *t, struct diag *d)
{
	if (t->home.place != OUTBOX_ARRIVING)
		return ERR_OK;
	return diag_fail(d, ERR_MOVED, "outbox-file 3.4",
	    "an import into the outbox of %s has not ended: import the file "
	    "again",
	    t->name);
}

static enum err
outbox_move_write_statements(
    struct outbox_move_slot *t, struct move_file_out *out, struct diag *d)
{
	struct buf bytes = buf_heap(STATEMENT_MAX);
	const struct outbox_chain *c = outbox_chain(t->outbox);
	enum err e = ERR_OK;

	for (uint64_t seq = c->acked + 1; e == ERR_OK && seq <= c->seq; seq++) {
		buf_reset(&bytes);
		e = outbox_read(t->outbox, seq, &bytes, d);
		if (e == ERR_OK)
			e = move_file_statement(out, buf_span(&bytes), d);
	}
	buf_free(&bytes);
	t->from = c->acked + 1;
	t->count = c->seq - c->acked;
	return e;
}

static enum err
outbox_move_write_section(const struct outbox_move *m,
    struct outbox_move_slot *t, struct move_file_out *out, struct diag *d)
{
	struct buf receipt = buf_heap(MOVE_FILE_RECEIPT_MAX);
	struct move_file_section s;
	enum err e;

	memset(&s, 0, sizeof(s));
	memcpy(s.kid, t->kid, KEY_BYTES);
	memcpy(s.did, t->did, sizeof(s.did));
	s.chain = *outbox_chain(t->outbox);
	/* Repeated, it is the same move. */
	s.moves = t->home.moves + (t->home.place == OUTBOX_HERE ? 1 : 0);
	e = outbox_kept(t->outbox, OUTBOX_RECEIPT_NEWEST, &receipt, d);
	if (e == ERR_NOT_FOUND)
		e = ERR_OK;
	s.receipt = buf_span(&receipt);
	if (e == ERR_OK)
		e = outbox_move_receipt(m->conf, t->name, &s, d);
	if (e == ERR_OK)
		e = move_file_section(out, &s, d);
	if (e == ERR_OK)
		e = outbox_move_write_statements(t, out, d);
	buf_free(&receipt);
	return e;
}

static enum err
outbox_move_sync(FILE *f, struct diag *d)
{
	if (fsync(fileno(f)) == 0)
		return ERR_OK;
	return diag_fail(d, ERR_IO, "", "fsync: %s", strerror(errno));
}

/* All of it but the seal, on the disk under the temporary name. */
static enum err
outbox_move_write(struct outbox_move *m, const char *tmp, FILE *f,
    struct hash *seal, struct diag *d)
{
	struct move_file_out out;
	enum err e =
	    move_file_start(&out, f, m->conf->log, (unsigned)m->count, d);

	for (size_t i = 0; e == ERR_OK && i < m->count; i++)
		e = outbox_move_write_section(m, &m->slots[i], &out, d);
	if (e == ERR_OK)
		e = move_file_end(&out, seal, d);
	if (e == ERR_OK)
		e = outbox_move_sync(f, d);
	return e == ERR_OK ? file_sync_folder(tmp, d) : e;
}

/* A file of that name may be replaced only by itself: it may be the one copy
 * of another machine's outbox. */
static enum err
outbox_move_target(const char *path, const struct hash *seal, struct diag *d)
{
	struct hash there;
	FILE *f = fopen(path, "re");
	bool same;

	if (f == NULL && errno == ENOENT)
		return ERR_OK;
	same = f != NULL && fseeko(f, -HASH_BYTES, SEEK_END) == 0 &&
	       fread(there.b, 1, HASH_BYTES, f) == HASH_BYTES &&
	       hash_equal(&there, seal);
	if (f != NULL)
		(void)fclose(f);
	if (same)
		return ERR_OK;
	return diag_fail(d, ERR_EXISTS, "outbox-file 3.1",
	    "%s is there with other content", path);
}

/* The order is the point (outbox-file 3.1): while the mark is not on the disk
 * the file has no seal, so that nobody can import it. */
static enum err
outbox_move_leave(struct outbox_move *m, const char *tmp, const char *path,
    FILE *f, const struct hash *seal, struct diag *d)
{
	enum err e = ERR_OK;

	for (size_t i = 0; e == ERR_OK && i < m->count; i++) {
		struct outbox_move_slot *t = &m->slots[i];
		struct outbox_home away = { OUTBOX_AWAY, t->home.moves + 1 };

		if (t->home.place == OUTBOX_HERE)
			e = outbox_home_write(t->outbox, &away, d);
	}
	if (e == ERR_OK)
		e = move_file_seal(f, seal, d);
	if (e == ERR_OK)
		e = outbox_move_sync(f, d);
	if (e == ERR_OK && rename(tmp, path) != 0)
		e = diag_fail(d, ERR_IO, "", "%s: rename, %s; export again",
		    path, strerror(errno));
	return e == ERR_OK ? file_sync_folder(path, d) : e;
}

/* An older temporary file is written anew: the outboxes still hold whatever
 * was in it. */
static enum err
outbox_move_create(FILE **f, const char *tmp, struct diag *d)
{
	int fd = open(
	    tmp, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);

	*f = fd >= 0 ? fdopen(fd, "r+") : NULL;
	if (*f != NULL)
		return ERR_OK;
	if (fd >= 0)
		(void)close(fd);
	return diag_fail(d, ERR_IO, "", "%s: %s", tmp, strerror(errno));
}

static enum err
outbox_move_export_to(struct outbox_move *m, const char *path, struct diag *d)
{
	char tmp[PATH_MAX];
	FILE *f = NULL;
	struct hash seal;
	enum err e = ERR_OK;

	if (snprintf(tmp, sizeof(tmp), "%s.tmp", path) >= (int)sizeof(tmp))
		return diag_fail(d, ERR_IO, "", "path is too long");
	for (size_t i = 0; e == ERR_OK && i < m->count; i++) {
		e = outbox_move_open(m, &m->slots[i], d);
		if (e == ERR_OK)
			e = outbox_move_leavable(&m->slots[i], d);
	}
	if (e == ERR_OK)
		e = outbox_move_create(&f, tmp, d);
	if (e != ERR_OK)
		return e;
	e = outbox_move_write(m, tmp, f, &seal, d);
	if (e == ERR_OK)
		e = outbox_move_target(path, &seal, d);
	if (e != ERR_OK)
		(void)unlink(tmp);
	else
		e = outbox_move_leave(m, tmp, path, f, &seal, d);
	(void)fclose(f);
	return e;
}

enum err
outbox_move_export(const struct edge_conf *conf, const char *path,
    struct buf *out, struct diag *d)
{
	struct outbox_move m = { .lock = -1 };
	enum err e = outbox_move_present(conf, d);

	if (e == ERR_OK)
		e = outbox_move_init(&m, conf, d);
	if (e == ERR_OK)
		e = outbox_move_export_to(&m, path, d);
	for (size_t i = 0; e == ERR_OK && i < m.count; i++)
		outbox_move_line(out, "exported", &m.slots[i]);
	outbox_move_clear(&m);
	return e == ERR_OK ? buf_error(out) : e;
}

/* ---- import ---- */

static enum err
outbox_move_find(struct outbox_move *m, const struct move_file_section *s,
    struct outbox_move_slot **out, struct diag *d)
{
	for (size_t i = 0; i < m->count; i++) {
		struct outbox_move_slot *t = &m->slots[i];

		if (strcmp(t->did, s->did) != 0)
			continue;
		if (memcmp(t->kid, s->kid, KEY_BYTES) != 0)
			return diag_fail(d, ERR_UNKNOWN_DEVICE,
			    "outbox-file 4.1",
			    "identity %s: the file's chain is signed by "
			    "another key than the one configured here",
			    t->name);
		if (t->outbox != NULL)
			return diag_fail(d, ERR_BAD_ENCODING, "outbox-file 2.2",
			    "identity %s stands twice", t->name);
		*out = t;
		return ERR_OK;
	}
	return diag_fail(d, ERR_UNKNOWN_DEVICE, "outbox-file 4.1",
	    "the file moves %s, no identity of this configuration", s->did);
}

/* outbox-file 4.2: not from a file that is older than what happened here. */
static enum err
outbox_move_newer(const struct outbox_move_slot *t,
    const struct move_file_section *s, struct diag *d)
{
	if (t->home.place == OUTBOX_AWAY && s->moves == t->home.moves)
		return diag_fail(d, ERR_MOVED, "outbox-file 4.2",
		    "identity %s left here with this very file: export it "
		    "where that was imported, and import that",
		    t->name);
	if (s->moves < t->home.moves)
		return diag_fail(d, ERR_MOVED, "outbox-file 4.2",
		    "identity %s: the file is its move %llu, here move %llu "
		    "is known",
		    t->name, (unsigned long long)s->moves,
		    (unsigned long long)t->home.moves);
	return ERR_OK;
}

/* outbox-file 4.3: both name the same statement seq. */
static enum err
outbox_move_same(const struct outbox_move_slot *t, uint64_t seq,
    const struct hash *hash, struct diag *d)
{
	struct hash ours;
	enum err e = outbox_hash(t->outbox, seq, &ours, d);

	if (e == ERR_OK && !hash_equal(&ours, hash))
		return diag_fail(d, ERR_FORK, "outbox-file 4.3",
		    "identity %s: statement %llu here is another one than "
		    "the file's",
		    t->name, (unsigned long long)seq);
	return e;
}

/* outbox-file 4.3: is it the chain that is here? */
static enum err
outbox_move_meets(const struct outbox_move_slot *t,
    const struct move_file_section *s, struct diag *d)
{
	const struct outbox_chain *ours = &t->before, *c = &s->chain;

	if (c->epoch > ours->epoch && ours->seq == 0)
		return ERR_OK;
	if (c->epoch != ours->epoch)
		return diag_fail(d, ERR_EPOCH, "outbox-file 4.3",
		    "identity %s: the file is of epoch %llu, here is epoch "
		    "%llu",
		    t->name, (unsigned long long)c->epoch,
		    (unsigned long long)ours->epoch);
	if (c->acked >= ours->acked && c->acked <= ours->seq)
		return outbox_move_same(t, c->acked, &c->acked_head, d);
	/* Beyond what is here: what waits cannot be compared with what the
	 * ledger holds. A chain that left here brings it back. */
	if (c->acked > ours->seq && ours->seq > ours->acked &&
	    t->home.place != OUTBOX_AWAY)
		return diag_fail(d, ERR_FORK, "outbox-file 4.3",
		    "identity %s: statements %llu to %llu wait here, the file "
		    "begins after %llu",
		    t->name, (unsigned long long)(ours->acked + 1),
		    (unsigned long long)ours->seq,
		    (unsigned long long)c->acked);
	return ERR_OK;
}

static enum err
outbox_move_has_receipt(
    const struct outbox_move_slot *t, bool *has, struct diag *d)
{
	struct buf receipt = buf_heap(MOVE_FILE_RECEIPT_MAX);
	enum err e = outbox_kept(t->outbox, OUTBOX_RECEIPT_NEWEST, &receipt, d);

	*has = e == ERR_OK;
	buf_free(&receipt);
	return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* Opens the batch and takes over where the ledger stands, if it is further
 * than known here. */
static enum err
outbox_move_begin(struct outbox_move_slot *t, const struct move_file_section *s,
    struct diag *d)
{
	struct outbox_home home = { OUTBOX_ARRIVING, s->moves };
	const struct outbox_chain *c = &s->chain;
	bool has_receipt = false, news;
	enum err e = outbox_move_has_receipt(t, &has_receipt, d);

	news = c->epoch > t->before.epoch || c->acked > t->before.acked ||
	       (c->acked == t->before.acked && !has_receipt);
	if (e == ERR_OK)
		e = outbox_begin(t->outbox, d);
	if (e == ERR_OK && news)
		e = outbox_rebase(t->outbox, c->epoch, c->acked, &c->acked_head,
		    s->receipt, d);
	if (e == ERR_OK)
		e = outbox_home_write(t->outbox, &home, d);
	t->from = outbox_chain(t->outbox)->seq + 1;
	return e;
}

static enum err
outbox_move_section(struct outbox_move *m, const struct move_file_section *s,
    struct outbox_move_slot **t, struct diag *d)
{
	enum err e = outbox_move_find(m, s, t, d);

	if (e == ERR_OK)
		e = outbox_move_receipt(m->conf, (*t)->name, s, d);
	if (e == ERR_OK)
		e = outbox_move_open(m, *t, d);
	if (e != ERR_OK)
		return e;
	(*t)->before = *outbox_chain((*t)->outbox);
	e = outbox_move_newer(*t, s, d);
	if (e == ERR_OK)
		e = outbox_move_meets(*t, s, d);
	return e == ERR_OK ? outbox_move_begin(*t, s, d) : e;
}

static enum err
outbox_move_statement(struct outbox_move_slot *t,
    const struct move_file_item *item, struct diag *d)
{
	enum err e = ERR_OK;

	/* From an empty chain nothing is compared, whatever its epoch. */
	if (item->seq >= t->before.acked && item->seq <= t->before.seq)
		e = outbox_move_same(t, item->seq, &item->hash, d);
	if (e != ERR_OK || item->seq <= outbox_chain(t->outbox)->seq)
		return e;
	t->count++;
	return outbox_add(t->outbox, &item->hash, item->bytes, d);
}

/* All commits, then all marks: while one outbox has arrived and another has
 * not, none may be signed on (outbox-file 3.4). */
static enum err
outbox_move_settle_in(struct outbox_move *m, struct diag *d)
{
	enum err e = ERR_OK;

	for (size_t i = 0; e == ERR_OK && i < m->count; i++)
		if (m->slots[i].outbox != NULL)
			e = outbox_commit(m->slots[i].outbox, d);
	for (size_t i = 0; e == ERR_OK && i < m->count; i++) {
		struct outbox *o = m->slots[i].outbox;
		struct outbox_home home = { OUTBOX_HERE, 0 };

		if (o == NULL)
			continue;
		e = outbox_home_read(o, &home, d);
		home.place = OUTBOX_HERE;
		if (e == ERR_OK)
			e = outbox_home_write(o, &home, d);
	}
	return e;
}

static enum err
outbox_move_take(struct outbox_move *m, struct move_file_in *in, struct diag *d)
{
	struct outbox_move_slot *t = NULL;
	struct move_file_item item;

	if (strcmp(in->log, m->conf->log) != 0)
		return diag_fail(d, ERR_FORBIDDEN, "outbox-file 4.1",
		    "the file is for log %s, wanted %s", in->log, m->conf->log);
	for (;;) {
		enum err e = move_file_next(in, &item, d);

		if (e == ERR_OK && item.kind == MOVE_FILE_SECTION)
			e = outbox_move_section(m, &in->link.section, &t, d);
		else if (e == ERR_OK && item.kind == MOVE_FILE_STATEMENT)
			e = outbox_move_statement(t, &item, d);
		else if (e == ERR_OK)
			return outbox_move_settle_in(m, d);
		if (e != ERR_OK)
			return e;
	}
}

enum err
outbox_move_import(const struct edge_conf *conf, const char *path,
    struct buf *out, struct diag *d)
{
	struct outbox_move m = { .lock = -1 };
	struct move_file_in in;
	FILE *f = fopen(path, "re");
	enum err e;

	if (f == NULL)
		return diag_fail(
		    d, ERR_IO, "", "%s: %s", path, strerror(errno));
	e = move_file_open(&in, f, d);
	if (e == ERR_OK)
		e = outbox_move_init(&m, conf, d);
	if (e == ERR_OK)
		e = outbox_move_take(&m, &in, d);
	for (size_t i = 0; e == ERR_OK && i < m.count; i++)
		if (m.slots[i].outbox != NULL)
			outbox_move_line(out, "imported", &m.slots[i]);
	outbox_move_clear(&m);
	move_file_close(&in);
	(void)fclose(f);
	return e == ERR_OK ? buf_error(out) : e;
}
