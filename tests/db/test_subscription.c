/* SPDX-License-Identifier: Apache-2.0 */
/* Named queries and subscriptions in the store, as the API's role has them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "ledger/subscription.h"

#include "pgtest.h"

#include "base/banned.h"

static struct pgtest db;
static char api[1200];
static struct store *s, *other;
static struct hash token;

#define NAME(text) span_str(text)

static int
clean(void **state)
{
	(void)state;
	assert_string_equal(
	    pgtest_sql(db.uri, "DELETE FROM epcis_subscription"), "");
	assert_string_equal(pgtest_sql(db.uri, "DELETE FROM epcis_query"), "");
	return 0;
}

static void
add_query(const char *owner, const char *name)
{
	assert_int_equal(
	    store_query_add(s, owner, NAME(name), NAME("{}"), NULL), ERR_OK);
}

struct names {
	size_t count;
	char text[200];
};

static void
note(struct names *n, struct span name)
{
	size_t used = strlen(n->text);

	(void)snprintf(
	    n->text + used, sizeof(n->text) - used, "%.*s ", SPAN_ARG(name));
	n->count++;
}

static enum err
note_query(void *ctx, struct span name, struct span query)
{
	assert_true(query.n > 0);
	note(ctx, name);
	return ERR_OK;
}

static void
queries(void **state)
{
	struct buf text = buf_heap(1000);
	struct names n = { 0 };

	(void)state;
	add_query("mill", "b");
	add_query("mill", "a");
	add_query("mill", "c");
	add_query("*mill", "a");
	assert_int_equal(
	    store_query_add(s, "mill", NAME("a"), NAME("{}"), NULL),
	    ERR_EXISTS);
	assert_int_equal(
	    store_query_list(s, "mill", SPAN_NONE, 2, note_query, &n, NULL),
	    ERR_OK);
	assert_string_equal(n.text, "a b ");
	assert_int_equal(
	    store_query_list(s, "mill", NAME("b"), 2, note_query, &n, NULL),
	    ERR_OK);
	assert_string_equal(n.text, "a b c ");
	assert_int_equal(
	    store_query_get(s, "*mill", NAME("a"), &text, NULL), ERR_OK);
	assert_true(span_is(buf_span(&text), "{}"));
	buf_free(&text);
	assert_int_equal(
	    store_query_get(s, "shop", NAME("a"), &text, NULL), ERR_NOT_FOUND);
	assert_int_equal(
	    store_query_remove(s, "shop", NAME("a"), NULL), ERR_NOT_FOUND);
	assert_int_equal(
	    store_query_remove(s, "mill", NAME("a"), NULL), ERR_OK);
	assert_int_equal(
	    store_query_remove(s, "mill", NAME("a"), NULL), ERR_NOT_FOUND);
	assert_int_equal(
	    store_query_get(s, "*mill", NAME("a"), &text, NULL), ERR_OK);
	buf_free(&text);
}

static void
limits(void **state)
{
	struct buf text = buf_heap(2 * QUERY_TEXT_MOST);
	struct diag d;

	(void)state;
	for (size_t i = 0; i < QUERY_TEXT_MOST - 1; i++)
		buf_byte(&text, ' ');
	assert_int_equal(
	    store_query_add(s, "big", NAME("a"), buf_span(&text), NULL),
	    ERR_OK);
	diag_clear(&d);
	assert_int_equal(
	    store_query_add(s, "big", NAME("b"), NAME("{}"), &d), ERR_LIMIT);
	assert_true(d.text[0] != '\0');
	assert_int_equal(
	    store_query_add(s, "big", NAME("b"), NAME("1"), NULL), ERR_OK);
	buf_free(&text);
	for (int i = 0; i < QUERY_MOST; i++) {
		char name[20];

		(void)snprintf(name, sizeof(name), "n%d", i);
		add_query("many", name);
	}
	assert_int_equal(
	    store_query_add(s, "many", NAME("x"), NAME("{}"), NULL), ERR_LIMIT);
}

static struct subscription
example(const char *id, const char *schedule, int64_t next_ms)
{
	return (struct subscription){ .id = span_str(id),
		.dest = NAME("https://a.example/"),
		.schedule = span_str(schedule),
		.format = 1,
		.created_ms = 1000,
		.next_ms = next_ms,
		.secret = NAME("key"),
		.token = token,
		.place = { 7, SUBSCRIPTION_POS } };
}

static void
add(const char *owner, const char *id, const char *schedule, int64_t next_ms)
{
	struct subscription n = example(id, schedule, next_ms);

	assert_int_equal(
	    store_subscription_add(s, owner, NAME("q"), &n, NULL), ERR_OK);
}

static enum err
note_subscription(void *ctx, const struct subscription *n)
{
	note(ctx, n->id);
	return ERR_OK;
}

static enum err
keep(void *ctx, const struct subscription *n)
{
	static char error[SUBSCRIPTION_ERROR + 1];
	struct subscription *out = ctx;

	*out = *n;
	(void)snprintf(error, sizeof(error), "%.*s", SPAN_ARG(n->error));
	out->error = span_str(error);
	return ERR_OK;
}

static struct subscription
get(const char *id)
{
	struct subscription n;

	assert_int_equal(store_subscription_get(
			     s, "mill", NAME("q"), NAME(id), keep, &n, NULL),
	    ERR_OK);
	return n;
}

static void
subscriptions(void **state)
{
	struct subscription n = example("x", "", 0);
	struct names names = { 0 };

	(void)state;
	assert_int_equal(store_subscription_add(s, "mill", NAME("q"), &n, NULL),
	    ERR_NOT_FOUND);
	add_query("mill", "q");
	add("mill", "b", "", 0);
	add("mill", "a", "{}", 5000);
	assert_int_equal(store_subscription_list(s, "mill", NAME("q"),
			     SPAN_NONE, 10, note_subscription, &names, NULL),
	    ERR_OK);
	assert_string_equal(names.text, "a b ");
	assert_int_equal(store_subscription_list(s, "shop", NAME("q"),
			     SPAN_NONE, 10, note_subscription, &names, NULL),
	    ERR_OK);
	assert_int_equal(names.count, 2);
	n = get("a");
	assert_int_equal(n.next_ms, 5000);
	assert_int_equal(n.created_ms, 1000);
	assert_int_equal(n.run_ms, 1000);
	assert_int_equal(n.notified_ms, 0);
	assert_int_equal(n.format, 1);
	assert_false(n.suspended);
	assert_int_equal(
	    store_subscription_remove(s, "shop", NAME("q"), NAME("a"), NULL),
	    ERR_NOT_FOUND);
	assert_int_equal(
	    store_subscription_remove(s, "mill", NAME("q"), NAME("a"), NULL),
	    ERR_OK);
	assert_int_equal(store_subscription_get(
			     s, "mill", NAME("q"), NAME("a"), keep, &n, NULL),
	    ERR_NOT_FOUND);
	/* a query takes its subscriptions with it */
	assert_int_equal(
	    store_query_remove(s, "mill", NAME("q"), NULL), ERR_OK);
	add_query("mill", "q");
	assert_int_equal(store_subscription_get(
			     s, "mill", NAME("q"), NAME("b"), keep, &n, NULL),
	    ERR_NOT_FOUND);
}

