/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/crypto.h"
#include "base/file.h"
#include "base/text.h"

#include "base/banned.h"

static char folder[] = "/tmp/cm-crypto-XXXXXX";
static char path[64];

/* RFC 8032 section 7.1, tests 1 to 3. */
static const struct {
	const char *seed, *pub, *message, *sig;
} rfc8032[] = {
	{ "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
	    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
	    "",
	    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555f"
	    "b8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b" },
	{ "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
	    "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
	    "72",
	    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da08"
	    "5ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00" },
	{ "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
	    "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
	    "af82",
	    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18"
	    "ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a" },
};

static size_t
unhex(uint8_t *out, size_t cap, const char *text)
{
	size_t n;

	assert_int_equal(hex_parse(out, cap, &n, span_str(text)), ERR_OK);
	return n;
}

static void
known_answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rfc8032 / sizeof rfc8032[0]; i++) {
		uint8_t seed[32], pub[32], message[2], want[64], sig[64];
		struct sign_key k;
		unhex(seed, sizeof seed, rfc8032[i].seed);
		unhex(pub, sizeof pub, rfc8032[i].pub);
		unhex(want, sizeof want, rfc8032[i].sig);
		struct span m = span_of(message,
		    unhex(message, sizeof message, rfc8032[i].message));
		key_from_seed(&k, seed);
		assert_memory_equal(k.pub, pub, sizeof pub);
		ed25519_sign(sig, &k, m);
		assert_memory_equal(sig, want, sizeof want);
		assert_true(ed25519_verify(sig, k.pub, m));
		sig[63] ^= 1;
		assert_false(ed25519_verify(sig, k.pub, m));
		key_clear(&k);
		assert_int_equal(k.secret[0] | k.secret[31] | k.pub[0], 0);
	}
}

static void
verify_refuses(void **state)
{
	static const uint8_t zero[KEY_BYTES];
	struct sign_key a, b;
	uint8_t sig[SIG_BYTES];

	(void)state;
	key_generate(&a);
	key_generate(&b);
	assert_memory_not_equal(a.pub, b.pub, KEY_BYTES);
	ed25519_sign(sig, &a, span_str("one"));
	assert_true(ed25519_verify(sig, a.pub, span_str("one")));
	assert_false(ed25519_verify(sig, a.pub, span_str("two")));
	assert_false(ed25519_verify(sig, b.pub, span_str("one")));
	/* A small-order key would accept anything. */
	assert_false(ed25519_verify(sig, zero, span_str("one")));
}

static void
write_key(const char *text, mode_t mode)
{
	(void)unlink(path);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	assert_int_equal(close(fd), 0);
}

static void
save_then_load(void **state)
{
	struct sign_key k, back;
	struct diag d;
	struct stat st;

	(void)state;
	(void)unlink(path);
	key_generate(&k);
	assert_int_equal(key_save(&k, path, &d), ERR_OK);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777U, 0600);
	assert_int_equal(key_save(&k, path, &d), ERR_EXISTS);
	assert_int_equal(key_load(&back, path, &d), ERR_OK);
	assert_memory_equal(&k, &back, sizeof k);
}

static void
load_refuses(void **state)
{
	char good[80];
	struct sign_key k;
	struct diag d;

	(void)state;
	(void)unlink(path);
	assert_int_equal(key_load(&k, path, &d), ERR_IO);
	assert_int_equal(key_load(&k, folder, &d), ERR_CONFIG);
	(void)snprintf(good, sizeof good, "%s", rfc8032[0].seed);
	write_key(good, 0600);
	assert_int_equal(key_load(&k, path, &d), ERR_OK);
	write_key(good, 0400);
	assert_int_equal(key_load(&k, path, &d), ERR_OK);
	write_key(good, 0640);
	assert_int_equal(key_load(&k, path, &d), ERR_CONFIG);
	assert_non_null(strstr(d.text, "0640"));
	write_key(good, 0604);
	assert_int_equal(key_load(&k, path, &d), ERR_CONFIG);
	(void)snprintf(good, sizeof good, "%s\n\n", rfc8032[0].seed);
	write_key(good, 0600);
	assert_int_equal(key_load(&k, path, &d), ERR_CONFIG);
	(void)snprintf(good, sizeof good, "%s0", rfc8032[0].seed);
	write_key(good, 0600);
	assert_int_equal(key_load(&k, path, &d), ERR_CONFIG);
	good[0] = 'x';
	good[64] = '\0';
	write_key(good, 0600);
	assert_int_equal(key_load(&k, path, &d), ERR_CONFIG);
	/* The message never holds the seed. */
	assert_null(strstr(d.text, "61b19d"));
	write_key("", 0600);
	assert_int_equal(key_load(&k, path, &d), ERR_CONFIG);
}

static void
random_and_compare(void **state)
{
	uint8_t a[32], b[32];

	(void)state;
	random_bytes(a, sizeof a);
	random_bytes(b, sizeof b);
	assert_false(secret_equal(a, b, sizeof a));
	memcpy(b, a, sizeof b);
	assert_true(secret_equal(a, b, sizeof a));
	secret_wipe(a, sizeof a);
	for (size_t i = 0; i < sizeof a; i++)
		assert_int_equal(a[i], 0);
}

static int
set_up(void **state)
{
	(void)state;
	if (crypto_start() != ERR_OK || mkdtemp(folder) == NULL)
		return -1;
	(void)snprintf(path, sizeof path, "%s/key", folder);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	(void)unlink(path);
	return rmdir(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_answers),
		cmocka_unit_test(verify_refuses),
		cmocka_unit_test(save_then_load),
		cmocka_unit_test(load_refuses),
		cmocka_unit_test(random_and_compare),
	};
	return cmocka_run_group_tests_name(
	    "base.crypto", tests, set_up, tear_down);
}
