/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/text.h"

#include "input_documents.h"
#include "station.h"

#include "base/banned.h"

/* A folder, the lane that signs, no broker. Time is what the case says. */
static struct {
	char root[64];
	char drop[80];
	struct edge_conf conf;
	struct lane lane;
	struct payload *payload;
	struct report out;
	struct input_documents *in;
	int64_t now;
} t;

static char path[256];
static char text[1 << 18];
static struct diag d;

/* What goes wrong with the moves: the linker takes ours for libc's. */
enum fault_how { FAIL, REPLACE, DIE_BEFORE, DIE_AFTER };
static struct {
	unsigned at; /* the at-th move from now, 0 none */
	enum fault_how how;
	bool fsync; /* of a folder fails */
} fault;

static void put_good(const char *name, const char *serial);

int
renameat(int from, const char *name, int to_folder, const char *to)
{
	bool now = fault.at > 0 && --fault.at == 0;
	long rc;

	if (now && fault.how == FAIL) {
		errno = EIO;
		return -1;
	}
	if (now && fault.how == REPLACE)
		put_good("drop/a.json", "NEWER");
	if (now && fault.how == DIE_BEFORE)
		(void)raise(SIGKILL);
	rc = syscall(SYS_renameat2, from, name, to_folder, to, 0);
	if (now && fault.how == DIE_AFTER)
		(void)raise(SIGKILL);
	return (int)rc;
}

int
fsync(int fd)
{
	struct stat st;

	if (fault.fsync && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
		errno = EIO;
		return -1;
	}
	return (int)syscall(SYS_fsync, fd);
}

static const char *
in_root(const char *name)
{
	(void)snprintf(path, sizeof(path), "%s/%s", t.root, name);
	return path;
}

static bool
there(const char *name)
{
	struct stat st;

	return lstat(in_root(name), &st) == 0;
}

/* A file as a writer leaves it that was done long ago. */
static void
put(const char *name, const void *p, size_t n)
{
	static const struct timespec old[2] = { { 1000000000, 0 },
		{ 1000000000, 0 } };
	int fd;

	(void)unlink(in_root(name));
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, p, n), (ssize_t)n);
	assert_int_equal(futimens(fd, old), 0);
	assert_int_equal(close(fd), 0);
}

static void
put_text(const char *name, const char *content)
{
	put(name, content, strlen(content));
}

/* A good document of one item. */
static size_t
document(char *out, const char *serial)
{
	static const struct station station = { .action = "OBSERVE" };
	struct buf b = buf_fixed(out, STATION_DOCUMENT_MAX);
	char item[80];

	(void)snprintf(item, sizeof(item),
	    "https://id.gs1.org/01/09506000134352/21/%s", serial);
	assert_int_equal(station_document(&b, &station, span_str(item),
			     INT64_C(1764000000000)),
	    ERR_OK);
	return b.n;
}

static void
put_good(const char *name, const char *serial)
{
	char doc[STATION_DOCUMENT_MAX];

	put(name, doc, document(doc, serial));
}

static void
open_lane(void)
{
	assert_int_equal(edge_conf_load(&t.conf, in_root("conf"), &d), ERR_OK);
	assert_int_equal(lane_open(&t.lane, &t.conf, 0, -1, &d), ERR_OK);
	assert_int_equal(payload_new(&t.payload), ERR_OK);
	report_init(&t.out, -1, false);
	if (input_documents_new(&t.in, t.drop, &t.lane, &d) != ERR_OK)
		fail_msg("%s", d.text);
}

static void
close_lane(void)
{
	input_documents_free(t.in);
	t.in = NULL;
	report_clear(&t.out);
	payload_free(t.payload);
	lane_close(&t.lane);
	edge_conf_clear(&t.conf);
}

