/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ledger/merkle.h"
#include "ledger/policy.h"

#include "base/banned.h"

#define ORIGIN "log.example/a"
#define KEYS 70
#define LOG_KEY 0 /* the rest are witnesses' */

static struct sign_key keys[KEYS];
static char *log_vkey, *vkeys[KEYS]; /* witness names: w1.example, … */
static const char *const map_name = "w3.example/map";

static const char *
witness_name(unsigned i)
{
	static char name[64];

	if (i == 3)
		return map_name;
	(void)snprintf(name, sizeof(name), "w%u.example", i);
	return name;
}

static char *
vkey_of(const char *name, uint8_t type, unsigned key)
{
	struct buf b = buf_heap(1024);
	char *out;

	assert_int_equal(
	    note_vkey_print(&b, name, type, keys[key].pub), ERR_OK);
	out = strdup(buf_text(&b));
	assert_non_null(out);
	buf_free(&b);
	return out;
}

static int
prepare(void **state)
{
	(void)state;
	if (crypto_start() != ERR_OK)
		return 1;
	for (unsigned i = 0; i < KEYS; i++) {
		uint8_t seed[KEY_BYTES] = { (uint8_t)(i + 1) };

		key_from_seed(&keys[i], seed);
		vkeys[i] = vkey_of(witness_name(i), NOTE_COSIGNATURE, i);
	}
	log_vkey = vkey_of(ORIGIN, NOTE_ED25519, LOG_KEY);
	return 0;
}

static int
cleanup(void **state)
{
	(void)state;
	for (unsigned i = 0; i < KEYS; i++)
		free(vkeys[i]);
	free(log_vkey);
	return 0;
}

/* $L the log's vkey, $1 … $9 a witness's. */
static void
fill(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text != '$') {
			buf_byte(out, (uint8_t)*text);
			continue;
		}
		text++;
		buf_str(out, *text == 'L' ? log_vkey : vkeys[*text - '0']);
	}
	assert_int_equal(buf_error(out), ERR_OK);
}

static enum err
parse(struct policy **out, const char *text, struct diag *d)
{
	struct buf b = buf_heap(POLICY_BYTES);
	enum err e;

	fill(&b, text);
	e = policy_parse(out, buf_span(&b), d);
	buf_free(&b);
	return e;
}

static struct policy *
good(const char *text)
{
	struct policy *p;
	struct diag d = { 0 };

	assert_int_equal(parse(&p, text, &d), ERR_OK);
	return p;
}

/* Numbers of the witnesses that cosigned, from 0 in order of their lines. */
static bool
holds(const struct policy *p, const char *who)
{
	bool got[POLICY_WITNESSES] = { false };

	for (; *who != '\0'; who++)
		got[*who - '0'] = true;
	return policy_quorum(p, got);
}

/* The example of the C2SP text, with blanks, tabs, comments and URLs. */
static void
test_example(void **state)
{
	struct policy *p =
	    good("log $L\n\n# X\nwitness X1 $1\n  witness X2\t$2 \n"
		 "witness X3 $3 https://w3.example/x\n"
		 "group X-witnesses 2 X1 X2 X3\n"
		 "witness Y1 $4\nwitness Y2 $5\nwitness Y3 $6\n"
		 "group Y-witnesses any Y1 Y2 Y3\n \t\n"
		 "group X-and-Y all X-witnesses Y-witnesses\n"
		 "\t# \xC3\xA9 done\nquorum X-and-Y\n");

	(void)state;
	assert_int_equal(policy_log_count(p), 1);
	assert_non_null(policy_log(p, span_str(ORIGIN)));
	assert_null(policy_log(p, span_str("log.example/b")));
	assert_int_equal(policy_witness_count(p), 6);
	assert_string_equal(policy_witness(p, 2)->name, map_name);
	assert_null(policy_witness(p, 6));
	assert_string_equal(policy_witness_url(p, 2), "https://w3.example/x");
	assert_string_equal(policy_witness_url(p, 3), "");
	assert_false(holds(p, ""));
	assert_false(holds(p, "012"));
	assert_false(holds(p, "0345"));
	assert_true(holds(p, "015"));
	assert_true(holds(p, "012345"));
	/* Two of X are enough without the map witness. */
	assert_false(policy_map_witnessed(p));
	policy_free(p);
}

