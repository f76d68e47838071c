/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "ledger/merkle.h"
#include "ledger/note.h"

#include "base/banned.h"

#define ORIGIN "log.example/a"
#define DASH "\xE2\x80\x94 "

/* The example of the C2SP signed-note text. */
#define SPEC_VKEY                                                              \
	"example.com/foo+530d903a+"                                            \
	"AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
#define SPEC_SIG                                                               \
	"Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3" \
	"mFXmRKuwHjG1Yu72IneyaQM="

static struct sign_key key;
static struct note_key known;
static struct checkpoint made;
static char good[1024]; /* a signed checkpoint */

static int
prepare(void **state)
{
	uint8_t seed[KEY_BYTES] = { 1, 2, 3 };
	struct buf b = buf_fixed(good, sizeof(good) - 1);

	(void)state;
	if (crypto_start() != ERR_OK)
		return 1;
	key_from_seed(&key, seed);
	memcpy(known.name, ORIGIN, sizeof(ORIGIN));
	known.type = NOTE_ED25519;
	memcpy(known.pub, key.pub, KEY_BYTES);
	note_key_id(known.id, known.name, known.type, known.pub);
	memcpy(made.origin, ORIGIN, sizeof(ORIGIN));
	made.size = 70000;
	made.root = merkle_empty_root();
	return checkpoint_sign(&b, &made, &key) == ERR_OK ? 0 : 1;
}

static enum err
open_text(const char *text)
{
	struct checkpoint c;

	return checkpoint_open(&c, span_str(text), &known, NULL);
}

/* The signature line of the good note, with its LF. */
static const char *
good_line(void)
{
	return strstr(good, "\n\n") + 2;
}

/* A note with another body, signed all the same. */
static enum err
open_body(const char *body)
{
	char space[1024], line[128];
	uint8_t sig[4 + SIG_BYTES];
	struct buf b = buf_fixed(space, sizeof(space));

	memcpy(sig, known.id, 4);
	ed25519_sign(sig + 4, &key, span_str(body));
	base64_print(line, span_of(sig, sizeof(sig)));
	buf_printf(&b, "%s\n" DASH ORIGIN " %s\n", body, line);
	return open_text(buf_text(&b));
}

static void
test_round_trip(void **state)
{
	struct checkpoint c;
	struct diag d = { 0 };

	(void)state;
	assert_int_equal(
	    checkpoint_open(&c, span_str(good), &known, &d), ERR_OK);
	assert_string_equal(c.origin, ORIGIN);
	assert_int_equal(c.size, 70000);
	assert_true(hash_equal(&c.root, &made.root));
}

static void
test_spec_example(void **state)
{
	static const char note[] = "This is an example message.\n\n" DASH
				   "example.com/foo " SPEC_SIG "\n";
	struct note_key k;
	struct span text;

	(void)state;
	assert_int_equal(
	    note_vkey_parse(&k, span_str(SPEC_VKEY), NULL), ERR_OK);
	assert_int_equal(
	    note_open(&text, NULL, span_str(note), &k, NULL), ERR_OK);
	assert_true(span_is(text, "This is an example message.\n"));
}

static void
test_vkey(void **state)
{
	char space[512];
	struct buf b = buf_fixed(space, sizeof(space));
	struct note_key k;

	(void)state;
	assert_int_equal(
	    note_vkey_print(&b, ORIGIN, NOTE_ED25519, key.pub), ERR_OK);
	assert_int_equal(note_vkey_parse(&k, buf_span(&b), NULL), ERR_OK);
	assert_memory_equal(k.pub, key.pub, KEY_BYTES);
	assert_memory_equal(k.id, known.id, 4);
	buf_reset(&b);
	assert_int_equal(
	    note_vkey_print(&b, ORIGIN, NOTE_COSIGNATURE, key.pub), ERR_OK);
	assert_int_equal(note_vkey_parse(&k, buf_span(&b), NULL), ERR_OK);
	assert_int_equal(k.type, NOTE_COSIGNATURE);
	assert_int_equal(note_vkey_print(&b, ORIGIN, 2, key.pub), ERR_USAGE);
	assert_int_equal(note_vkey_print(&b, "a b", 1, key.pub), ERR_USAGE);
	assert_int_equal(note_vkey_print(&b, "a+b", 1, key.pub), ERR_USAGE);
	assert_int_equal(note_vkey_print(&b, "", 1, key.pub), ERR_USAGE);
	assert_int_equal(
	    note_vkey_print(&b, "a\xC2\xA0", 1, key.pub), ERR_USAGE);
	assert_int_equal(
	    note_vkey_print(&b, "a\xE2\x80\x83", 1, key.pub), ERR_USAGE);
}