static enum err
note_due(void *ctx, const struct subscription_due *due)
{
	assert_string_equal(due->owner, "mill");
	assert_true(span_is(due->query, "{}"));
	assert_true(span_is(due->secret, "key"));
	assert_true(hash_equal(&due->token, &token));
	assert_string_equal(due->role, "brand");
	note(ctx, due->id);
	return ERR_OK;
}

static const char *
due(int64_t now_ms, uint64_t below)
{
	static struct names n;

	n = (struct names){ 0 };
	assert_int_equal(
	    store_subscriptions_due(s, now_ms, below, 10, note_due, &n, NULL),
	    ERR_OK);
	return n.text;
}

static void
due_and_steps(void **state)
{
	struct subscription_ref ref = { "mill", NAME("q"), NAME("stream"),
		{ 7, SUBSCRIPTION_POS } };
	struct subscription_step step = { { 9, 1 }, 300, 200, 3, true };
	struct subscription n;
	uint64_t lag;

	(void)state;
	add_query("mill", "q");
	add("mill", "stream", "", 100);
	add("mill", "timed", "{}", 5000);
	assert_string_equal(due(99, 9), "");
	assert_string_equal(due(100, 8), ""); /* it stands at entry 7 */
	assert_string_equal(due(100, 9), "stream ");
	assert_string_equal(due(5000, 8), "timed ");
	assert_string_equal(due(5000, 9), "stream timed ");
	assert_int_equal(store_subscription_lag(s, 20, &lag, NULL), ERR_OK);
	assert_int_equal(lag, 13);
	assert_int_equal(
	    store_subscription_advance(s, &ref, &step, NULL), ERR_OK);
	n = get("stream");
	assert_int_equal(n.delivered, 3);
	assert_int_equal(n.notified_ms, 200);
	assert_int_equal(n.run_ms, 200);
	/* the same step again is of one who does not know */
	assert_int_equal(
	    store_subscription_advance(s, &ref, &step, NULL), ERR_NOT_FOUND);
	assert_int_equal(get("stream").delivered, 3);
	assert_string_equal(due(299, 11), "");
	assert_string_equal(due(300, 11), "stream ");
}