static void
test_quorums(void **state)
{
	struct policy *p = good("quorum none\n");

	(void)state;
	assert_true(policy_quorum(p, NULL));
	assert_false(policy_map_witnessed(p));
	policy_free(p);
	p = good("witness a $1\nwitness b $2\nquorum b\n");
	assert_false(holds(p, "0"));
	assert_true(holds(p, "1"));
	policy_free(p);
	p = good("witness a $1\nwitness m $3\ngroup g all a m\nquorum g\n");
	assert_true(policy_map_witnessed(p));
	policy_free(p);
	/* A member may itself be the quorum; what stands after is idle. */
	p = good("witness a $1\nwitness b $2\ngroup g 2 a b\nquorum a\n");
	assert_true(holds(p, "0"));
	policy_free(p);
	policy_free(NULL);
}

static void
test_refusals(void **state)
{
	static const struct {
		const char *text, *says;
	} bad[] = {
		{ "", "no quorum" },
		{ "# x\n", "no quorum" },
		{ "quorum none", "line 1: without its line feed" },
		{ "quorum none\nquorum none\n", "line 2: a second quorum" },
		{ "quorum\n", "line 1: quorum" },
		{ "quorum x\n", "got x" },
		{ "quorum w\nwitness w $1\n", "line 1: quorum" },
		{ "quorum none x\n", "wanted the end of the line: got x" },
		{ "Quorum none\n", "wanted log, witness" },
		{ "quorum none\r\n", "control character 0d" },
		{ "quorum none #\x7F\n", "control character 7f" },
		{ "log\nquorum none\n", "wanted a vkey" },
		{ "log x\nquorum none\n", "line 1: vkey" },
		{ "log $1\nquorum none\n", "type: got 4, wanted 1" },
		{ "log $L\nlog $L\nquorum none\n", "line 2: a key that" },
		{ "log $L u v\nquorum none\n", "got v" },
		{ "witness\nquorum none\n", "wanted a name" },
		{ "witness w\nquorum none\n", "wanted a vkey" },
		{ "witness w $L\nquorum none\n", "type: got 1, wanted 4" },
		{ "witness none $1\nquorum none\n", "predefined" },
		{ "witness w $1 u v\nquorum none\n", "got v" },
		{ "witness w $1\nwitness w $2\nquorum w\n", "a name that" },
		{ "witness w $1\nwitness v $1\nquorum w\n", "a key that" },
		{ "group g all\nquorum none\n", "wanted a member" },
		{ "group g\nquorum none\n", "wanted all, any" },
		{ "group none all\nquorum none\n", "predefined" },
		{ "witness w $1\ngroup w all w\nquorum w\n", "above already" },
		{ "witness w $1\ngroup g 0 w\nquorum g\n", "threshold" },
		{ "witness w $1\ngroup g 2 w\nquorum g\n", "threshold" },
		{ "witness w $1\ngroup g 01 w\nquorum g\n", "got 01" },
		{ "witness w $1\ngroup g ALL w\nquorum g\n", "got ALL" },
		{ "witness w $1\ngroup g all w w\nquorum g\n", "member al" },
		{ "witness w $1\ngroup g all w\ngroup h all w\nquorum g\n",
		    "line 3: member" },
		{ "witness w $1\ngroup g all g\nquorum g\n", "got g" },
		{ "witness w $1\ngroup g all none\nquorum g\n", "got none" },
		{ "witness W $1\ngroup g all w\nquorum g\n", "got w" },
	};
	struct policy *p;
	struct diag d;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		diag_clear(&d);
		assert_int_equal(parse(&p, bad[i].text, &d), ERR_SYNTAX);
		assert_null(p);
		if (strstr(d.text, bad[i].says) == NULL)
			fail_msg("%s: %s", bad[i].says, d.text);
	}
}

