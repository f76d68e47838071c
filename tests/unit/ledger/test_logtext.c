/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "event/did.h"
#include "event/statement.h"
#include "ledger/logtext.h"
#include "ledger/map.h"
#include "ledger/merkle.h"

#include "base/banned.h"

#define KEY_A "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp"
#define KEY_B "did:key:z6MkmM42vxfqZQsv4ehtTjFFxQ4sQKS2w6WR7emozFAn5cxu"
#define EMPTY "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
#define GENESIS(origin, authorities)                                           \
	"countermark/genesis/v1\n" origin "\n" authorities "receipt " KEY_A    \
	"\nservice " KEY_B "\nmap 1\npolicy " EMPTY "\n"
#define ONE "authority " KEY_A "\n"
#define FOUR ONE ONE ONE ONE

static enum err
parse_genesis(const char *text)
{
	struct genesis g;

	return genesis_parse(&g, span_str(text), NULL);
}

static void
again_genesis(const char *text)
{
	char space[2048];
	struct buf b = buf_fixed(space, sizeof(space));
	struct genesis g;

	assert_int_equal(genesis_parse(&g, span_str(text), NULL), ERR_OK);
	assert_int_equal(genesis_print(&b, &g), ERR_OK);
	assert_string_equal(buf_text(&b), text);
}

static void
test_genesis(void **state)
{
	char host[321], log[321];
	struct genesis g;

	(void)state;
	again_genesis(GENESIS("log.example/a", ONE));
	again_genesis(GENESIS("localhost:8080/main", ONE ONE));
	again_genesis(GENESIS("h/x-1", FOUR FOUR));
	assert_int_equal(
	    genesis_parse(
		&g, span_str(GENESIS("localhost:8080/main", ONE)), NULL),
	    ERR_OK);
	assert_int_equal(g.authority_count, 1);
	genesis_names(&g, host, log);
	assert_string_equal(host, "localhost:8080");
	assert_string_equal(log, "main");
	g.origin[0] = '\0';
	genesis_names(&g, host, log);
	assert_string_equal(host, "");
	assert_string_equal(log, "");
}