static void
failures(void **state)
{
	struct subscription_ref ref = { "mill", NAME("q"), NAME("stream"),
		{ 7, SUBSCRIPTION_POS } };
	struct subscription_fault f = { 2, 50, 900, 500, false,
		NAME("no route") };
	struct subscription_step step = { { 8, 0 }, 1000, 950, 1, true };
	struct subscription n;
	uint64_t lag;

	(void)state;
	add_query("mill", "q");
	add("mill", "stream", "", 100);
	assert_int_equal(store_subscription_fail(s, &ref, &f, NULL), ERR_OK);
	n = get("stream");
	assert_int_equal(n.failures, 2);
	assert_int_equal(n.failing_ms, 50);
	assert_true(span_is(n.error, "no route"));
	assert_string_equal(due(899, 20), "");
	assert_string_equal(due(900, 20), "stream ");
	assert_int_equal(
	    store_subscription_advance(s, &ref, &step, NULL), ERR_OK);
	n = get("stream");
	assert_int_equal(n.failures + n.failing_ms, 0);
	assert_int_equal(n.error.n, 0);
	f.suspended = true;
	ref.from = step.to;
	assert_int_equal(store_subscription_fail(s, &ref, &f, NULL), ERR_OK);
	assert_true(get("stream").suspended);
	assert_string_equal(due(INT64_MAX, 20), "");
	assert_int_equal(store_subscription_lag(s, 20, &lag, NULL), ERR_OK);
	assert_int_equal(lag, 0);
}

static enum err
note_role(void *ctx, const struct subscription_due *d)
{
	(void)snprintf(ctx, 16, "%s", d->role[0] == '\0' ? "none" : d->role);
	return ERR_OK;
}

static void
tokens(void **state)
{
	struct store_token t = { "partner", "mill", "read", 5000 };
	struct subscription n = example("x", "", 0);
	char role[16] = "";

	(void)state;
	n.token = hash_bytes(NAME("short-lived"));
	assert_string_equal(pgtest_sql(db.uri, "DELETE FROM token"), "");
	add_query("mill", "q");
	{
		struct store *owner = pgtest_store(db.uri, "subs", 0);

		assert_int_equal(
		    store_token_add(owner, &n.token, &t, NULL), ERR_OK);
		store_close(owner);
	}
	assert_int_equal(
	    store_subscription_add(s, "mill", NAME("q"), &n, NULL), ERR_OK);
	assert_int_equal(
	    store_subscriptions_due(s, 4999, 20, 10, note_role, role, NULL),
	    ERR_OK);
	assert_string_equal(role, "partner");
	assert_int_equal(
	    store_subscriptions_due(s, 5000, 20, 10, note_role, role, NULL),
	    ERR_OK);
	assert_string_equal(role, "none");
	assert_string_equal(
	    pgtest_sql(db.uri, "UPDATE token SET revoked_ms = 1"), "");
	assert_int_equal(
	    store_subscriptions_due(s, 4999, 20, 10, note_role, role, NULL),
	    ERR_OK);
	assert_string_equal(role, "none");
}

static void
one_delivers(void **state)
{
	(void)state;
	assert_int_equal(store_subscription_lock(s, NULL), ERR_OK);
	assert_int_equal(store_subscription_lock(other, NULL), ERR_EXISTS);
	store_close(s);
	s = pgtest_store(api, "subs", 0);
	for (int i = 0; i < 100; i++) {
		/* the server notices a moment later */
		if (store_subscription_lock(other, NULL) == ERR_OK)
			return;
		assert_string_equal(
		    pgtest_sql(db.uri, "SELECT pg_sleep(0.05)"), "");
	}
	fail_msg("the lock outlives its connection");
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(queries, clean),
		cmocka_unit_test_setup(limits, clean),
		cmocka_unit_test_setup(subscriptions, clean),
		cmocka_unit_test_setup(due_and_steps, clean),
		cmocka_unit_test_setup(failures, clean),
		cmocka_unit_test_setup(tokens, clean),
		cmocka_unit_test_setup(one_delivers, clean),
	};
	struct store_token t = { "brand", "mill", "read subscribe", 0 };
	int failed;

	if (argc != 2)
		return 2;
	pgtest_open(&db, argv[1]);
	s = pgtest_log(&db, "subs", 0);
	token = hash_bytes(NAME("token"));
	if (store_token_add(s, &token, &t, NULL) != ERR_OK)
		return 1;
	store_close(s);
	pgtest_as(api, sizeof api, &db, "countermark_api");
	s = pgtest_store(api, "subs", 0);
	other = pgtest_store(api, "subs", 0);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	store_close(other);
	store_close(s);
	pgtest_close(&db);
	return failed;
}