static void
test_limits(void **state)
{
	struct buf b = buf_heap(2 * POLICY_BYTES);
	struct policy *p;

	(void)state;
	for (unsigned i = 1; i <= POLICY_WITNESSES; i++)
		buf_printf(&b, "witness n%u %s\n", i, vkeys[i]);
	for (unsigned i = 1; i <= POLICY_GROUPS; i++)
		buf_printf(&b, "group g%u all n%u\n", i, i);
	buf_str(&b, "quorum g1\n");
	assert_int_equal(policy_parse(&p, buf_span(&b), NULL), ERR_OK);
	policy_free(p);
	buf_str(&b, "group g all n60\n");
	assert_int_equal(policy_parse(&p, buf_span(&b), NULL), ERR_LIMIT);
	buf_reset(&b);
	for (unsigned i = 1; i <= POLICY_WITNESSES + 1; i++)
		buf_printf(&b, "witness n%u %s\n", i, vkeys[i]);
	assert_int_equal(policy_parse(&p, buf_span(&b), NULL), ERR_LIMIT);
	buf_reset(&b);
	for (unsigned i = 0; i <= POLICY_LOGS; i++) {
		char *vkey = vkey_of(ORIGIN, NOTE_ED25519, i);

		buf_printf(&b, "log %s\n", vkey);
		free(vkey);
	}
	assert_int_equal(policy_parse(&p, buf_span(&b), NULL), ERR_LIMIT);
	buf_reset(&b);
	for (unsigned i = 0; i <= POLICY_BYTES; i++)
		buf_byte(&b, '\n');
	assert_int_equal(policy_parse(&p, buf_span(&b), NULL), ERR_TOO_LARGE);
	buf_free(&b);
}

/* ---- notes ---- */
static struct checkpoint checkpoint = { ORIGIN, 7, { { 1 } } };

static void
sign(struct buf *note, unsigned key)
{
	*note = buf_heap(2 * NOTE_MAX);
	assert_int_equal(
	    checkpoint_sign(note, &checkpoint, &keys[key]), ERR_OK);
}

static void
cosign(struct buf *note, unsigned witness)
{
	assert_int_equal(checkpoint_cosign(note, &checkpoint,
			     witness_name(witness), 1000, &keys[witness]),
	    ERR_OK);
}

static enum err
open_note(struct policy_opened *out, const struct policy *p, struct buf *note)
{
	enum err e = policy_open(out, p, buf_span(note), NULL);

	buf_free(note);
	return e;
}

#define TWO_OF                                                                 \
	"log $L\nwitness a $1\nwitness b $2\nwitness m $3\n"                   \
	"group g 2 a b m\nquorum g\n"

static void
test_open(void **state)
{
	struct policy *p = good(TWO_OF);
	struct policy_opened o;
	struct buf note;

	(void)state;
	sign(&note, LOG_KEY);
	cosign(&note, 1);
	cosign(&note, 9); /* unknown */
	assert_int_equal(open_note(&o, p, &note), ERR_OK);
	assert_int_equal(o.checkpoint.size, 7);
	assert_int_equal(o.cosigned, 1);
	assert_false(o.quorum);
	assert_false(o.map_witnessed);
	sign(&note, LOG_KEY);
	cosign(&note, 3);
	cosign(&note, 1);
	assert_int_equal(open_note(&o, p, &note), ERR_OK);
	assert_int_equal(o.cosigned, 2);
	assert_true(o.quorum);
	assert_true(o.map_witnessed);
	policy_free(p);
}

static void
test_open_refusals(void **state)
{
	struct policy *p = good(TWO_OF), *none = good("quorum none\n");
	struct checkpoint other = checkpoint;
	struct policy_opened o;
	struct buf note;

	(void)state;
	sign(&note, LOG_KEY);
	assert_int_equal(open_note(&o, none, &note), ERR_NOT_FOUND);
	sign(&note, 5); /* the log's name, another's key */
	assert_int_equal(open_note(&o, p, &note), ERR_BAD_SIGNATURE);
	sign(&note, LOG_KEY);
	cosign(&note, 1);
	cosign(&note, 1);
	assert_int_equal(open_note(&o, p, &note), ERR_BAD_ENCODING);
	sign(&note, LOG_KEY);
	other.size++; /* cosigned another checkpoint */
	assert_int_equal(
	    checkpoint_cosign(&note, &other, "w1.example", 1000, &keys[1]),
	    ERR_OK);
	assert_int_equal(open_note(&o, p, &note), ERR_BAD_SIGNATURE);
	sign(&note, LOG_KEY);
	for (unsigned i = 0; i < NOTE_SIGNATURES; i++)
		cosign(&note, 20 + i);
	assert_int_equal(open_note(&o, p, &note), ERR_BAD_ENCODING);
	note = buf_heap(10);
	buf_str(&note, "x");
	assert_int_equal(open_note(&o, p, &note), ERR_BAD_ENCODING);
	policy_free(p);
	policy_free(none);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_example),
		cmocka_unit_test(test_quorums),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_open),
		cmocka_unit_test(test_open_refusals),
	};

	return cmocka_run_group_tests(tests, prepare, cleanup);
}
