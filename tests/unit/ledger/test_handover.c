/* SPDX-License-Identifier: Apache-2.0 */
/* Many payloads over the gateway's socket, against a scripted gateway. */
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

#include "ledger/handover.h"

#include "base/banned.h"

#define PUTS 1000
#define NEVER SIZE_MAX

static char folder[] = "/tmp/cm-batch-XXXXXX";
static char path[128];

/* ---- the gateway ---- */
struct script {
	size_t refuse;        /* this put and what follows */
	size_t hang_up;       /* instead of an answer to this put */
	size_t other_epoch;   /* from this put on */
	uint64_t silent_from; /* no receipt from this seq on */
	const char *nack;     /* in every receipt */
	bool stopped;         /* a wait is refused */
	uint64_t stored;      /* the chain's end, 0: nobody asks */
	uint64_t late;        /* so many more come while it is asked */
	uint64_t short_by;    /* receipts end before what was asked for */
	/* what it saw */
	size_t puts, waits;
	bool order; /* bodies came in their order */
	int listener;
	FILE *in, *out;
};

static bool
answer_put(struct script *s, size_t length)
{
	char body[64];
	size_t i = s->puts++;

	if (length >= sizeof body || fread(body, 1, length, s->in) != length)
		return false;
	body[length] = '\0';
	s->order = s->order && strtoul(body, NULL, 10) == i;
	if (i == s->hang_up)
		return false;
	if (i >= s->refuse)
		(void)fprintf(s->out,
		    "{\"error\":{\"code\":\"full\",\"clause\":\"edge 7\","
		    "\"detail\":\"outbox holds 3\"}}\n");
	else
		(void)fprintf(s->out,
		    "{\"device\":\"line-1\",\"epoch\":%d,\"seq\":%zu}\n",
		    i >= s->other_epoch ? 3 : 2, 10 + i);
	return true;
}

static bool
answer_wait(struct script *s, uint64_t seq)
{
	s->waits++;
	if (s->stored > 0 && seq > s->stored) {
		(void)fprintf(s->out,
		    "{\"error\":{\"code\":\"not_found\",\"clause\":\"\","
		    "\"detail\":\"stored less\"}}\n");
		/* what another left in its socket comes in later */
		if (s->late > 0 && s->waits % 4 == 0) {
			s->late--;
			s->stored++;
		}
	} else if (s->stopped)
		(void)fprintf(s->out,
		    "{\"error\":{\"code\":\"revoked\",\"clause\":\"formats "
		    "3.3\",\"detail\":\"line-1 has stopped sending\"}}\n");
	else if (seq >= s->silent_from)
		return true;
	else
		(void)fprintf(s->out,
		    "{\"log\":\"l\",\"device\":\"line-1\",\"epoch\":2,\"upto_"
		    "seq\":%llu,\"nacks\":[%s]}\n",
		    (unsigned long long)(seq - s->short_by), s->nack);
	return true;
}

static void *
serve(void *arg)
{
	struct script *s = arg;
	int fd = accept(s->listener, NULL, NULL);
	char line[256], word[40];
	unsigned long long n;
	bool on = true;

	s->in = fdopen(fd, "r");
	s->out = fdopen(dup(fd), "w");
	while (on && fgets(line, sizeof line, s->in) != NULL) {
		if (sscanf(line, "put line-1 %39s %llu", word, &n) == 2)
			on = answer_put(s, (size_t)n);
		else if (sscanf(line, "wait line-1 %llu", &n) == 1)
			on = answer_wait(s, n);
		else
			on = false;
		(void)fflush(s->out);
	}
	(void)fclose(s->in);
	(void)fclose(s->out);
	return NULL;
}

/* ---- the client ---- */
struct told {
	size_t refused, first_refused, nacked, nacked_at;
	char code[40], detail[240];
};

static enum err
payload(void *ctx, size_t i, struct buf *out)
{
	(void)ctx;
	buf_printf(out, "%zu", i);
	return buf_error(out);
}

static void
refused(void *ctx, size_t i, const char *code, const struct diag *d)
{
	struct told *t = ctx;

	if (t->refused++ == 0)
		t->first_refused = i;
	(void)snprintf(t->code, sizeof t->code, "%s", code);
	(void)snprintf(t->detail, sizeof t->detail, "%s", d->text);
}

static void
nacked(void *ctx, size_t i, const char *code, const char *detail)
{
	struct told *t = ctx;

	t->nacked++;
	t->nacked_at = i;
	(void)snprintf(t->code, sizeof t->code, "%s", code);
	(void)snprintf(t->detail, sizeof t->detail, "%s", detail);
}

static struct handover_place places[PUTS];
static struct told told;
static struct diag why;
static bool no_wait;

static struct script
all_goes_well(void)
{
	return (struct script){ .refuse = NEVER,
		.hang_up = NEVER,
		.other_epoch = NEVER,
		.silent_from = UINT64_MAX,
		.nack = "",
		.order = true };
}