static void
write_conf(const char *limits)
{
	char conf[1024], hex[KEY_BYTES * 2 + 1];
	struct sign_key k;

	key_generate(&k);
	hex_print(hex, span_of(k.pub, KEY_BYTES));
	(void)snprintf(conf, sizeof(conf),
	    "[agent]\nauthority = countermark.example\nlog = main\n"
	    "state = %s\n%s[identity dock-1]\nkey = %s/key\n"
	    "[ledger]\nreceipt_key = %s\n"
	    "[input erp]\nkind = document\npath = %s\n",
	    t.root, limits, t.root, hex, t.drop);
	put_text("conf", conf);
}

static int
setup(void **state)
{
	struct sign_key k;

	(void)state;
	memset(&t, 0, sizeof(t));
	memset(&fault, 0, sizeof(fault));
	diag_clear(&d);
	(void)snprintf(t.root, sizeof(t.root), "/tmp/cm-docs-XXXXXX");
	if (mkdtemp(t.root) == NULL)
		return -1;
	(void)snprintf(t.drop, sizeof(t.drop), "%s/drop", t.root);
	key_generate(&k);
	if (mkdir(t.drop, 0700) != 0 ||
	    key_save(&k, in_root("key"), NULL) != ERR_OK)
		return -1;
	write_conf("");
	return 0;
}

static int
remove_one(const char *name, const struct stat *st, int kind, struct FTW *where)
{
	(void)st;
	(void)kind;
	(void)where;
	return remove(name);
}