static void
test_vkey_refusals(void **state)
{
	static const char *const bad[] = { "", "a", "a+530d903a",
		"example.com/foo+530d903b+"
		"AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		"example.com/foo+530D903A+"
		"AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		"example.com/foo+530d903+"
		"AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		"example.com/foo+530d903a+"
		"AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2",
		"example.com/foo+530d903a+"
		"AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U0=",
		"example.com/foo+530d903a+", "+530d903a+AekyeRrm",
		"exa mple+530d903a+AekyeRrm", SPEC_VKEY "\n" };
	struct note_key k;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(note_vkey_parse(&k, span_str(bad[i]), NULL),
		    ERR_BAD_ENCODING);
	assert_int_equal(note_vkey_parse(&k, span_str("a+00000000+Ag=="), NULL),
	    ERR_UNSUPPORTED);
}

static void
test_bad_signature(void **state)
{
	char text[1024];
	struct note_key other = known;
	struct checkpoint c;

	(void)state;
	memcpy(text, good, sizeof(text));
	text[strlen(ORIGIN) + 1]++; /* 70000 becomes 80000 */
	assert_int_equal(open_text(text), ERR_BAD_SIGNATURE);
	other.id[0] ^= 1;
	assert_int_equal(checkpoint_open(&c, span_str(good), &other, NULL),
	    ERR_BAD_SIGNATURE);
	memcpy(other.name, "elsewhere", 10);
	assert_int_equal(checkpoint_open(&c, span_str(good), &other, NULL),
	    ERR_BAD_SIGNATURE);
}

static void
test_bodies(void **state)
{
#define ROOT "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
	static const char *const bad[] = {
		ORIGIN "\n07\n" ROOT "\n",
		ORIGIN "\n+7\n" ROOT "\n",
		ORIGIN "\n-7\n" ROOT "\n",
		ORIGIN "\n 7\n" ROOT "\n",
		ORIGIN "\n\n" ROOT "\n",
		ORIGIN "\n18446744073709551616\n" ROOT "\n",
		ORIGIN "\n7\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=\n",
		ORIGIN "\n7\n47DEQpj8HBSa+_TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
		ORIGIN "\n7\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU\n",
		ORIGIN "\n7\n" ROOT " \n",
		ORIGIN "\n7\n" ROOT "\nextension\n",
		ORIGIN "\n7\n" ROOT "\n\n",
		ORIGIN "\n7\n",
		"\n7\n" ROOT "\n",
	};

	(void)state;
	assert_int_equal(open_body(ORIGIN "\n7\n" ROOT "\n"), ERR_OK);
	assert_int_equal(
	    open_body(ORIGIN "\n18446744073709551615\n" ROOT "\n"), ERR_OK);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(open_body(bad[i]), ERR_BAD_ENCODING);
}