static void
start(struct script *s, pthread_t *thread)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };

	(void)unlink(path);
	memcpy(to.sun_path, path, strlen(path) + 1);
	s->listener = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(
	    bind(s->listener, (const struct sockaddr *)&to, sizeof to), 0);
	assert_int_equal(listen(s->listener, 1), 0);
	assert_int_equal(pthread_create(thread, NULL, serve, s), 0);
}

static enum err
run(struct script *s, struct handover_batch *b, size_t count, int ms)
{
	pthread_t thread;
	enum err e;

	start(s, &thread);
	memset(places, 0, sizeof places);
	memset(&told, 0, sizeof told);
	*b = (struct handover_batch){ .socket_path = path,
		.identity = "line-1",
		.content_type = "application/ld+json",
		.deadline_ms = clock_mono_ms() + ms,
		.count = count,
		.no_wait = no_wait,
		.places = places,
		.ctx = &told,
		.payload = payload,
		.refused = refused,
		.nacked = nacked };
	e = handover_batch(b, &why);
	(void)pthread_join(thread, NULL);
	(void)close(s->listener);
	return e;
}

static void
all_are_stored_and_receipted(void **state)
{
	struct script s = all_goes_well();
	struct handover_batch b;

	(void)state;
	assert_int_equal(run(&s, &b, PUTS, 10000), ERR_OK);
	assert_true(s.order);
	assert_int_equal(s.puts, PUTS);
	/* far fewer than there are statements */
	assert_in_range(s.waits, PUTS / 64, PUTS / 40);
	assert_int_equal(b.answered, PUTS);
	assert_int_equal(b.receipted, 10 + PUTS - 1);
	assert_string_equal(b.device, "line-1");
	assert_int_equal(b.epoch, 2);
	for (size_t i = 0; i < PUTS; i++)
		assert_int_equal(places[i].seq, 10 + i);
	assert_int_equal(told.refused + told.nacked, 0);
}

static void
a_refusal_ends_the_sending(void **state)
{
	struct script s = all_goes_well();
	struct handover_batch b;

	(void)state;
	s.refuse = 100;
	assert_int_equal(run(&s, &b, PUTS, 10000), ERR_OK);
	assert_in_range(told.refused, 1, HANDOVER_WINDOW);
	assert_int_equal(told.first_refused, 100);
	assert_string_equal(told.code, "full");
	assert_non_null(strstr(told.detail, "outbox holds 3"));
	assert_int_equal(s.puts, 100 + told.refused);
	assert_int_equal(b.answered, b.sent);
	/* those before it are receipted all the same */
	assert_int_equal(b.receipted, 109);
	assert_int_equal(places[99].seq, 109);
	assert_int_equal(places[100].seq, 0);
}

static void
nothing_stored_asks_for_no_receipt(void **state)
{
	struct script s = all_goes_well();
	struct handover_batch b;

	(void)state;
	s.refuse = 0;
	assert_int_equal(run(&s, &b, 3, 10000), ERR_OK);
	assert_int_equal(told.refused, 3);
	assert_int_equal(s.waits, 0);
	assert_int_equal(b.receipted, 0);
}

static void
who_hangs_up_leaves_some_unanswered(void **state)
{
	struct script s = all_goes_well();
	struct handover_batch b;

	(void)state;
	s.hang_up = 20;
	assert_int_equal(run(&s, &b, PUTS, 10000), ERR_NET);
	assert_int_equal(b.answered, 20);
	assert_in_range(b.sent, 21, 20 + HANDOVER_WINDOW);
	assert_int_equal(b.receipted, 0);
	assert_int_equal(places[19].seq, 29);
	assert_int_equal(places[20].seq, 0);
}

static void
no_receipt_is_no_index(void **state)
{
	struct script s = all_goes_well();
	struct handover_batch b;

	(void)state;
	s.silent_from = 10 + 60;
	assert_int_equal(run(&s, &b, PUTS, 300), ERR_TIMEOUT);
	assert_int_equal(b.answered, PUTS);
	/* what was receipted before stays so */
	assert_in_range(b.receipted, 10, 10 + 59);
}

static void
a_stopped_identity_ends_the_wait(void **state)
{
	struct script s = all_goes_well();
	struct handover_batch b;

	(void)state;
	s.stopped = true;
	assert_int_equal(run(&s, &b, 5, 10000), ERR_FORBIDDEN);
	assert_non_null(strstr(why.text, "stopped sending"));
	assert_int_equal(b.answered, 5);
	assert_int_equal(b.receipted, 0);
}