static int
teardown(void **state)
{
	(void)state;
	(void)chmod(t.drop, 0700);
	return nftw(t.root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* Turns until there is nothing to do now. */
static void
turn(void)
{
	while (input_documents_turn(t.in, t.payload, &t.out, t.now) == 0)
		;
	assert_int_equal(buf_error(&t.out.b), ERR_OK);
	assert_true(t.out.b.n < sizeof(text));
	if (t.out.b.n > 0)
		memcpy(text, t.out.b.p, t.out.b.n);
	text[t.out.b.n] = '\0';
}

static void
turn_after(int64_t ms)
{
	t.now += ms;
	turn();
}

static uint64_t
seq(void)
{
	return outbox_chain(t.lane.id.outbox)->seq;
}

/* Statement number n carries exactly these bytes. */
static void
check_payload(uint64_t n, const char *name)
{
	struct buf b = buf_heap(STATEMENT_MAX), want = buf_heap(STATEMENT_MAX);
	struct statement s;

	assert_int_equal(outbox_read(t.lane.id.outbox, n, &b, &d), ERR_OK);
	assert_int_equal(statement_parse(&s, buf_span(&b), &d), ERR_OK);
	assert_int_equal(
	    file_read(&want, in_root(name), STATEMENT_MAX, &d), ERR_OK);
	assert_true(span_equal(s.payload, buf_span(&want)));
	buf_free(&want);
	buf_free(&b);
}

static void
check_reason(const char *name, const char *begins, const char *holds)
{
	struct buf b = buf_heap(1024);

	assert_int_equal(file_read(&b, in_root(name), 1024, &d), ERR_OK);
	assert_int_equal(strncmp(buf_text(&b), begins, strlen(begins)), 0);
	if (strstr(buf_text(&b), holds) == NULL)
		fail_msg("%s: wanted %s", buf_text(&b), holds);
	buf_free(&b);
}

static void
move(const char *from, const char *to)
{
	char there_[256];

	(void)snprintf(there_, sizeof(there_), "%s/%s", t.root, to);
	assert_int_equal(rename(in_root(from), there_), 0);
}

/* ---- what is taken, and when ---- */

static void
test_in_name_order_and_byte_for_byte(void **state)
{
	char doc[STATION_DOCUMENT_MAX + 8];
	size_t n = document(doc, "B");

	(void)state;
	/* Blanks at the end are part of the payload. */
	memcpy(doc + n, " \n\t\n", 4);
	put_good("drop/c.json", "C");
	put("drop/b.jsonld", doc, n + 4);
	put_good("drop/a one.json", "A");
	open_lane();
	assert_true(input_documents_waiting(t.in));
	turn();
	assert_string_equal(text, "stored seq=1 code=a%20one.json\n"
				  "stored seq=2 code=b.jsonld\n"
				  "stored seq=3 code=c.json\n");
	check_payload(1, "drop/done/a one.json");
	check_payload(2, "drop/done/b.jsonld");
	check_payload(3, "drop/done/c.json");
	assert_false(there("drop/c.json"));
	assert_false(input_documents_waiting(t.in));
	close_lane();
}

static void
test_more_than_the_list_holds(void **state)
{
	enum { N = DOCUMENTS_LIST + 100 };
	char name[64];
	const char *at = text;

	(void)state;
	for (unsigned i = 0; i < N; i++) {
		(void)snprintf(name, sizeof(name), "drop/%06u.json", i * 7 % N);
		put_good(name, "X");
	}
	open_lane();
	turn();
	assert_int_equal(seq(), N);
	assert_false(input_documents_waiting(t.in));
	for (unsigned i = 0; i < N; i++) {
		(void)snprintf(name, sizeof(name),
		    "stored seq=%u code=%06u.json\n", i + 1, i);
		assert_int_equal(strncmp(at, name, strlen(name)), 0);
		at += strlen(name);
	}
	close_lane();
}

static void
test_written_in_place_it_is_taken_when_closed(void **state)
{
	char doc[STATION_DOCUMENT_MAX];
	size_t n = document(doc, "A");
	int fd;

	(void)state;
	open_lane();
	turn();
	fd = open(in_root("drop/a.json"), O_WRONLY | O_CREAT, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, doc, n / 2), (ssize_t)n / 2);
	turn();
	turn_after(DOCUMENTS_YOUNG_MS);
	assert_string_equal(text, "");
	assert_true(input_documents_waiting(t.in));
	assert_int_equal(
	    write(fd, doc + n / 2, n - n / 2), (ssize_t)(n - n / 2));
	assert_int_equal(close(fd), 0);
	turn();
	assert_string_equal(text, "stored seq=1 code=a.json\n");
	close_lane();
}

static void
test_renamed_in_it_is_taken_at_once(void **state)
{
	(void)state;
	open_lane();
	turn();
	put_good("drop/b.json.tmp", "B");
	put_good("a", "A");
	turn();
	assert_false(input_documents_waiting(t.in));
	move("drop/b.json.tmp", "drop/b.json");
	move("a", "drop/a.json");
	turn();
	assert_string_equal(text, "stored seq=1 code=a.json\n"
				  "stored seq=2 code=b.json\n");
	close_lane();
}

/* Nobody tells of it but the entry that appears. */
static void
test_linked_in_it_is_found_soon(void **state)
{
	char to[256];

	(void)state;
	open_lane();
	turn();
	put_good("a", "A");
	(void)snprintf(to, sizeof(to), "%s/drop/a.json", t.root);
	assert_int_equal(link(in_root("a"), to), 0);
	turn();
	turn_after(DOCUMENTS_YOUNG_MS);
	assert_string_equal(text, "stored seq=1 code=a.json\n");
	close_lane();
}

/* At the start nobody knows whether it is still being written. */
static void
test_a_young_file_at_the_start_waits(void **state)
{
	static const struct timespec now[2] = { { 0, UTIME_NOW },
		{ 0, UTIME_NOW } };
	static const struct timespec old[2] = { { 1000000000, 0 },
		{ 1000000000, 0 } };

	(void)state;
	put_good("drop/a.json", "A");
	assert_int_equal(utimensat(AT_FDCWD, path, now, 0), 0);
	open_lane();
	turn();
	assert_string_equal(text, "");
	assert_true(input_documents_waiting(t.in));
	assert_int_equal(
	    utimensat(AT_FDCWD, in_root("drop/a.json"), old, 0), 0);
	turn();
	assert_string_equal(text, "");
	turn_after(DOCUMENTS_YOUNG_MS);
	assert_string_equal(text, "stored seq=1 code=a.json\n");
	assert_false(input_documents_waiting(t.in));
	close_lane();
}

static void
test_lost_events_are_made_up_for(void **state)
{
	(void)state;
	open_lane();
	turn();
	/* The kernel keeps 16384 by default, and merges like ones. */
	for (unsigned i = 0; i < 9000; i++) {
		put_text("drop/.x", "");
		put_text("drop/.y", "");
	}
	put_good("drop/a.json", "A");
	for (unsigned i = 0; i < 200; i++)
		turn();
	turn_after(DOCUMENTS_YOUNG_MS);
	assert_string_equal(text, "stored seq=1 code=a.json\n");
	close_lane();
}

static void
test_what_is_no_document_stays(void **state)
{
	static const char *const names[] = { "drop/.hidden.json",
		"drop/a.json.tmp", "drop/a.xml", "drop/.json", "drop/json",
		"drop/folder.json" };

	(void)state;
	open_lane();
	turn();
	for (unsigned i = 0; i < 5; i++)
		put_good(names[i], "A");
	assert_int_equal(mkdir(in_root(names[5]), 0700), 0);
	turn();
	turn_after(DOCUMENTS_SCAN_MS);
	assert_string_equal(text, "");
	assert_false(input_documents_waiting(t.in));
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_true(there(names[i]));
	close_lane();
}

/* ---- what is refused ---- */

static void
test_what_is_no_file_is_refused(void **state)
{
	(void)state;
	put_good("outside", "A");
	assert_int_equal(symlink("../outside", in_root("drop/link.json")), 0);
	assert_int_equal(symlink("nowhere", in_root("drop/loose.json")), 0);
	assert_int_equal(mkfifo(in_root("drop/pipe.json"), 0600), 0);
	assert_int_equal(
	    mknod(in_root("drop/socket.json"), S_IFSOCK | 0600, 0), 0);
	open_lane();
	turn();
	assert_int_equal(seq(), 0);
	assert_false(input_documents_waiting(t.in));
	check_reason("drop/refused/link.json.reason", "code: forbidden\n",
	    "got a symbolic link, wanted a regular file\n");
	check_reason("drop/refused/loose.json.reason", "code: forbidden\n",
	    "got a symbolic link,");
	check_reason("drop/refused/pipe.json.reason", "code: forbidden\n",
	    "got a named pipe,");
	check_reason("drop/refused/socket.json.reason", "code: forbidden\n",
	    "got a socket,");
	assert_true(there("outside"));
	assert_true(there("drop/refused/link.json"));
	assert_false(there("drop/link.json"));
	close_lane();
}

static void
test_refusals(void **state)
{
	static char big[STATEMENT_MAX + 1];
	char doc[STATION_DOCUMENT_MAX + 1], *action;

	(void)state;
	memset(big, ' ', sizeof(big));
	doc[document(doc, "A")] = '\0';
	action = strstr(doc, "OBSERVE");
	assert_non_null(action);
	action[0] = 'X';
	put("drop/1.json", big, sizeof(big));
	put_text("drop/2.json", "{\"type\":");
	put_text("drop/3.json", doc);
	put_text("drop/4.json", "");
	put_text("drop/5.json", "{\"a\":\"\xff\"}");
	put_good("drop/6.json", "A");
	open_lane();
	turn();
	assert_int_equal(seq(), 1);
	check_reason("drop/refused/1.json.reason",
	    "code: too_large\nclause: formats 1.1\ndetail: ",
	    "got 60001 bytes, wanted at most 60000\n");
	check_reason("drop/refused/2.json.reason", "code: json\n", "clause: ");
	check_reason("drop/refused/3.json.reason",
	    "code: schema\nclause: epcis ",
	    "detail: /epcisBody/eventList/0/action: got XBSERVE, wanted ADD, "
	    "OBSERVE or DELETE\n");
	check_reason("drop/refused/4.json.reason", "code: json\n", "detail: ");
	check_reason("drop/refused/5.json.reason", "code: utf8\n", "detail: ");
	for (unsigned i = 1; i <= 5; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "drop/refused/%u.json", i);
		assert_true(there(name));
		(void)snprintf(name, sizeof(name), "drop/%u.json", i);
		assert_false(there(name));
	}
	assert_non_null(strstr(
	    text, "refused code=1.json reason=too_large hint=\"document: got"));
	assert_non_null(
	    strstr(text, "refused code=3.json reason=schema hint="));
	assert_non_null(strstr(text, "stored seq=1 code=6.json\n"));
	assert_true(there("drop/done/6.json"));
	close_lane();
}

