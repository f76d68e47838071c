/* SPDX-License-Identifier: Apache-2.0 */
/* The thread that works capture jobs off, between a database and a gateway that
 * does as it is told. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "event/statement.h"

#include "epcis_capture.h"
#include "pgtest.h"

#include "base/banned.h"

#define DEVICE "line-1"
#define ISS "did:web:example.com:device:" DEVICE
#define EVENTS 1500 /* several statements */
#define PAYLOADS 64
#define NEVER SIZE_MAX
#define LONG_MS 20000

static char folder[] = "/tmp/cm-capture-XXXXXX";
static struct pgtest db;
static char api[1200];
static struct store *s;
static struct api_metrics metrics;
static struct diag why;
static struct buf body;

/* ---- the gateway ---- */
struct gateway {
	char path[128];
	int listener;
	pthread_t thread;
	pthread_mutex_t lock;
	/* what it does */
	size_t refuse_at; /* this put and what follows, once */
	const char *code;
	size_t hang_up_at; /* closes at this put, once */
	bool keeps_it;     /* and stores it all the same */
	/* what it has */
	size_t puts, stored, ledger; /* the last: that receipts cover */
	struct buf payload[PAYLOADS];
};
static struct gateway g;

static bool
answer_put(FILE *in, FILE *out, size_t length)
{
	struct buf b = buf_heap(STATEMENT_MAX);
	size_t at = g.puts++;
	bool hang_up = at == g.hang_up_at;

	for (size_t i = 0; i < length; i++)
		buf_byte(&b, (uint8_t)getc(in));
	if (at >= g.refuse_at) {
		(void)fprintf(out,
		    "{\"error\":{\"code\":\"%s\",\"clause\":\"edge 7\","
		    "\"detail\":\"not this one\"}}\n",
		    g.code);
	} else if (!hang_up || g.keeps_it) {
		assert_true(g.stored < PAYLOADS);
		g.payload[g.stored++] = b;
		b = buf_heap(1);
		if (!hang_up)
			(void)fprintf(out,
			    "{\"device\":\"" DEVICE "\",\"epoch\":1,"
			    "\"seq\":%zu}\n",
			    g.stored);
	}
	buf_free(&b);
	if (hang_up)
		g.hang_up_at = NEVER;
	return !hang_up;
}

static void
answer_wait(FILE *out, unsigned long long seq)
{
	if (seq > g.stored)
		(void)fprintf(out,
		    "{\"error\":{\"code\":\"not_found\",\"clause\":\"\","
		    "\"detail\":\"stored less\"}}\n");
	else if (seq <= g.ledger)
		(void)fprintf(out,
		    "{\"log\":\"demo\",\"device\":\"" DEVICE "\",\"epoch\":1,"
		    "\"upto_seq\":%zu,\"nacks\":[]}\n",
		    g.ledger);
	/* else no receipt yet: silence */
}

static void
serve_one(int fd)
{
	FILE *in = fdopen(fd, "r"), *out = fdopen(dup(fd), "w");
	char line[256], word[64];
	unsigned long long n;
	bool on = true;

	while (on && fgets(line, sizeof line, in) != NULL) {
		(void)pthread_mutex_lock(&g.lock);
		if (sscanf(line, "put " DEVICE " %63s %llu", word, &n) == 2)
			on = answer_put(in, out, (size_t)n);
		else if (sscanf(line, "wait " DEVICE " %llu", &n) == 1)
			answer_wait(out, n);
		else
			on = false;
		(void)pthread_mutex_unlock(&g.lock);
		(void)fflush(out);
	}
	(void)fclose(in);
	(void)fclose(out);
}

/* Clients one after the other. */
static void *
serve(void *arg)
{
	int fd;

	(void)arg;
	while ((fd = accept(g.listener, NULL, NULL)) >= 0)
		serve_one(fd);
	return NULL;
}