static void
test_forms(void **state)
{
	static const char *const bad[] = { "", "\n", "\n\n", "a\n", "a\n\n",
		"a\r\n\r\n" DASH "n AAAAAAA=\r\n",
		"a\tb\n\n" DASH "n AAAAAAA=\n", "a\x7F\n\n" DASH "n AAAAAAA=\n",
		"a\xFF\n\n" DASH "n AAAAAAA=\n", "a\n\n- n AAAAAAA=\n",
		"a\n\n" DASH "AAAAAAA=\n", "a\n\n" DASH "n AAAAAAA\n",
		"a\n\n" DASH "n AAAAAAA=", "a\n\n" DASH "n AAAA\n",
		"a\n\n" DASH "n \n", "a\n\n" DASH " AAAAAAA=\n",
		"a\n\n" DASH "n+ AAAAAAA=\n", "a\n\n" DASH "n  AAAAAAA=\n",
		"a\n\n" DASH "n AAAAAAB=\n", "a\n\n" DASH "n AAAAAAA= \n",
		"a\n\nx" DASH "n AAAAAAA=\n", "\n\n" DASH "n AAAAAAA=\n" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(open_text(bad[i]), ERR_BAD_ENCODING);
	/* well formed, but not by our key */
	assert_int_equal(
	    open_text("a\n\n" DASH "n AAAAAAA=\n"), ERR_BAD_SIGNATURE);
}

static void
test_other_signatures(void **state)
{
	char text[4096];
	struct buf b = buf_fixed(text, sizeof(text));

	(void)state;
	buf_str(&b, good);
	for (int i = 1; i < NOTE_SIGNATURES; i++)
		buf_str(&b, DASH "other AAAAAAA=\n");
	assert_int_equal(open_text(buf_text(&b)), ERR_OK);
	buf_str(&b, DASH "other AAAAAAA=\n");
	assert_int_equal(open_text(buf_text(&b)), ERR_BAD_ENCODING);
	/* the same key twice */
	buf_reset(&b);
	buf_printf(&b, "%s%s", good, good_line());
	assert_int_equal(open_text(buf_text(&b)), ERR_BAD_ENCODING);
	/* our id, but no Ed25519 signature */
	buf_reset(&b);
	buf_put(&b, span_of(good, (size_t)(good_line() - good)));
	buf_str(&b, DASH ORIGIN " ");
	base64_put(&b, span_of("\0\0\0\0x", 5));
	buf_str(&b, "\n");
	assert_int_equal(open_text(buf_text(&b)), ERR_BAD_SIGNATURE);
}

static void
test_wrong_length_by_our_key(void **state)
{
	char text[1024];
	uint8_t sig[10];
	struct buf b = buf_fixed(text, sizeof(text));
	struct diag d = { 0 };
	struct checkpoint c;

	(void)state;
	memcpy(sig, known.id, 4);
	memset(sig + 4, 7, 6);
	buf_put(&b, span_of(good, (size_t)(good_line() - good)));
	buf_str(&b, DASH ORIGIN " ");
	base64_put(&b, span_of(sig, sizeof(sig)));
	buf_str(&b, "\n");
	assert_int_equal(
	    checkpoint_open(&c, buf_span(&b), &known, &d), ERR_BAD_SIGNATURE);
	assert_non_null(strstr(d.text, "got 10 bytes, wanted 68"));
}

static void
test_too_large(void **state)
{
	static char text[NOTE_MAX + 2];
	struct checkpoint c;

	(void)state;
	memset(text, 'a', NOTE_MAX + 1);
	assert_int_equal(
	    checkpoint_open(&c, span_of(text, NOTE_MAX + 1), &known, NULL),
	    ERR_TOO_LARGE);
	assert_int_equal(
	    checkpoint_open(&c, span_of(text, NOTE_MAX), &known, NULL),
	    ERR_BAD_ENCODING);
}

static void
test_cosignature(void **state)
{
	char text[2048];
	struct buf b = buf_fixed(text, sizeof(text));
	struct note_key w = { .name = "witness.example/map",
		.type = NOTE_COSIGNATURE };
	struct sign_key wk;
	struct span body;
	uint64_t t = 0;

	(void)state;
	key_generate(&wk);
	memcpy(w.pub, wk.pub, KEY_BYTES);
	note_key_id(w.id, w.name, w.type, w.pub);
	buf_str(&b, good);
	assert_int_equal(
	    checkpoint_cosign(&b, &made, w.name, 1700000000, &wk), ERR_OK);
	assert_int_equal(note_open(&body, &t, buf_span(&b), &w, NULL), ERR_OK);
	assert_int_equal(t, 1700000000);
	assert_int_equal(
	    note_open(&body, NULL, buf_span(&b), &known, NULL), ERR_OK);
	w.pub[0] ^= 1;
	assert_int_equal(
	    note_open(&body, &t, buf_span(&b), &w, NULL), ERR_BAD_SIGNATURE);
	assert_int_equal(
	    checkpoint_cosign(&b, &made, "a b", 1, &wk), ERR_USAGE);
}

static void
test_print_refusals(void **state)
{
	char text[64];
	struct buf b = buf_fixed(text, sizeof(text));
	struct checkpoint c = { .origin = "", .size = 1 };

	(void)state;
	assert_int_equal(checkpoint_print(&b, &c), ERR_USAGE);
	memcpy(c.origin, "two\nlines", 10);
	assert_int_equal(checkpoint_print(&b, &c), ERR_USAGE);
	memcpy(c.origin, "a blank", 8);
	assert_int_equal(checkpoint_sign(&b, &c, &key), ERR_USAGE);
	assert_int_equal(b.n, 0);
	assert_int_equal(checkpoint_sign(&b, &made, &key), ERR_SPACE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_spec_example),
		cmocka_unit_test(test_vkey),
		cmocka_unit_test(test_vkey_refusals),
		cmocka_unit_test(test_bad_signature),
		cmocka_unit_test(test_bodies),
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_other_signatures),
		cmocka_unit_test(test_wrong_length_by_our_key),
		cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_cosignature),
		cmocka_unit_test(test_print_refusals),
	};

	return cmocka_run_group_tests(tests, prepare, NULL);
}
