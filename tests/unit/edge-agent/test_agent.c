/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/text.h"
#include "event/statement.h"
#include "mqtt_link/mqtt_link.h"

#include "agent.h"
#include "edge_metrics.h"
#include "edge_status.h"
#include "identity.h"

#include "base/banned.h"

/*
 * The whole agent in this process. In place of lib/mqtt-link stands a ledger
 * that answers at once and does what the case asks for.
 */
struct mqtt_link {
	struct mqtt_link_callbacks cb;
};

static struct {
	bool silent;         /* acknowledges, gives no receipt */
	unsigned nobody;     /* that many 0x10 first */
	int reason;          /* PUBACK of every publish */
	uint64_t first_upto; /* of the retained receipt */
	bool no_retained;
	enum err nack; /* with every receipt, seq given below */
	uint64_t nack_seq;
	uint64_t kill_at; /* SIGKILL when this seq is published */
	uint64_t end_at;  /* SIGTERM when this seq is published */
	uint64_t upto;
	struct hash head;
	unsigned publishes;
	bool broken_chain;
} ledger;

static bool no_input;
static const char *station_lines =
    "bizStep = receiving\ndisposition = in_progress\n";

static struct sign_key receipt_key;
static struct mqtt_link link_object;
static char folder[64];
static char text[1 << 18];

static void
give_receipt(uint64_t upto)
{
	struct receipt r = {
		.log = "main",
		.device = "dock-1",
		.epoch = 1,
		.upto_seq = upto,
		.head = ledger.head,
		.index = 1000 + upto,
		.at_ms = clock_wall_ms(),
	};
	struct buf b = buf_heap(65536);

	if (ledger.nack != ERR_OK && ledger.publishes > 0) {
		r.nack_count = 1;
		r.nacks[0].seq = ledger.nack_seq;
		r.nacks[0].code = ledger.nack;
		(void)snprintf(r.nacks[0].detail, NACK_DETAIL, "so it is");
	}
	assert_int_equal(receipt_sign(&b, &r, &receipt_key), ERR_OK);
	link_object.cb.on_message(link_object.cb.ctx,
	    span_str("cm/1/main/dock-1/rc"), buf_span(&b), upto == 0);
	buf_free(&b);
}

enum err
mqtt_link_new(
    struct mqtt_link **out, const struct mqtt_link_options *o, struct diag *d)
{
	(void)d;
	assert_string_equal(o->user_name, "dock-1");
	assert_string_equal(o->client_id, "main.dock-1");
	assert_string_equal(o->subscribe, "cm/1/main/dock-1/rc");
	link_object.cb = o->cb;
	*out = &link_object;
	o->cb.on_state(o->cb.ctx, true, "connected");
	if (!ledger.no_retained)
		give_receipt(
		    ledger.first_upto != 0 ? ledger.first_upto : ledger.upto);
	return ERR_OK;
}

static void
take_statement(struct span bytes)
{
	struct statement s;
	struct diag d;

	assert_int_equal(statement_parse(&s, bytes, &d), ERR_OK);
	assert_int_equal(statement_verify(&s, &d), ERR_OK);
	if (s.claims.seq != ledger.upto + 1)
		return;
	if (!hash_equal(&s.claims.prev, &ledger.head))
		ledger.broken_chain = true;
	ledger.head = statement_hash(&s);
	ledger.upto = s.claims.seq;
}

enum err
mqtt_link_publish(struct mqtt_link *l, const char *topic, struct span payload,
    bool retain, uint64_t id)
{
	assert_string_equal(topic, "cm/1/main/dock-1/ev");
	assert_false(retain);
	if (ledger.kill_at == id)
		(void)raise(SIGKILL);
	ledger.publishes++;
	if (ledger.end_at == id)
		(void)kill(getpid(), SIGTERM);
	if (ledger.nobody > 0) {
		ledger.nobody--;
		l->cb.on_ack(l->cb.ctx, id, 0x10);
		return ERR_OK;
	}
	l->cb.on_ack(l->cb.ctx, id, ledger.reason);
	if (ledger.silent || ledger.reason != 0)
		return ERR_OK;
	if (ledger.nack == ERR_OK || ledger.nack == ERR_SCHEMA)
		take_statement(payload);
	give_receipt(ledger.upto);
	return ERR_OK;
}

