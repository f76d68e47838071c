/* SPDX-License-Identifier: Apache-2.0 */
/* Logs of others, followed: golden-log (transparency-dev/tessera) at each of
 * its sizes, and the hash tiles of tiles300 (FiloSottile/sunlight). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "ledger/follow.h"

#include "base/banned.h"

static const char *data;
static char folder[64], tiles[80], note[80], url[96];

static int
begin(void **state)
{
	(void)state;
	(void)snprintf(folder, sizeof(folder), "/tmp/tlogfollow.XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	(void)snprintf(tiles, sizeof(tiles), "%s/tile", folder);
	(void)snprintf(note, sizeof(note), "%s/checkpoint", folder);
	(void)snprintf(url, sizeof(url), "file://%s", folder);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	(void)unlink(tiles);
	(void)unlink(note);
	return rmdir(folder);
}

/* The folder's tiles are those of the data; checkpoint: the note to show. */
static void
show(const char *name, struct span checkpoint)
{
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/%s/tile", data, name);
	(void)unlink(tiles);
	assert_int_equal(symlink(path, tiles), 0);
	assert_int_equal(file_replace(note, checkpoint, 0644, NULL), ERR_OK);
}

static void
read_data(struct buf *out, const char *name)
{
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/%s", data, name);
	assert_int_equal(file_read(out, path, NOTE_MAX, NULL), ERR_OK);
}

static struct follow *
follower(const char *vkey, struct policy **policy)
{
	struct buf text = buf_heap(1024);
	struct follow_options o = { .url = url, .agent = "test" };
	struct follow *f;

	buf_printf(&text, "log %s\nquorum none\n", vkey);
	assert_int_equal(policy_parse(policy, buf_span(&text), NULL), ERR_OK);
	buf_free(&text);
	o.policy = *policy;
	assert_int_equal(follow_new(&f, &o, NULL), ERR_OK);
	return f;
}

struct words {
	const struct json *list;
	uint64_t next;
};

static enum err
take(void *ctx, uint64_t index, struct span entry, const struct hash *leaf,
    struct diag *d)
{
	struct words *w = ctx;

	(void)leaf;
	(void)d;
	assert_int_equal(index, w->next++);
	assert_true(span_is(entry, json_text(json_at(w->list, (size_t)index))));
	return ERR_OK;
}

static void
golden_log_is_followed(void **state)
{
	static const unsigned sizes[] = { 1, 2, 5, 6, 7, 10, 11, 12, 15 };
	struct buf key = buf_heap(NOTE_MAX);
	struct json *j;
	struct words w = { 0 };
	struct follow_taker t = { take, NULL, &w };
	struct policy *policy;
	struct follow *f;

	(void)state;
	read_data(&key, "golden-log/key.json");
	assert_int_equal(json_parse(&j, buf_span(&key), NULL), ERR_OK);
	w.list = json_get(j, "entries");
	f = follower(json_text(json_get(j, "vkey")), &policy);
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct buf text = buf_heap(NOTE_MAX);
		struct diag d = { .text = "" };
		char name[40];

		(void)snprintf(
		    name, sizeof(name), "golden-log/checkpoint.%u", sizes[i]);
		read_data(&text, name);
		show("golden-log", buf_span(&text));
		buf_free(&text);
		if (follow_checkpoint(f, &d) != ERR_OK ||
		    follow_entries(f, &t, &d) != ERR_OK)
			fail_msg("%s: %s", name, d.text);
		assert_int_equal(w.next, sizes[i]);
	}
	follow_free(f);
	policy_free(policy);
	json_free(j);
	buf_free(&key);
}

/* Its checkpoint is a mirror's; the same body under a key of ours. */
static void
tiles300_make_its_root(void **state)
{
	struct buf text = buf_heap(NOTE_MAX), own = buf_heap(NOTE_MAX);
	struct buf vkey = buf_heap(1024);
	struct sign_key key;
	struct checkpoint c;
	struct policy *policy;
	struct follow *f;
	struct hash root;
	struct diag d = { .text = "" };
	const char *blank;

	(void)state;
	read_data(&text, "tiles300/checkpoint");
	blank = strstr(buf_text(&text), "\n\n");
	assert_non_null(blank);
	assert_int_equal(
	    checkpoint_parse(&c,
		span_of(text.p, (size_t)(blank + 1 - (const char *)text.p)),
		NULL),
	    ERR_OK);
	key_generate(&key);
	assert_int_equal(checkpoint_sign(&own, &c, &key), ERR_OK);
	assert_int_equal(
	    note_vkey_print(&vkey, c.origin, NOTE_ED25519, key.pub), ERR_OK);
	show("tiles300", buf_span(&own));
	f = follower(buf_text(&vkey), &policy);
	if (follow_checkpoint(f, &d) != ERR_OK ||
	    merkle_root_at(&root, 300, follow_read, f, &d) != ERR_OK)
		fail_msg("%s", d.text);
	assert_true(hash_equal(&root, &c.root));
	follow_free(f);
	policy_free(policy);
	buf_free(&vkey);
	buf_free(&own);
	buf_free(&text);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden_log_is_followed),
		cmocka_unit_test(tiles300_make_its_root),
	};

	if (argc != 2 || crypto_start() != ERR_OK)
		return 2;
	data = argv[1];
	return cmocka_run_group_tests(tests, begin, end);
}