static void
test_too_large_with_its_envelope(void **state)
{
	static char doc[STATEMENT_MAX];
	size_t n = document(doc, "A");

	(void)state;
	memset(doc + n, ' ', sizeof(doc) - n);
	put("drop/a.json", doc, sizeof(doc));
	open_lane();
	turn();
	assert_int_equal(seq(), 0);
	assert_non_null(strstr(text, "refused code=a.json reason=too_large "));
	close_lane();
}

static void
test_a_file_we_may_not_read(void **state)
{
	bool root = geteuid() == 0;

	(void)state;
	if (root) {
		assert_int_equal(chown(t.root, 65534, 65534), 0);
		assert_int_equal(chown(t.drop, 65534, 65534), 0);
		assert_int_equal(chown(in_root("key"), 65534, 65534), 0);
		assert_int_equal(chown(in_root("conf"), 65534, 65534), 0);
		assert_int_equal(seteuid(65534), 0);
	}
	put_good("drop/a.json", "A");
	assert_int_equal(chmod(in_root("drop/a.json"), 0), 0);
	open_lane();
	turn();
	assert_int_equal(seq(), 0);
	check_reason("drop/refused/a.json.reason", "code: forbidden\n",
	    "a.json: open: Permission denied\n");
	close_lane();
	if (root)
		assert_int_equal(seteuid(0), 0);
}