static void
gateway_start(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	assert_non_null(mkdtemp(folder));
	(void)snprintf(g.path, sizeof g.path, "%s/socket", folder);
	(void)snprintf(at.sun_path, sizeof at.sun_path, "%.100s", g.path);
	g.listener = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(
	    bind(g.listener, (const struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(listen(g.listener, 4), 0);
	(void)pthread_mutex_init(&g.lock, NULL);
	assert_int_equal(pthread_create(&g.thread, NULL, serve, NULL), 0);
}

static void
gateway_stop(void)
{
	(void)shutdown(g.listener, SHUT_RDWR);
	(void)pthread_join(g.thread, NULL);
	(void)close(g.listener);
	(void)unlink(g.path);
	(void)rmdir(folder);
	for (size_t i = 0; i < g.stored; i++)
		buf_free(&g.payload[i]);
}

static size_t
stored(void)
{
	size_t n;

	(void)pthread_mutex_lock(&g.lock);
	n = g.stored;
	(void)pthread_mutex_unlock(&g.lock);
	return n;
}

/* The script of the next job; counting of puts starts again. */
static void
script(size_t refuse_at, const char *code, size_t hang_up_at, bool keeps_it)
{
	(void)pthread_mutex_lock(&g.lock);
	g.puts = 0;
	g.refuse_at = refuse_at;
	g.code = code;
	g.hang_up_at = hang_up_at;
	g.keeps_it = keeps_it;
	(void)pthread_mutex_unlock(&g.lock);
}

/* ---- the ingest: what the gateway has goes into the ledger ---- */
static void
ingest(void)
{
	static struct buf made[PAYLOADS];
	static const uint8_t seed[KEY_BYTES] = { 7 };
	struct sign_key key;
	struct pglog l;
	size_t n = stored();

	key_from_seed(&key, seed);
	pglog_open(&l, pgtest_store(db.uri, "demo", 0));
	pglog_begin(&l);
	for (size_t i = g.ledger; i < n; i++) {
		const struct claims c = { .iss = span_str(ISS),
			.sub = span_str(ISS),
			.epoch = 1,
			.seq = i + 1 };

		made[i] = buf_heap(STATEMENT_MAX);
		assert_int_equal(
		    statement_make(&made[i], &c, CONTENT_IS_PRODUCT,
			buf_span(&g.payload[i]), &key, &why),
		    ERR_OK);
		pglog_row(&l, buf_span(&made[i]), DEVICE, 1, i + 1);
	}
	assert_int_equal(pglog_commit(&l, &why), ERR_OK);
	pglog_close(&l);
	for (size_t i = g.ledger; i < n; i++)
		buf_free(&made[i]);
	(void)pthread_mutex_lock(&g.lock);
	g.ledger = n;
	(void)pthread_mutex_unlock(&g.lock);
	key_clear(&key);
}

/* ---- jobs ---- */
static struct epcis_jobs *
start(void)
{
	const struct store_options o = { api, "demo", "test", 0 };
	struct epcis_jobs *j;

	assert_int_equal(
	    epcis_jobs_start(&j, &o, g.path, &metrics, &why), ERR_OK);
	return j;
}

/* A document whose events have that word in their identifiers. */
static struct span
document(const char *word)
{
	buf_reset(&body);
	buf_str(&body,
	    "{\"@context\":[\"https://ref.gs1.org/standards/epcis/2.0.0/"
	    "epcis-context.jsonld\"],\"type\":\"EPCISDocument\","
	    "\"schemaVersion\":\"2.0\",\"creationDate\":\"2026-01-05T09:00:"
	    "00Z\",\"epcisBody\":{\"eventList\":[");
	for (unsigned i = 0; i < EVENTS; i++)
		buf_printf(&body,
		    "%s{\"type\":\"ObjectEvent\",\"eventTime\":\"2026-01-"
		    "05T08:00:00Z\",\"eventTimeZoneOffset\":\"+01:00\","
		    "\"action\":\"OBSERVE\",\"epcList\":[\"https://id.gs1."
		    "org/01/09506000134352/21/%s%u\"]}",
		    i == 0 ? "" : ",", word, i);
	buf_str(&body, "]}}");
	assert_int_equal(buf_error(&body), ERR_OK);
	return buf_span(&body);
}

/* As the request makes it. */
static struct capture_job
put(const char *word, size_t *statements)
{
	static char last = '0';
	struct capture_job j = { .organisation = "mill",
		.identity = DEVICE,
		.created_ms = clock_wall_ms(),
		.form = CAPTURE_DOCUMENT,
		.success = true,
		.events = EVENTS,
		.last_index = -1 };
	const struct span text = document(word);
	struct import *m;

	(void)snprintf(
	    j.id, sizeof j.id, "00000000-0000-4000-8000-00000000000%c", ++last);
	assert_int_equal(
	    epcis_jobs_plan(&m, &j, ISS, text, SPAN_NONE, &why), ERR_OK);
	*statements = import_count(m);
	assert_true(*statements >= 3);
	import_free(m);
	assert_int_equal(capture_put(s, &j, "[]", SPAN_NONE, text, NULL, 0,
			     INT64_C(1) << 30, &why),
	    ERR_OK);
	return j;
}

static void
pause_ms(long ms)
{
	(void)nanosleep(&(struct timespec){ .tv_nsec = ms * 1000000 }, NULL);
}

/* Until the job is in that state; errors (may be NULL) gets its. */
static void
until(struct capture_job *j, enum capture_state state, struct buf *errors)
{
	const int64_t end = clock_mono_ms() + LONG_MS;

	do {
		assert_true(clock_mono_ms() < end);
		pause_ms(10);
		if (errors != NULL)
			buf_reset(errors);
		assert_int_equal(
		    capture_find(s, j->id, j, errors, &why), ERR_OK);
	} while (j->state != state);
}

/* All that a job brought stands in the chain, from first on, once. */
static void
went_once(const char *word, size_t first, size_t statements)
{
	char text[64];

	assert_int_equal(stored(), first + statements);
	for (unsigned i = 0; i < EVENTS; i++) {
		size_t found = 0;

		(void)snprintf(text, sizeof text, "/21/%s%u\"", word, i);
		for (size_t p = first; p < g.stored; p++)
			found += memmem(g.payload[p].p, g.payload[p].n, text,
				     strlen(text)) != NULL;
		assert_int_equal(found, 1);
	}
}

/* ---- tests ---- */
static void
a_document_goes_in_parts(void **state)
{
	struct epcis_jobs *w;
	size_t n, first = stored();
	struct capture_job j = put("plain", &n);

	(void)state;
	script(NEVER, "", NEVER, false);
	w = start();
	until(&j, CAPTURE_HANDED, NULL);
	went_once("plain", first, n);
	assert_int_equal(j.handed, n);
	assert_int_equal(metric_value(&metrics.capture_statements), n);
	ingest();
	until(&j, CAPTURE_FINISHED, NULL);
	assert_true(j.success && !j.broken);
	epcis_jobs_stop(w);
}

/* A verdict of the gateway: what it took stays, the job says what is missing.
 */
static void
a_refusal_in_the_middle_is_told(void **state)
{
	struct buf errors = buf_heap(CAPTURE_ERRORS_MAX);
	struct epcis_jobs *w;
	size_t n, first = stored();
	struct capture_job j = put("refused", &n);

	(void)state;
	script(1, "forbidden", NEVER, false);
	w = start();
	until(&j, CAPTURE_HANDED, NULL);
	assert_int_equal(stored(), first + 1);
	assert_int_equal(j.handed, 1);
	ingest();
	until(&j, CAPTURE_FINISHED, &errors);
	assert_true(!j.success && j.broken);
	assert_non_null(strstr(buf_text(&errors), "\"code\":\"forbidden\""));
	assert_non_null(
	    strstr(buf_text(&errors), "\"pointer\":\"/epcisBody/eventList/"));
	assert_non_null(strstr(buf_text(&errors), "not this one"));
	epcis_jobs_stop(w);
	buf_free(&errors);
}

/* No room is no verdict: the rest goes later. */
static void
a_full_gateway_gets_the_rest_later(void **state)
{
	struct epcis_jobs *w;
	size_t n, first = stored();
	struct capture_job j = put("full", &n);

	(void)state;
	script(1, "full", NEVER, false);
	w = start();
	until(&j, CAPTURE_SENDING, NULL);
	for (int i = 0; i < 500 && stored() == first; i++)
		pause_ms(10);
	assert_int_equal(stored(), first + 1);
	ingest();
	script(NEVER, "", NEVER, false);
	until(&j, CAPTURE_HANDED, NULL);
	went_once("full", first, n);
	ingest();
	until(&j, CAPTURE_FINISHED, NULL);
	assert_true(j.success && !j.broken);
	epcis_jobs_stop(w);
}

static void
hung_up(const char *word, bool keeps_it)
{
	struct epcis_jobs *w;
	size_t n, first = stored(), kept = keeps_it ? 2 : 1;
	struct capture_job j = put(word, &n);

	script(NEVER, "", 1, keeps_it);
	w = start();
	for (int i = 0; i < 500 && stored() < first + kept; i++)
		pause_ms(10);
	assert_int_equal(stored(), first + kept);
	/* what it has comes into the ledger, and only that is not sent again */
	ingest();
	until(&j, CAPTURE_HANDED, NULL);
	went_once(word, first, n);
	ingest();
	until(&j, CAPTURE_FINISHED, NULL);
	assert_true(j.success && !j.broken);
	epcis_jobs_stop(w);
}

static void
a_gateway_hangs_up_without_the_statement(void **state)
{
	(void)state;
	hung_up("lost", false);
}

static void
a_gateway_hangs_up_with_the_statement(void **state)
{
	(void)state;
	hung_up("kept", true);
}

/* The server ends when all is handed over and nothing has come back. */
static void
a_restart_before_the_receipts_loses_nothing(void **state)
{
	struct epcis_jobs *w;
	size_t n, first = stored();
	struct capture_job j = put("restart", &n);

	(void)state;
	script(NEVER, "", NEVER, false);
	w = start();
	until(&j, CAPTURE_HANDED, NULL);
	epcis_jobs_stop(w);
	assert_int_equal(j.finished_ms, 0);
	w = start();
	pause_ms(100);
	until(&j, CAPTURE_HANDED, NULL);
	ingest();
	until(&j, CAPTURE_FINISHED, NULL);
	assert_true(j.success && !j.broken);
	assert_true(j.last_index > 0);
	went_once("restart", first, n);
	epcis_jobs_stop(w);
}

/* The server ends while the gateway has a part and nobody knows how much. */
static void
a_restart_in_the_middle_loses_nothing(void **state)
{
	struct epcis_jobs *w;
	size_t n, first = stored();
	struct capture_job j = put("middle", &n);

	(void)state;
	script(NEVER, "", 1, true);
	w = start();
	for (int i = 0; i < 500 && stored() < first + 2; i++)
		pause_ms(10);
	epcis_jobs_stop(w);
	assert_int_equal(capture_find(s, j.id, &j, NULL, &why), ERR_OK);
	assert_int_equal(j.state, CAPTURE_SENDING);
	ingest();
	w = start();
	until(&j, CAPTURE_HANDED, NULL);
	went_once("middle", first, n);
	ingest();
	until(&j, CAPTURE_FINISHED, NULL);
	assert_true(j.success && !j.broken);
	epcis_jobs_stop(w);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_document_goes_in_parts),
		cmocka_unit_test(a_refusal_in_the_middle_is_told),
		cmocka_unit_test(a_full_gateway_gets_the_rest_later),
		cmocka_unit_test(a_gateway_hangs_up_without_the_statement),
		cmocka_unit_test(a_gateway_hangs_up_with_the_statement),
		cmocka_unit_test(a_restart_before_the_receipts_loses_nothing),
		cmocka_unit_test(a_restart_in_the_middle_loses_nothing),
	};
	int failed;

	if (argc != 2)
		return 77;
	(void)signal(SIGPIPE, SIG_IGN);
	pgtest_open(&db, argv[1]);
	pgtest_as(api, sizeof api, &db, "countermark_api");
	store_close(pgtest_log(&db, "demo", 0));
	s = pgtest_store(api, "demo", 0);
	body = buf_heap((size_t)1 << 20);
	api_metrics_init(&metrics);
	gateway_start();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	gateway_stop();
	buf_free(&body);
	store_close(s);
	pgtest_close(&db);
	return failed;
}
