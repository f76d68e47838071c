/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/text.h"

#include "identity.h"
#include "outbox_move.h"

#include "move_site.h"

#include "base/banned.h"

#define FILE_MAX (1u << 24)

struct sign_key site_ledger, site_keys[2];
char site_text[4096];
struct diag site_diag;

void
site_keys_make(void)
{
	key_generate(&site_ledger);
	key_generate(&site_keys[0]);
	key_generate(&site_keys[1]);
}

const char *
site_path(const struct site *s, const char *name)
{
	static char paths[4][128];
	static unsigned at;
	char *p = paths[at++ % 4];

	(void)snprintf(p, sizeof(paths[0]), "%s/%s", s->folder, name);
	return p;
}

void
site_make(struct site *s, unsigned identities, const char *extra)
{
	char hex[KEY_BYTES * 2 + 1], text[2048];
	int n;

	/* Processes are killed here, not machines: memory will do. */
	(void)snprintf(s->folder, sizeof(s->folder), "%s/cm-site-XXXXXX",
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	assert_non_null(mkdtemp(s->folder));
	hex_print(hex, span_of(site_ledger.pub, KEY_BYTES));
	n = snprintf(text, sizeof(text),
	    "[agent]\nauthority = countermark.example\nlog = main\n"
	    "state = %s/state\n%s[ledger]\nreceipt_key = %s\n",
	    s->folder, extra, hex);
	for (unsigned i = 0; i < identities; i++) {
		char name[16];

		(void)snprintf(name, sizeof(name), "key-%u", i + 1);
		assert_int_equal(
		    key_save(&site_keys[i], site_path(s, name), NULL), ERR_OK);
		n += snprintf(text + n, sizeof(text) - (size_t)n,
		    "[identity dock-%u]\nkey = %s/%s\n", i + 1, s->folder,
		    name);
	}
	site_file_write(site_path(s, "conf"), span_str(text));
	diag_clear(&site_diag);
	if (edge_conf_load(&s->conf, site_path(s, "conf"), &site_diag) !=
	    ERR_OK)
		fail_msg("%s", site_diag.text);
}

static int
remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

void
site_remove(struct site *s)
{
	edge_conf_clear(&s->conf);
	assert_int_equal(
	    nftw(s->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static enum err
open_identity(
    struct identity *id, const struct site *s, unsigned i, struct diag *d)
{
	struct identity_options o = {
		.name = edge_conf_identity(&s->conf, i),
		.authority = s->conf.authority,
		.log = s->conf.log,
		.key_path = edge_conf_key(&s->conf, i),
		.state = s->conf.state,
		.receipt_key = s->conf.receipt_key,
		.limits = { s->conf.outbox_bytes, s->conf.outbox_rows },
	};

	(void)mkdir(s->conf.state, 0700);
	return identity_open(id, &o, d);
}

void
site_sign(const struct site *s, unsigned i, unsigned n)
{
	struct identity id;
	char content[160];
	uint64_t seq;

	/* It names its site: two copies of a key that sign the same bytes in
	 * one millisecond make the same statement, and no fork. */
	(void)snprintf(content, sizeof(content), "{\"at\":\"%s\"}", s->folder);
	assert_int_equal(open_identity(&id, s, i, NULL), ERR_OK);
	assert_int_equal(outbox_begin(id.outbox, NULL), ERR_OK);
	while (n-- > 0)
		assert_int_equal(
		    identity_sign(&id, CONTENT_IS_REGISTRY, span_str("x"),
			span_str(content), &seq, NULL),
		    ERR_OK);
	assert_int_equal(outbox_commit(id.outbox, NULL), ERR_OK);
	identity_close(&id);
}

void
site_settle(const struct site *s, unsigned i, uint64_t upto)
{
	struct buf b = buf_heap(65536);
	struct identity_news news;
	struct identity id;
	struct receipt r = {
		.log = "main",
		.epoch = 1,
		.upto_seq = upto,
		.index = 100 + upto,
		.at_ms = clock_wall_ms(),
		.log_epoch_index = 100 + upto,
	};

	assert_int_equal(open_identity(&id, s, i, NULL), ERR_OK);
	(void)snprintf(r.device, sizeof(r.device), "%s", id.name);
	assert_int_equal(outbox_hash(id.outbox, upto, &r.head, NULL), ERR_OK);
	assert_int_equal(receipt_sign(&b, &r, &site_ledger), ERR_OK);
	assert_int_equal(
	    identity_receipt(&id, &r, &news, buf_span(&b), NULL), ERR_OK);
	assert_int_equal(news.fit, IDENTITY_FITS);
	buf_free(&b);
	identity_close(&id);
}

enum err
site_starts(const struct site *s, unsigned i, struct diag *d)
{
	struct identity id;
	enum err e = open_identity(&id, s, i, d);

	if (e == ERR_OK)
		identity_close(&id);
	return e;
}

struct outbox_chain
site_chain(const struct site *s, unsigned i)
{
	struct buf b = buf_heap(STATEMENT_MAX);
	struct outbox_chain c;
	struct outbox *o;
	struct hash prev;

	assert_int_equal(outbox_open_readonly(&o, s->conf.state,
			     edge_conf_identity(&s->conf, i), NULL),
	    ERR_OK);
	c = *outbox_chain(o);
	prev = c.acked_head;
	for (uint64_t seq = c.acked + 1; seq <= c.seq; seq++) {
		struct statement st;

		buf_reset(&b);
		assert_int_equal(outbox_read(o, seq, &b, NULL), ERR_OK);
		assert_int_equal(
		    statement_parse(&st, buf_span(&b), NULL), ERR_OK);
		assert_int_equal(st.claims.seq, seq);
		assert_true(hash_equal(&st.claims.prev, &prev));
		prev = statement_hash(&st);
	}
	assert_true(hash_equal(&prev, &c.head));
	outbox_close(o);
	buf_free(&b);
	return c;
}

static enum err
moved(enum err (*move)(
	  const struct edge_conf *, const char *, struct buf *, struct diag *),
    const struct site *s, const char *path)
{
	struct buf out = buf_fixed(site_text, sizeof(site_text) - 1);
	enum err e;

	diag_clear(&site_diag);
	e = move(&s->conf, path, &out, &site_diag);
	if (e != ERR_OK)
		assert_int_equal(e, site_diag.code);
	site_text[out.n] = '\0';
	return e;
}

enum err
site_export(const struct site *s, const char *path)
{
	return moved(outbox_move_export, s, path);
}

enum err
site_import(const struct site *s, const char *path)
{
	return moved(outbox_move_import, s, path);
}

void
site_file_read(struct buf *out, const char *path)
{
	*out = buf_heap(FILE_MAX);
	assert_int_equal(file_read(out, path, FILE_MAX, NULL), ERR_OK);
}

void
site_file_write(const char *path, struct span content)
{
	assert_int_equal(file_replace(path, content, 0600, NULL), ERR_OK);
}

void
site_file_seal(struct buf *file)
{
	struct hash seal = hash_bytes(span_of(file->p, file->n - HASH_BYTES));

	memcpy(file->p + file->n - HASH_BYTES, seal.b, HASH_BYTES);
}

bool
site_there(const char *path)
{
	return access(path, F_OK) == 0;
}