unsigned
mqtt_link_room(struct mqtt_link *l)
{
	(void)l;
	return 16;
}

void
mqtt_link_free(struct mqtt_link *l)
{
	(void)l;
}

static void
write_file(const char *name, const char *content)
{
	char path[128];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(content, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static int
setup(void **state)
{
	char path[128];
	struct sign_key k;

	(void)state;
	memset(&ledger, 0, sizeof(ledger));
	no_input = false;
	station_lines = "bizStep = receiving\ndisposition = in_progress\n";
	(void)snprintf(folder, sizeof(folder), "/tmp/cm-agent-XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	key_generate(&k);
	key_generate(&receipt_key);
	(void)snprintf(path, sizeof(path), "%s/key", folder);
	return key_save(&k, path, NULL) != ERR_OK;
}

static int
teardown(void **state)
{
	static const char *const names[] = { "key", "conf", "codes", "out",
		"metrics", "state/lock", "state/dock-1.outbox",
		"state/dock-1.outbox-wal", "state/dock-1.outbox-shm" };
	char path[128];

	(void)state;
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		(void)unlink(path);
	}
	(void)snprintf(path, sizeof(path), "%s/state", folder);
	(void)rmdir(path);
	return rmdir(folder);
}

static void
write_conf(const char *extra)
{
	char hex[KEY_BYTES * 2 + 1], conf[2048];

	hex_print(hex, span_of(receipt_key.pub, KEY_BYTES));
	(void)snprintf(conf, sizeof(conf),
	    "[agent]\nname = box\nauthority = countermark.example\n"
	    "log = main\nstate = %s/state\nexit_when_drained = yes\n%s"
	    "[identity dock-1]\nkey = %s/key\n"
	    "[ledger]\nreceipt_key = %s\n"
	    "[station]\n%s[input scanner]\nkind = file\npath = %s/codes\n",
	    folder, extra, folder, hex, station_lines, folder);
	if (no_input)
		*strstr(conf, "[input scanner]") = '\0';
	write_file("conf", conf);
}

static void
write_codes(unsigned from, unsigned n)
{
	size_t at = 0;

	for (unsigned i = from; i < from + n; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at,
		    "(01)09506000134352(21)S%u\n", i);
	text[at] = '\0';
	write_file("codes", text);
}

static void
load(struct edge_conf *c)
{
	char path[128];
	struct diag d;

	(void)snprintf(path, sizeof(path), "%s/conf", folder);
	diag_clear(&d);
	if (edge_conf_load(c, path, &d) != ERR_OK)
		fail_msg("%s", d.text);
}

/* Runs the agent to its end; what it told is in text. */
static enum err
run(void)
{
	struct edge_conf conf;
	struct agent *a;
	struct diag d;
	char path[128];
	enum err e;
	ssize_t n;
	int fd;

	load(&conf);
	assert_int_equal(agent_check(&conf, &d), ERR_OK);
	(void)snprintf(path, sizeof(path), "%s/out", folder);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	diag_clear(&d);
	e = agent_new(&a, &conf, fd, &d);
	if (e == ERR_OK) {
		e = agent_run(a, &d);
		agent_free(a);
	}
	n = pread(fd, text, sizeof(text) - 1, 0);
	text[n > 0 ? n : 0] = '\0';
	(void)close(fd);
	edge_conf_clear(&conf);
	return e;
}

static unsigned
count(const char *what)
{
	unsigned n = 0;

	for (const char *p = text; (p = strstr(p, what)) != NULL; p++)
		n++;
	return n;
}

static void
test_scans_reach_the_ledger(void **state)
{
	(void)state;
	write_conf("");
	write_codes(0, 300);
	assert_int_equal(run(), ERR_OK);
	assert_int_equal(count("stored seq="), 300);
	assert_non_null(
	    strstr(text, "stored seq=1 code=(01)09506000134352(21)S0\n"));
	assert_int_equal(ledger.upto, 300);
	assert_false(ledger.broken_chain);
	assert_non_null(strstr(text, "receipted upto=300 index=1300\n"));
}

static void
has_metrics(const char *want)
{
	struct buf b = buf_heap(1 << 20);
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/metrics", folder);
	assert_int_equal(file_read(&b, path, 1 << 20, NULL), ERR_OK);
	if (strstr(buf_text(&b), want) == NULL)
		(void)fputs(buf_text(&b), stderr);
	assert_non_null(strstr(buf_text(&b), want));
	buf_free(&b);
}

static void
test_metrics_at_the_end(void **state)
{
	char extra[128];

	(void)state;
	(void)snprintf(
	    extra, sizeof(extra), "metrics_file = %s/metrics\n", folder);
	write_conf(extra);
	write_file("codes", "(01)09506000134352(21)A\n]E09506000134352\n"
			    "]E09506000134353\n]E09506000134352\n"
			    "(01)09506000134352(21)B\n");
	ledger.nack = ERR_SCHEMA;
	ledger.nack_seq = 2;
	assert_int_equal(run(), ERR_OK);
	has_metrics("# TYPE countermark_edge_connected gauge\n");
	has_metrics("\ncountermark_edge_connected{identity=\"dock-1\"} 1\n");
	has_metrics("\ncountermark_edge_stopped{identity=\"dock-1\"} 0\n");
	has_metrics("\ncountermark_edge_outbox_statements"
		    "{identity=\"dock-1\"} 0\n");
	has_metrics("\n# UNIT countermark_edge_outbox_bytes bytes\n");
	has_metrics("\ncountermark_edge_outbox_oldest_seconds"
		    "{identity=\"dock-1\"} 0\n");
	has_metrics("\ncountermark_edge_stored_total"
		    "{identity=\"dock-1\"} 2\n");
	has_metrics("\ncountermark_edge_receipted_total"
		    "{identity=\"dock-1\"} 2\n");
	has_metrics("\ncountermark_edge_refused_total"
		    "{identity=\"dock-1\",reason=\"unsupported\"} 2\n");
	has_metrics("\ncountermark_edge_refused_total"
		    "{identity=\"dock-1\",reason=\"check_digit\"} 1\n");
	has_metrics("\ncountermark_edge_nacked_total"
		    "{identity=\"dock-1\",reason=\"schema\"} 1\n");
	has_metrics("\n# EOF\n");
}

/* What a stopped identity keeps shows, with its age. */
static void
test_metrics_of_what_waits(void **state)
{
	char extra[128];

	(void)state;
	(void)snprintf(
	    extra, sizeof(extra), "metrics_file = %s/metrics\n", folder);
	write_conf(extra);
	write_codes(0, 3);
	ledger.reason = 0x87;
	assert_int_equal(run(), ERR_STATE);
	has_metrics("\ncountermark_edge_stopped{identity=\"dock-1\"} 1\n");
	has_metrics("\ncountermark_edge_outbox_statements"
		    "{identity=\"dock-1\"} 3\n");
	has_metrics("\ncountermark_edge_outbox_oldest_seconds"
		    "{identity=\"dock-1\"} ");
	has_metrics("\ncountermark_edge_receipted_total"
		    "{identity=\"dock-1\"} 0\n");
}

static void
test_metrics_rate(void **state)
{
	struct edge_metrics m;
	char path[128];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/metrics", folder);
	edge_metrics_init(&m, path);
	edge_metrics_count(&m, EDGE_REFUSED, NULL, "syntax");
	assert_int_equal(edge_metrics_turn(&m, NULL, 0, 1000), EDGE_METRICS_MS);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(
	    edge_metrics_turn(&m, NULL, 0, 4000), EDGE_METRICS_MS - 3000);
	assert_int_not_equal(access(path, F_OK), 0);
	assert_int_equal(edge_metrics_turn(&m, NULL, 0, 1000 + EDGE_METRICS_MS),
	    EDGE_METRICS_MS);
	assert_int_equal(access(path, F_OK), 0);
	edge_metrics_clear(&m);
	edge_metrics_init(&m, NULL);
	edge_metrics_count(&m, EDGE_REFUSED, "dock-1", "syntax");
	assert_int_equal(m.count_n, 0);
	assert_int_equal(edge_metrics_turn(&m, NULL, 0, 1), -1);
	edge_metrics_clear(&m);
}

static void
test_chain_goes_on_after_a_restart(void **state)
{
	(void)state;
	write_conf("");
	write_codes(0, 3);
	assert_int_equal(run(), ERR_OK);
	write_codes(3, 3);
	assert_int_equal(run(), ERR_OK);
	assert_non_null(strstr(text, "stored seq=4 "));
	assert_int_equal(ledger.upto, 6);
	assert_false(ledger.broken_chain);
}

static void
test_refusals_in_their_place(void **state)
{
	const char *one, *two, *three;

	(void)state;
	write_conf("");
	write_file("codes", "(01)09506000134352(21)A\nnonsense \"x\"\n"
			    "]E09506000134352\n(01)09506000134352(21)B\n");
	assert_int_equal(run(), ERR_OK);
	one = strstr(text, "stored seq=1 ");
	two = strstr(text, "refused code=nonsense%20%22x%22 reason=");
	three = strstr(text, "stored seq=2 ");
	assert_non_null(one);
	assert_non_null(two);
	assert_non_null(three);
	assert_true(one < two && two < three);
	assert_non_null(strstr(text, "reason=unsupported hint=\""));
}

static void
test_csv(void **state)
{
	(void)state;
	write_conf("");
	write_file("codes",
	    "code,eventTime,readPoint\n"
	    "(01)09506000134352(21)A,2026-11-24T10:00:00+01:00,\n"
	    "\"(01)09506000134352(21)B\",,urn:example:gate\n"
	    "(01)09506000134352(21)C,yesterday,\n"
	    "(01)09506000134352(21)D\n");
	assert_int_equal(run(), ERR_OK);
	assert_non_null(
	    strstr(text, "stored seq=1 code=(01)09506000134352(21)A\n"));
	assert_non_null(
	    strstr(text, "stored seq=2 code=(01)09506000134352(21)B\n"));
	assert_non_null(strstr(
	    text, "refused code=(01)09506000134352(21)C reason=syntax hint="));
	assert_non_null(strstr(text, "reason=length hint=\"CSV: got 1 cells"));
	assert_int_equal(ledger.upto, 2);
}

static void
test_unknown_column(void **state)
{
	(void)state;
	write_conf("");
	write_file("codes", "code,colour\n(01)09506000134352(21)A,red\n");
	assert_int_equal(run(), ERR_OK);
	assert_int_equal(count("refused code="), 2);
	assert_non_null(strstr(text, "column colour is unknown"));
	assert_int_equal(ledger.upto, 0);
}

#define BOX_A "(00)095060001343520000"
#define BOX_B "(00)095060001343520017"
#define ITEM "(01)09506000134352(21)"

static void
test_pack(void **state)
{
	(void)state;
	station_lines = "mode = pack\nbizStep = packing\nend = STOP\n";
	write_conf("");
	write_file("codes", ITEM "X\n" BOX_A "\n" BOX_A "\n" ITEM "1\n" ITEM
				 "2\n" ITEM "2\n" BOX_B "\nSTOP\n" ITEM
				 "3\nSTOP\nSTOP\n" BOX_A "\n" ITEM "4\n");
	assert_int_equal(run(), ERR_OK);
	assert_string_equal(strstr(text, "refused"),
	    strstr(text, "refused code=" ITEM "X reason=state "));
	assert_non_null(strstr(text, "packed parent=" BOX_A " child= n=0\n"));
	assert_int_equal(count("reason=exists"), 2);
	assert_non_null(
	    strstr(text, "packed parent=" BOX_A " child=" ITEM "2 n=2\n"));
	assert_non_null(strstr(text, "stored seq=1 code=" BOX_A "\n"));
	assert_non_null(strstr(text, "stored seq=2 code=" BOX_B "\n"));
	assert_int_equal(count("refused code=STOP reason=state "), 2);
	/* The last one was never closed, and is told so. */
	assert_non_null(
	    strstr(text, "refused code=" BOX_A " reason=truncated hint="));
	assert_int_equal(count("stored seq="), 2);
	assert_int_equal(ledger.upto, 2);
	assert_false(ledger.broken_chain);
}

static void
test_pack_by_number(void **state)
{
	(void)state;
	station_lines = "mode = pack\npackSize = 2\n";
	write_conf("");
	write_file("codes", BOX_A "\n" ITEM "1\n" ITEM "2\n" ITEM "3\n");
	assert_int_equal(run(), ERR_OK);
	assert_non_null(strstr(text, " n=2\nstored seq=1 code=" BOX_A "\n"));
	assert_non_null(strstr(text, "refused code=" ITEM "3 reason=state "));
	assert_int_equal(ledger.upto, 1);
}

static void
test_pack_that_cannot_be_stored(void **state)
{
	(void)state;
	ledger.silent = true;
	ledger.end_at = 1;
	station_lines = "mode = pack\npackSize = 1\n";
	write_conf("outbox_rows = 1\n");
	write_file(
	    "codes", BOX_A "\n" ITEM "1\n" BOX_B "\n" ITEM "2\n" ITEM "2\n");
	assert_int_equal(run(), ERR_OK);
	assert_int_equal(count("stored seq="), 1);
	/* Refused, not taken for a double scan. */
	assert_int_equal(count("refused code=" ITEM "2 reason=full "), 2);
}

/* The refusal leaves the outbox open for the receipt that makes room. */
static void
test_pack_goes_on_after_a_refusal(void **state)
{
	(void)state;
	station_lines = "mode = pack\npackSize = 1\n";
	write_conf("outbox_rows = 1\n");
	write_file("codes", BOX_A "\n" ITEM "1\n" BOX_B "\n" ITEM "2\n");
	assert_int_equal(run(), ERR_OK);
	assert_int_equal(count("stored seq="), 1);
	assert_int_equal(count("reason=full "), 1);
	assert_int_equal(ledger.upto, 1);
}

static void
test_pack_takes_no_csv(void **state)
{
	(void)state;
	station_lines = "mode = pack\n";
	write_conf("");
	write_file("codes", "code\n" BOX_A "\n");
	assert_int_equal(run(), ERR_OK);
	assert_int_equal(count("reason=unsupported hint=\"CSV"), 2);
}

#define BATCH "mode = batch\ngtin = 9506000134352\ncount = 1000\n"

static void
test_batch(void **state)
{
	(void)state;
	no_input = true;
	station_lines = BATCH;
	write_conf("");
	assert_int_equal(run(), ERR_OK);
	assert_int_equal(count("issued code=(01)09506000134352(21)"), 1000);
	assert_int_equal(ledger.upto, 2); /* 900 and 100 */
	assert_false(ledger.broken_chain);
	assert_int_equal(count("receipted upto=2 "), 1);
	/* Another run makes other items. */
	assert_int_equal(run(), ERR_OK);
	assert_int_equal(ledger.upto, 4);
}

static void
test_batch_waits_for_room(void **state)
{
	(void)state;
	no_input = true;
	station_lines = BATCH;
	write_conf("outbox_rows = 1\n");
	assert_int_equal(run(), ERR_OK);
	assert_int_equal(count("issued code="), 1000);
	assert_int_equal(ledger.upto, 2);
}

/* What is not on the disk gets no label. */
static void
test_batch_without_room(void **state)
{
	(void)state;
	no_input = true;
	ledger.silent = true;
	ledger.end_at = 1;
	station_lines = BATCH;
	write_conf("outbox_rows = 1\n");
	assert_int_equal(run(), ERR_OK);
	assert_int_equal(count("issued code="), 900);
}

static void
test_full_outbox_refuses(void **state)
{
	(void)state;
	ledger.silent = true;
	ledger.end_at = 2;
	write_conf("outbox_rows = 2\n");
	write_codes(0, 4);
	assert_int_equal(run(), ERR_OK);
	assert_int_equal(count("stored seq="), 2);
	assert_int_equal(count("reason=full hint="), 2);
}

static void
test_ingest_away(void **state)
{
	(void)state;
	ledger.nobody = 20;
	write_conf("");
	write_codes(0, 20);
	/* Sixteen come back, then probes one by one until it is there. */
	ledger.nobody = 17;
	assert_int_equal(run(), ERR_OK);
	assert_int_equal(ledger.upto, 20);
}

static void
test_access_refused(void **state)
{
	(void)state;
	ledger.reason = 0x87;
	write_conf("");
	write_codes(0, 2);
	assert_int_equal(run(), ERR_STATE);
	assert_non_null(strstr(text, "stopped reason=forbidden hint="));
	assert_int_equal(count("stored seq="), 2);
}

static void
test_revoked(void **state)
{
	(void)state;
	ledger.nack = ERR_REVOKED;
	ledger.nack_seq = 1;
	write_conf("");
	write_codes(0, 2);
	assert_int_equal(run(), ERR_STATE);
	assert_non_null(strstr(text, "stopped reason=revoked hint="));
}

static void
test_payload_nack(void **state)
{
	(void)state;
	ledger.nack = ERR_SCHEMA;
	ledger.nack_seq = 1;
	write_conf("");
	write_codes(0, 3);
	assert_int_equal(run(), ERR_OK);
	assert_int_equal(count("nacked seq=1 code=schema"), 1);
	assert_int_equal(ledger.upto, 3);
}

static void
test_lost_outbox(void **state)
{
	(void)state;
	ledger.first_upto = 9;
	write_conf("");
	write_codes(0, 2);
	assert_int_equal(run(), ERR_STATE);
	assert_non_null(strstr(text, "stopped reason=lost_outbox hint="));
	assert_int_equal(ledger.publishes, 0); /* never again from seq 1 */
}

static void
test_no_retained_receipt(void **state)
{
	(void)state;
	ledger.no_retained = true;
	write_conf("");
	write_codes(0, 2);
	assert_int_equal(run(), ERR_OK);
	assert_int_equal(ledger.upto, 2);
}

static void
test_killed_between_store_and_publish(void **state)
{
	int status;
	pid_t child;

	(void)state;
	write_conf("");
	write_codes(0, 40);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		ledger.kill_at = 1;
		(void)run();
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	write_file("codes", "");
	assert_int_equal(run(), ERR_OK);
	assert_int_equal(ledger.upto, 40);
	assert_false(ledger.broken_chain);
	assert_non_null(strstr(text, "receipted upto=40 "));
}

static void
test_two_agents_on_one_state(void **state)
{
	struct edge_conf conf;
	struct agent *one, *two;
	struct diag d;

	(void)state;
	write_conf("");
	write_codes(0, 1);
	load(&conf);
	assert_int_equal(agent_new(&one, &conf, 1, &d), ERR_OK);
	assert_int_equal(agent_new(&two, &conf, 1, &d), ERR_EXISTS);
	agent_free(one);
	edge_conf_clear(&conf);
}

static void
test_status(void **state)
{
	struct buf out = buf_heap(10000);
	struct edge_conf conf;
	struct diag d;

	(void)state;
	write_conf("");
	write_codes(0, 2);
	load(&conf);
	assert_int_equal(edge_status_print(&out, &conf, true, &d), ERR_OK);
	assert_non_null(strstr(buf_text(&out), "\"next\":1,"));
	assert_int_equal(run(), ERR_OK);
	buf_reset(&out);
	assert_int_equal(edge_status_print(&out, &conf, true, &d), ERR_OK);
	assert_non_null(strstr(buf_text(&out),
	    "{\"name\":\"dock-1\",\"epoch\":1,\"next\":3,\"waiting\":0,"));
	assert_non_null(strstr(buf_text(&out), "\"index\":1002,"));
	buf_reset(&out);
	assert_int_equal(edge_status_print(&out, &conf, false, &d), ERR_OK);
	assert_non_null(strstr(
	    buf_text(&out), "identity=dock-1 epoch=1 next=3 waiting=0 "));
	buf_free(&out);
	edge_conf_clear(&conf);
}

static void
test_status_of_a_full_outbox(void **state)
{
	struct buf out = buf_heap(10000);
	struct edge_conf conf;
	struct diag d;

	(void)state;
	ledger.silent = true;
	ledger.end_at = 1;
	write_conf("outbox_rows = 300\n");
	write_codes(0, 300);
	assert_int_equal(run(), ERR_OK);
	load(&conf);
	assert_int_equal(edge_status_print(&out, &conf, true, &d), ERR_OK);
	assert_non_null(strstr(buf_text(&out), "\"waiting\":300,"));
	assert_non_null(strstr(buf_text(&out),
	    "\"oldest_s\":0,\"hours_left\":0,\"stopped\":null,"));
	buf_reset(&out);
	assert_int_equal(edge_status_print(&out, &conf, false, &d), ERR_OK);
	assert_non_null(strstr(buf_text(&out), " oldest_s=0 hours_left=0\n"));
	buf_free(&out);
	edge_conf_clear(&conf);
}

static void
expect_stopped(const char *wanted)
{
	struct buf out = buf_heap(10000);
	struct edge_conf conf;
	struct diag d;

	assert_int_equal(run(), ERR_STATE);
	load(&conf);
	assert_int_equal(edge_status_print(&out, &conf, true, &d), ERR_OK);
	if (strstr(buf_text(&out), wanted) == NULL)
		fail_msg("%s", buf_text(&out));
	buf_free(&out);
	edge_conf_clear(&conf);
}

static void
test_status_of_the_stopped(void **state)
{
	(void)state;
	ledger.nack = ERR_REVOKED;
	ledger.nack_seq = 1;
	write_conf("");
	write_codes(0, 2);
	expect_stopped("\"stopped\":\"revoked\"");
}

static void
test_status_of_the_lost(void **state)
{
	(void)state;
	ledger.first_upto = 9;
	write_conf("");
	write_codes(0, 2);
	expect_stopped("\"stopped\":\"lost_outbox\"");
}

static void
refuse_conf(const char *conf, enum err wanted, const char *hint)
{
	struct edge_conf c;
	struct diag d;
	char path[128];

	write_file("conf", conf);
	(void)snprintf(path, sizeof(path), "%s/conf", folder);
	diag_clear(&d);
	assert_int_equal(edge_conf_load(&c, path, &d), wanted);
	if (strstr(d.text, hint) == NULL)
		fail_msg("%s", d.text);
}

#define HEAD                                                                   \
	"[agent]\nauthority = a.example\nlog = main\nstate = /tmp/x\n"         \
	"[ledger]\nreceipt_key = "                                             \
	"0000000000000000000000000000000000000000000000000000000000000001\n"
#define WHO "[identity a]\nkey = /tmp/k\n"

static void
test_configuration_is_refused(void **state)
{
	(void)state;
	refuse_conf(HEAD, ERR_CONFIG, "0 identities");
	refuse_conf(
	    HEAD "[identity A]\nkey = /k\n", ERR_CONFIG, "[identity A]");
	refuse_conf(HEAD WHO "[station]\nmode = batch\n", ERR_CONFIG,
	    "gtin or count is missing");
	refuse_conf(HEAD WHO "[station]\ncount = 5\n", ERR_CONFIG,
	    "are for mode = batch");
	refuse_conf(HEAD WHO "[station]\nmode = batch\ncount = 5\n"
			     "gtin = 09506000134353\n",
	    ERR_CONFIG, "[station] gtin: ");
	refuse_conf(HEAD WHO "[station]\nmode = batch\ncount = 5\n"
			     "gtin = 09506000134352\n",
	    ERR_CONFIG, "exit_when_drained");
	refuse_conf(
	    "[agent]\nexit_when_drained = yes\nauthority = a.example\n"
	    "log = main\nstate = /tmp/x\n[ledger]\nreceipt_key = "
	    "00000000000000000000000000000000000000000000000000000000000000"
	    "01\n" WHO "[station]\nmode = batch\ncount = 5\n"
	    "gtin = 09506000134352\n[input s]\nkind = stdin\n",
	    ERR_CONFIG, "takes no [input]");
	refuse_conf(
	    HEAD WHO "[station]\nend = STOP\n", ERR_CONFIG, "mode = pack");
	refuse_conf(
	    HEAD WHO "[station]\npackSize = 4\n", ERR_CONFIG, "mode = pack");
	refuse_conf(HEAD WHO "[station]\nmode = pack\npackSize = 901\n",
	    ERR_CONFIG, "packSize");
	refuse_conf(HEAD WHO "[input s]\nkind = serial\npath = /x\n",
	    ERR_UNSUPPORTED, "kind = serial");
	refuse_conf(
	    HEAD WHO "[input s]\nkind = file\n", ERR_CONFIG, "path is missing");
	refuse_conf(HEAD WHO "[input s]\nkind = stdin\nidentity = b\n",
	    ERR_CONFIG, "no [identity b]");
	refuse_conf("[agent]\nauthority = a\nlog = Main\nstate = /x\n"
		    "[ledger]\nreceipt_key = k\n" WHO,
	    ERR_CONFIG, "log");
	refuse_conf("[agent]\nauthority = a\nlog = main\nstate = /x\n"
		    "[ledger]\nreceipt_key = k\n" WHO,
	    ERR_CONFIG, "receipt_key");
	refuse_conf("[agent]\nauthority = a\nlog = main\nstate = /x\n" WHO,
	    ERR_CONFIG, "receipt_key");
}

static void
test_path_of_an_identity(void **state)
{
	struct buf b = buf_heap(100);

	(void)state;
	assert_int_equal(
	    edge_conf_path(&b, "/c/{identity}/{identity}.crt", "dock-1"),
	    ERR_OK);
	assert_string_equal(buf_text(&b), "/c/dock-1/dock-1.crt");
	buf_free(&b);
}

static void
test_shipped_example(void **state)
{
	struct buf printed = buf_heap(65536), shipped = buf_heap(65536);

	(void)state;
	edge_conf_example(&printed);
	assert_int_equal(
	    file_read(&shipped, "edge-agent/countermark-edge.conf.example",
		65536, NULL),
	    ERR_OK);
	assert_true(span_equal(buf_span(&printed), buf_span(&shipped)));
	buf_free(&printed);
	buf_free(&shipped);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(test_scans_reach_the_ledger),
		CASE(test_chain_goes_on_after_a_restart),
		CASE(test_metrics_at_the_end),
		CASE(test_metrics_of_what_waits),
		CASE(test_metrics_rate),
		CASE(test_refusals_in_their_place),
		CASE(test_csv),
		CASE(test_unknown_column),
		CASE(test_pack),
		CASE(test_pack_by_number),
		CASE(test_pack_that_cannot_be_stored),
		CASE(test_pack_goes_on_after_a_refusal),
		CASE(test_pack_takes_no_csv),
		CASE(test_batch),
		CASE(test_batch_waits_for_room),
		CASE(test_batch_without_room),
		CASE(test_full_outbox_refuses),
		CASE(test_ingest_away),
		CASE(test_access_refused),
		CASE(test_revoked),
		CASE(test_payload_nack),
		CASE(test_lost_outbox),
		CASE(test_no_retained_receipt),
		CASE(test_killed_between_store_and_publish),
		CASE(test_two_agents_on_one_state),
		CASE(test_status),
		CASE(test_status_of_a_full_outbox),
		CASE(test_status_of_the_stopped),
		CASE(test_status_of_the_lost),
		CASE(test_configuration_is_refused),
		CASE(test_path_of_an_identity),
		CASE(test_shipped_example),
	};
	return crypto_start() != ERR_OK ||
	       cmocka_run_group_tests(tests, NULL, NULL);
}