static void
test_genesis_refusals(void **state)
{
	static const char *const bad[] = { "", "countermark/genesis/v1\n",
		"countermark/genesis/v2\n" ONE, GENESIS("log.example/a", ""),
		GENESIS("log.example/a", FOUR FOUR ONE),
		GENESIS("log.example", ONE), GENESIS("/a", ONE),
		GENESIS("log.example/", ONE), GENESIS("log.example/A", ONE),
		GENESIS("Log.example/a", ONE), GENESIS("a b/a", ONE),
		GENESIS("h:/a", ONE), GENESIS("h:0x/a", ONE),
		GENESIS("h:65536/a", ONE), GENESIS(":1/a", ONE),
		GENESIS("h/a/b", ONE),
		GENESIS("h/a", "authority did:key:z6Mk\n"),
		GENESIS("h/a", "authority  " KEY_A "\n"),
		GENESIS("h/a", ONE) "\n", GENESIS("h/a", ONE) "x\n",
		"countermark/genesis/v1\r\nh/a\n" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(parse_genesis(bad[i]), ERR_BAD_ENCODING);
}

/* Every cut of a good text is refused. */
static void
test_genesis_cut(void **state)
{
	static const char text[] = GENESIS("log.example/a", ONE ONE);
	struct genesis g;

	(void)state;
	for (size_t n = 0; n < sizeof(text) - 1; n++)
		assert_int_equal(genesis_parse(&g, span_of(text, n), NULL),
		    ERR_BAD_ENCODING);
}

static void
test_genesis_lines(void **state)
{
	static const char *const bad[] = {
		"countermark/genesis/v1\nh/a\n" ONE "service " KEY_A
		"\nreceipt " KEY_B "\nmap 1\npolicy " EMPTY "\n",
		"countermark/genesis/v1\nh/a\n" ONE "receipt " KEY_A
		"\nservice " KEY_B "\nmap 2\npolicy " EMPTY "\n",
		"countermark/genesis/v1\nh/a\n" ONE "receipt " KEY_A
		"\nservice " KEY_B "\nmap 1\npolicy x" EMPTY "\n",
		"countermark/genesis/v1\nh/a\n" ONE "receipt " KEY_A
		"\nservice " KEY_B "\nmap 1\nPolicy " EMPTY "\n",
		"countermark/genesis/v1\nh/a\n" ONE "receipt " KEY_A
		"\nservice " KEY_B "\nmap 1\npolicy "
		"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(parse_genesis(bad[i]), ERR_BAD_ENCODING);
}

static void
test_genesis_print_usage(void **state)
{
	char space[2048];
	struct buf b = buf_fixed(space, sizeof(space));
	struct genesis g = { .origin = "h/a" };

	(void)state;
	assert_int_equal(genesis_print(&b, &g), ERR_USAGE);
	g.authority_count = GENESIS_AUTHORITIES + 1;
	assert_int_equal(genesis_print(&b, &g), ERR_USAGE);
	g.authority_count = 1;
	g.origin[0] = '/';
	assert_int_equal(genesis_print(&b, &g), ERR_USAGE);
	g.origin[0] = 'h';
	b = buf_fixed(space, 20);
	assert_int_equal(genesis_print(&b, &g), ERR_SPACE);
}

#define EPOCH(n, t, k, p, f)                                                   \
	"countermark/epoch/v1\n" n "\n" t "\n" EMPTY "\n" k "\n" p "\n" f      \
	"\n" EMPTY "\n"

static void
test_epoch(void **state)
{
	static const char text[] = EPOCH("12", "1700000000123", "7", "11", "1");
	char space[512];
	struct buf b = buf_fixed(space, sizeof(space));
	struct hash empty = merkle_empty_root();
	struct epoch e;

	(void)state;
	assert_int_equal(epoch_parse(&e, span_str(text), NULL), ERR_OK);
	assert_int_equal(e.covered, 12);
	assert_int_equal(e.time_ms, 1700000000123);
	assert_int_equal(e.keys, 7);
	assert_int_equal(e.previous, 11);
	assert_true(hash_equal(&e.map_root, &empty));
	assert_true(hash_equal(&e.chain, &empty));
	assert_int_equal(epoch_print(&b, &e), ERR_OK);
	assert_string_equal(buf_text(&b), text);
	e.time_ms = -1;
	assert_int_equal(epoch_print(&b, &e), ERR_USAGE);
}

static void
test_epoch_refusals(void **state)
{
	static const char *const bad[] = { "", "countermark/epoch/v1\n",
		"countermark/epoch/v2\n", EPOCH("", "1", "1", "1", "1"),
		EPOCH("01", "1", "1", "1", "1"),
		EPOCH("1", "-1", "1", "1", "1"),
		EPOCH("1", "9223372036854775808", "1", "1", "1"),
		EPOCH("1", "1", "x", "1", "1"), EPOCH("1", "1", "1", "", "1"),
		EPOCH("1", "1", "1", "1", "2"),
		EPOCH("1", "1", "1", "1", "1") "\n",
		EPOCH("1 ", "1", "1", "1", "1") };
	static const char text[] = EPOCH("1", "1", "1", "1", "1");
	struct epoch e;
	struct diag d = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(
		    epoch_parse(&e, span_str(bad[i]), NULL), ERR_BAD_ENCODING);
	for (size_t n = 0; n < sizeof(text) - 1; n++)
		assert_int_equal(
		    epoch_parse(&e, span_of(text, n), &d), ERR_BAD_ENCODING);
	assert_string_equal(d.clause, "formats 4.5");
}

static void
test_fork(void **state)
{
	static char big[STATEMENT_MAX + 1];
	char space[64];
	struct buf b = buf_fixed(space, sizeof(space));

	(void)state;
	assert_int_equal(fork_print(&b, span_str("abc")), ERR_OK);
	assert_string_equal(buf_text(&b), "countermark/fork/v1\nabc");
	assert_int_equal(
	    fork_print(&b, span_of(big, sizeof(big))), ERR_TOO_LARGE);
}

static void
test_empty_map(void **state)
{
	struct hash want = hash_bytes(span_of("\x02", 1));
	struct hash got = map_empty_root();

	(void)state;
	assert_true(hash_equal(&got, &want));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_genesis),
		cmocka_unit_test(test_genesis_refusals),
		cmocka_unit_test(test_genesis_cut),
		cmocka_unit_test(test_genesis_lines),
		cmocka_unit_test(test_genesis_print_usage),
		cmocka_unit_test(test_epoch),
		cmocka_unit_test(test_epoch_refusals),
		cmocka_unit_test(test_fork),
		cmocka_unit_test(test_empty_map),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