/* ---- the same again ---- */

static unsigned count_found;
static const char *count_begins;

static int
count_one(const char *name, const struct stat *st, int kind, struct FTW *where)
{
	(void)st;
	if (kind == FTW_F && strncmp(name + where->base, count_begins,
				 strlen(count_begins)) == 0)
		count_found++;
	return 0;
}

static unsigned
count(const char *folder, const char *begins)
{
	count_found = 0;
	count_begins = begins;
	assert_int_equal(nftw(in_root(folder), count_one, 8, FTW_PHYS), 0);
	return count_found;
}

/* Nothing is overwritten; the same bytes dropped again are signed again,
 * under whatever name. */
static void
test_the_same_again(void **state)
{
	char doc[STATION_DOCUMENT_MAX];
	size_t n = document(doc, "A");

	(void)state;
	open_lane();
	for (unsigned i = 0; i < 3; i++) {
		put("drop/a.json", doc, n);
		put_text("drop/b.json", "no");
		turn();
	}
	put("drop/c.json", doc, n);
	turn();
	assert_int_equal(seq(), 4);
	check_payload(1, "drop/done/a.json");
	check_payload(3, "drop/done/a.json");
	check_payload(4, "drop/done/c.json");
	assert_int_equal(count("drop/done", "a.json"), 3);
	assert_int_equal(count("drop/refused", "b.json"), 6);
	close_lane();
}

/* ---- killed ---- */