static void
nacks_are_told_once_and_ours_only(void **state)
{
	struct script s = all_goes_well();
	struct handover_batch b;

	(void)state;
	s.nack = "{\"seq\":3,\"code\":\"schema\",\"detail\":\"older\"},"
		 "{\"seq\":12,\"code\":\"gap\",\"detail\":\"again\"},"
		 "{\"seq\":15,\"code\":\"schema\",\"detail\":\"no bizStep\"},"
		 "{\"seq\":5000,\"code\":\"schema\",\"detail\":\"later\"}";
	assert_int_equal(run(&s, &b, 200, 10000), ERR_OK);
	assert_true(s.waits > 1);
	assert_int_equal(told.nacked, 1);
	assert_int_equal(told.nacked_at, 5);
	assert_string_equal(told.code, "schema");
	assert_string_equal(told.detail, "no bizStep");
	assert_int_equal(b.receipted, 209);
}

static void
another_epoch_in_between_is_refused(void **state)
{
	struct script s = all_goes_well();
	struct handover_batch b;

	(void)state;
	s.other_epoch = 10;
	assert_int_equal(run(&s, &b, 20, 10000), ERR_STATE);
	assert_int_equal(b.answered, 10);
	assert_int_equal(b.receipted, 0);
}

/* ---- what is stored altogether ---- */
static enum err
run_drain(struct script *s, struct handover_head *h, int ms)
{
	pthread_t thread;
	enum err e;

	start(s, &thread);
	e = handover_drain(h, path, "line-1", clock_mono_ms() + ms, &why);
	(void)pthread_join(thread, NULL);
	(void)close(s->listener);
	return e;
}

static void
draining_ends_at_the_chains_end(void **state)
{
	struct script s = all_goes_well();
	struct handover_head h;

	(void)state;
	s.stored = 7;
	assert_int_equal(run_drain(&s, &h, 10000), ERR_OK);
	assert_int_equal(h.epoch, 2);
	assert_int_equal(h.upto, 7);
	/* it asked again and again whether more would come */
	assert_true(s.waits > 16);
}

static void
draining_sees_what_comes_late(void **state)
{
	struct script s = all_goes_well();
	struct handover_head h;

	(void)state;
	s.stored = 7;
	s.late = 5;
	assert_int_equal(run_drain(&s, &h, 10000), ERR_OK);
	assert_int_equal(h.upto, 12);
}

static void
draining_waits_for_receipts(void **state)
{
	struct script s = all_goes_well();
	struct handover_head h;

	(void)state;
	s.stored = 7;
	s.silent_from = 3;
	assert_int_equal(run_drain(&s, &h, 200), ERR_TIMEOUT);
	s = all_goes_well();
	s.stopped = true;
	assert_int_equal(run_drain(&s, &h, 10000), ERR_FORBIDDEN);
	s = all_goes_well();
	s.stored = 7;
	s.short_by = 1;
	assert_int_equal(run_drain(&s, &h, 10000), ERR_STATE);
}

static void
without_waiting_no_receipt_is_asked_for(void **state)
{
	struct script s = all_goes_well();
	struct handover_batch b;

	(void)state;
	no_wait = true;
	assert_int_equal(run(&s, &b, 200, 10000), ERR_OK);
	no_wait = false;
	assert_int_equal(s.waits, 0);
	assert_int_equal(b.answered, 200);
	assert_int_equal(places[199].seq, 209);
}

static void
no_gateway_means_nothing_sent(void **state)
{
	struct handover_batch b = { .socket_path = "/nonexistent/s",
		.identity = "line-1",
		.content_type = "application/ld+json",
		.deadline_ms = clock_mono_ms() + 200,
		.count = 1,
		.places = places,
		.ctx = &told,
		.payload = payload,
		.refused = refused,
		.nacked = nacked };

	(void)state;
	assert_int_equal(handover_batch(&b, &why), ERR_NET);
	assert_int_equal(b.sent, 0);
}

static int
make_folder(void **state)
{
	const struct sigaction ignore = { .sa_handler = SIG_IGN };

	(void)state;
	/* the client may be gone before the gateway has answered */
	(void)sigaction(SIGPIPE, &ignore, NULL);
	if (mkdtemp(folder) == NULL)
		return 1;
	(void)snprintf(path, sizeof path, "%s/s", folder);
	return 0;
}

static int
remove_folder(void **state)
{
	(void)state;
	(void)unlink(path);
	return rmdir(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_are_stored_and_receipted),
		cmocka_unit_test(a_refusal_ends_the_sending),
		cmocka_unit_test(nothing_stored_asks_for_no_receipt),
		cmocka_unit_test(who_hangs_up_leaves_some_unanswered),
		cmocka_unit_test(no_receipt_is_no_index),
		cmocka_unit_test(a_stopped_identity_ends_the_wait),
		cmocka_unit_test(nacks_are_told_once_and_ours_only),
		cmocka_unit_test(another_epoch_in_between_is_refused),
		cmocka_unit_test(draining_ends_at_the_chains_end),
		cmocka_unit_test(draining_sees_what_comes_late),
		cmocka_unit_test(draining_waits_for_receipts),
		cmocka_unit_test(without_waiting_no_receipt_is_asked_for),
		cmocka_unit_test(no_gateway_means_nothing_sent),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
