/* SPDX-License-Identifier: Apache-2.0 */
#include "base/crypto.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "base/file.h"
#include "base/text.h"

#include "base/banned.h"

#define SEED_CHARS (2 * KEY_BYTES)

_Static_assert(crypto_sign_PUBLICKEYBYTES == KEY_BYTES, "Ed25519 public key");
_Static_assert(crypto_sign_SEEDBYTES == KEY_BYTES, "Ed25519 seed");
_Static_assert(crypto_sign_SECRETKEYBYTES == 64, "libsodium's secret form");
_Static_assert(crypto_sign_BYTES == SIG_BYTES, "Ed25519 signature");

enum err
crypto_start(void)
{
	return sodium_init() < 0 ? ERR_STATE : ERR_OK;
}

void
key_from_seed(struct sign_key *out, const uint8_t seed[KEY_BYTES])
{
	(void)crypto_sign_seed_keypair(out->pub, out->secret, seed);
}

void
key_generate(struct sign_key *out)
{
	(void)crypto_sign_keypair(out->pub, out->secret);
}

void
key_clear(struct sign_key *k)
{
	secret_wipe(k, sizeof *k);
}

static enum err
check_mode(int fd, const char *path, struct diag *d)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return diag_fail(
		    d, ERR_IO, "", "key file %s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return diag_fail(d, ERR_CONFIG, "",
		    "key file %s: is not a regular file", path);
	if ((st.st_mode & 077U) != 0)
		return diag_fail(d, ERR_CONFIG, "",
		    "key file %s: got mode %04o, wanted 0600", path,
		    (unsigned)st.st_mode & 07777U);
	return ERR_OK;
}

/* Reads up to n bytes; *got tells how many there were. */
static enum err
read_some(int fd, char *text, size_t n, size_t *got)
{
	*got = 0;
	while (*got < n) {
		ssize_t r = read(fd, text + *got, n - *got);
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return ERR_IO;
		if (r == 0)
			break;
		*got += (size_t)r;
	}
	return ERR_OK;
}

static enum err
read_seed(uint8_t seed[KEY_BYTES], int fd, const char *path, struct diag *d)
{
	char text[SEED_CHARS + 2];
	size_t got, n = 0;
	enum err e = check_mode(fd, path, d);

	if (e != ERR_OK)
		return e;
	e = read_some(fd, text, sizeof text, &got);
	if (e != ERR_OK)
		diag_fail(d, e, "", "key file %s: %s", path, strerror(errno));
	else if (got < SEED_CHARS || got > SEED_CHARS + 1 ||
		 (got == SEED_CHARS + 1 && text[SEED_CHARS] != '\n') ||
		 hex_parse(seed, KEY_BYTES, &n, span_of(text, SEED_CHARS)) !=
		     ERR_OK)
		e = diag_fail(d, ERR_CONFIG, "",
		    "key file %s: wanted 64 hex digits and a line feed", path);
	secret_wipe(text, sizeof text);
	return e;
}

enum err
key_load(struct sign_key *out, const char *path, struct diag *d)
{
	uint8_t seed[KEY_BYTES];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return diag_fail(
		    d, ERR_IO, "", "key file %s: %s", path, strerror(errno));
	enum err e = read_seed(seed, fd, path, d);
	if (e == ERR_OK)
		key_from_seed(out, seed);
	secret_wipe(seed, sizeof seed);
	(void)close(fd);
	return e;
}

enum err
key_save(const struct sign_key *k, const char *path, struct diag *d)
{
	char text[SEED_CHARS + 2];

	hex_print(text, span_of(k->secret, KEY_BYTES));
	text[SEED_CHARS] = '\n';
	enum err e = file_create(path, span_of(text, SEED_CHARS + 1), 0600, d);
	secret_wipe(text, sizeof text);
	return e;
}

void
ed25519_sign(
    uint8_t sig[SIG_BYTES], const struct sign_key *k, struct span message)
{
	(void)crypto_sign_detached(sig, NULL, message.p, message.n, k->secret);
}

bool
ed25519_verify(const uint8_t sig[SIG_BYTES], const uint8_t pub[KEY_BYTES],
    struct span message)
{
	return crypto_sign_verify_detached(sig, message.p, message.n, pub) == 0;
}

void
random_bytes(void *out, size_t n)
{
	randombytes_buf(out, n);
}

void
secret_wipe(void *p, size_t n)
{
	sodium_memzero(p, n);
}

bool
secret_equal(const void *a, const void *b, size_t n)
{
	return sodium_memcmp(a, b, n) == 0;
}