/* Three documents, a run that dies at the given move, a run that does not. */
static void
check_kill(unsigned at, enum fault_how how)
{
	int status;
	pid_t child;

	put_good("drop/a.json", "A");
	put_good("drop/b.json", "B");
	put_text("drop/bad.json", "no");
	put_good("drop/c.json", "C");
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		fault.at = at;
		fault.how = how;
		open_lane();
		turn();
		_exit(1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	open_lane();
	assert_int_equal(seq(), 3);
	put_good("drop/d.json", "D");
	turn();
	assert_int_equal(seq(), 4);
	check_payload(1, "drop/done/a.json");
	check_payload(2, "drop/done/b.json");
	check_payload(3, "drop/done/c.json");
	check_payload(4, "drop/done/d.json");
	assert_int_equal(count("drop/done", ""), 4);
	assert_int_equal(count("drop/refused", ""), 2);
	assert_false(input_documents_waiting(t.in));
	close_lane();
}

static void
test_killed_before_the_first_move(void **state)
{
	(void)state;
	check_kill(1, DIE_BEFORE);
}

static void
test_killed_between_the_moves(void **state)
{
	(void)state;
	check_kill(2, DIE_AFTER);
}

static void
test_killed_before_a_refusal_moves(void **state)
{
	(void)state;
	check_kill(3, DIE_BEFORE);
}

static void
test_killed_after_the_last_move(void **state)
{
	(void)state;
	check_kill(4, DIE_AFTER);
}

/* ---- what is in the way ---- */

static void
test_a_move_that_fails_is_tried_again(void **state)
{
	(void)state;
	put_good("drop/a.json", "A");
	put_good("drop/b.json", "B");
	open_lane();
	fault.at = 1;
	turn();
	assert_int_equal(seq(), 2);
	assert_string_equal(text, "");
	assert_true(input_documents_waiting(t.in));
	turn_after(DOCUMENTS_RETRY_MS);
	assert_int_equal(seq(), 2);
	assert_string_equal(text, "stored seq=1 code=a.json\n"
				  "stored seq=2 code=b.json\n");
	/* Forgotten when moved: dropped again, it is a new statement. */
	move("drop/done/a.json", "drop/a.json");
	turn();
	assert_int_equal(seq(), 3);
	close_lane();
}

/* Moved, and nobody knows whether a power cut would undo it: remembered. */
static void
test_without_fsync_nothing_is_forgotten(void **state)
{
	(void)state;
	put_good("drop/a.json", "A");
	open_lane();
	fault.fsync = true;
	turn();
	assert_string_equal(text, "stored seq=1 code=a.json\n");
	assert_true(input_documents_waiting(t.in));
	fault.fsync = false;
	move("drop/done/a.json", "drop/a.json");
	turn_after(DOCUMENTS_RETRY_MS);
	assert_int_equal(seq(), 1);
	assert_true(there("drop/done/a.json"));
	assert_false(input_documents_waiting(t.in));
	close_lane();
}

/* Another one takes the name in the moment of the move: it is read too. */
static void
test_replaced_in_the_moment_of_the_move(void **state)
{
	(void)state;
	put_good("drop/a.json", "OLD");
	open_lane();
	fault.at = 1;
	fault.how = REPLACE;
	turn();
	turn();
	assert_int_equal(seq(), 2);
	check_payload(2, "drop/done/a.json");
	assert_int_equal(count("drop/done", ""), 1);
	close_lane();
}

static void
test_full_outbox_keeps_the_files(void **state)
{
	(void)state;
	write_conf("outbox_rows = 1\n");
	put_good("drop/a.json", "A");
	put_good("drop/b.json", "B");
	put_text("drop/c.json", "no");
	open_lane();
	turn();
	put_good("drop/aa.json", "AA");
	turn();
	turn_after(DOCUMENTS_RETRY_MS);
	turn_after(DOCUMENTS_RETRY_MS);
	/* Order holds: what follows waits too. */
	assert_string_equal(text, "stored seq=1 code=a.json\n");
	assert_true(there("drop/aa.json"));
	assert_true(there("drop/b.json"));
	assert_true(there("drop/c.json"));
	assert_true(input_documents_waiting(t.in));
	assert_false(input_documents_stuck(t.in));
	t.lane.stopped = ERR_FORBIDDEN;
	assert_true(input_documents_stuck(t.in));
	close_lane();
	write_conf("");
	open_lane();
	turn();
	assert_int_equal(seq(), 3);
	assert_true(there("drop/done/b.json"));
	assert_true(there("drop/refused/c.json"));
	close_lane();
}

static void
test_a_chain_at_its_end_keeps_the_files(void **state)
{
	(void)state;
	put_good("drop/a.json", "A");
	open_lane();
	t.lane.stopped = ERR_REVOKED;
	t.lane.closed = true;
	turn();
	turn_after(DOCUMENTS_RETRY_MS);
	assert_string_equal(text, "");
	assert_true(there("drop/a.json"));
	assert_true(input_documents_stuck(t.in));
	close_lane();
}

static void
test_the_folders_are_needed(void **state)
{
	struct input_documents *in = NULL;

	(void)state;
	open_lane();
	assert_int_equal(
	    input_documents_new(&in, "/nonexistent", &t.lane, &d), ERR_IO);
	assert_string_equal(d.text, "/nonexistent/.: got No such file or "
				    "directory, wanted a folder to read and "
				    "write");
	put_text("file", "");
	assert_int_equal(
	    input_documents_new(&in, in_root("file"), &t.lane, &d), ERR_IO);
	assert_non_null(strstr(d.text, "Not a directory"));
	assert_int_equal(mkdir(in_root("other"), 0700), 0);
	put_text("other/refused", "");
	assert_int_equal(
	    input_documents_new(&in, in_root("other"), &t.lane, &d), ERR_IO);
	assert_non_null(strstr(d.text, "/other/refused: got Not a directory"));
	close_lane();
}

static void
test_a_folder_that_goes_and_comes(void **state)
{
	int fd;

	(void)state;
	open_lane();
	turn();
	move("drop", "away");
	turn_after(DOCUMENTS_SCAN_MS);
	assert_true(input_documents_waiting(t.in));
	assert_int_equal(mkdir(in_root("drop"), 0700), 0);
	turn_after(DOCUMENTS_RETRY_MS);
	assert_false(input_documents_waiting(t.in));
	/* The new one is watched, and the old one no more. */
	fd = open(in_root("drop/a.json"), O_WRONLY | O_CREAT, 0600);
	assert_true(fd >= 0);
	put_good("away/a.json", "A");
	put_good("drop/b.json", "B");
	turn();
	assert_string_equal(text, "stored seq=1 code=b.json\n");
	assert_true(there("drop/a.json"));
	assert_int_equal(close(fd), 0);
	close_lane();
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_in_name_order_and_byte_for_byte),
		CASE(test_more_than_the_list_holds),
		CASE(test_written_in_place_it_is_taken_when_closed),
		CASE(test_renamed_in_it_is_taken_at_once),
		CASE(test_linked_in_it_is_found_soon),
		CASE(test_a_young_file_at_the_start_waits),
		CASE(test_lost_events_are_made_up_for),
		CASE(test_what_is_no_document_stays),
		CASE(test_what_is_no_file_is_refused),
		CASE(test_refusals),
		CASE(test_too_large_with_its_envelope),
		CASE(test_a_file_we_may_not_read),
		CASE(test_the_same_again),
		CASE(test_killed_before_the_first_move),
		CASE(test_killed_between_the_moves),
		CASE(test_killed_before_a_refusal_moves),
		CASE(test_killed_after_the_last_move),
		CASE(test_a_move_that_fails_is_tried_again),
		CASE(test_without_fsync_nothing_is_forgotten),
		CASE(test_replaced_in_the_moment_of_the_move),
		CASE(test_full_outbox_keeps_the_files),
		CASE(test_a_chain_at_its_end_keeps_the_files),
		CASE(test_the_folders_are_needed),
		CASE(test_a_folder_that_goes_and_comes),
	};

	return crypto_start() != ERR_OK
		   ? 1
		   : cmocka_run_group_tests(tests, NULL, NULL);
}
