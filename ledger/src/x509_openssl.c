/* SPDX-License-Identifier: Apache-2.0 */
#include "x509.h"

#include <stdio.h>

/* OpenSSL has a type of the name of one of our results. */
#define ERR_STATE openssl_err_state
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#undef ERR_STATE

#include "base/crypto.h"
#include "base/file.h"

#include "base/banned.h"

#define PEM_MAX ((size_t)1 << 16)
#define VALID_DAYS 825
#define SERIAL_BYTES 16
#define CLOCK_SLACK_S (-3600) /* a device whose clock is a little behind */

static enum err
fail(struct diag *d, enum err e, const char *what)
{
	char why[120];

	ERR_error_string_n(ERR_get_error(), why, sizeof why);
	ERR_clear_error();
	return diag_fail(d, e, "", "%.80s: %s", what, why);
}

static BIO *
read_pem(struct buf *space, const char *path, struct diag *d)
{
	BIO *b = NULL;

	if (file_read(space, path, PEM_MAX, d) == ERR_OK) {
		b = BIO_new_mem_buf(space->p, (int)space->n);
		if (b == NULL)
			(void)diag_fail(d, ERR_NOMEM, "", "out of memory");
	}
	return b;
}

static enum err
load_ca(X509 **ca, EVP_PKEY **key, const char *ca_path, const char *key_path,
    struct diag *d)
{
	struct buf a = buf_heap(PEM_MAX), k = buf_heap(PEM_MAX);
	BIO *ab = read_pem(&a, ca_path, d), *kb = NULL;
	enum err e = ERR_CONFIG;

	if (ab == NULL || (kb = read_pem(&k, key_path, d)) == NULL)
		goto out;
	*ca = PEM_read_bio_X509(ab, NULL, NULL, NULL);
	if (*ca == NULL) {
		e = fail(d, e, ca_path);
		goto out;
	}
	*key = PEM_read_bio_PrivateKey(kb, NULL, NULL, NULL);
	if (*key == NULL || X509_check_private_key(*ca, *key) != 1) {
		e = fail(d, e, key_path);
		goto out;
	}
	e = ERR_OK;
out:
	BIO_free(ab);
	BIO_free(kb);
	if (k.p != NULL)
		secret_wipe(k.p, k.n);
	buf_free(&a);
	buf_free(&k);
	return e;
}

static bool
extend(X509 *x, X509V3_CTX *ctx, int nid, const char *value)
{
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, ctx, nid, value);
	bool done = e != NULL && X509_add_ext(x, e, -1) == 1;

	X509_EXTENSION_free(e);
	return done;
}

static bool
set_serial(X509 *x)
{
	uint8_t bytes[SERIAL_BYTES];
	BIGNUM *n;
	bool done;

	random_bytes(bytes, sizeof bytes);
	bytes[0] &= 0x7f; /* RFC 5280 4.1.2.2: positive */
	bytes[0] |= 0x40;
	n = BN_bin2bn(bytes, sizeof bytes, NULL);
	done = n != NULL &&
	       BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x)) != NULL;
	BN_free(n);
	return done;
}

static bool
fill(X509 *x, X509 *ca, EVP_PKEY *key, const char *name)
{
	X509_NAME *subject = X509_get_subject_name(x);
	X509V3_CTX ctx;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, ca, x, NULL, NULL, 0);
	return X509_set_version(x, X509_VERSION_3) == 1 && set_serial(x) &&
	       X509_gmtime_adj(X509_getm_notBefore(x), CLOCK_SLACK_S) != NULL &&
	       X509_time_adj_ex(X509_getm_notAfter(x), VALID_DAYS, 0, NULL) !=
		   NULL &&
	       X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
		   (const unsigned char *)name, -1, -1, 0) == 1 &&
	       X509_set_issuer_name(x, X509_get_subject_name(ca)) == 1 &&
	       X509_set_pubkey(x, key) == 1 &&
	       extend(x, &ctx, NID_basic_constraints, "critical,CA:FALSE") &&
	       extend(x, &ctx, NID_key_usage, "critical,digitalSignature") &&
	       extend(x, &ctx, NID_ext_key_usage, "clientAuth") &&
	       extend(x, &ctx, NID_subject_key_identifier, "hash");
}

static bool
sign(X509 *x, EVP_PKEY *ca_key)
{
	int type = EVP_PKEY_base_id(ca_key);
	/* Edwards curves hash by themselves. */
	bool edwards = type == EVP_PKEY_ED25519 || type == EVP_PKEY_ED448;

	return X509_sign(x, ca_key, edwards ? NULL : EVP_sha256()) > 0;
}

static enum err
write_bio(const char *path, BIO *b, unsigned mode, struct diag *d)
{
	char *p = NULL;
	long n = BIO_get_mem_data(b, &p);

	return file_create(path, span_of(p, (size_t)n), mode, d);
}

static enum err
write_both(const char *crt_path, const char *key_path, X509 *x, EVP_PKEY *key,
    struct diag *d)
{
	BIO *crt = BIO_new(BIO_s_mem()), *secret = BIO_new(BIO_s_secmem());
	enum err e = ERR_NOMEM;

	if (crt == NULL || secret == NULL || PEM_write_bio_X509(crt, x) != 1 ||
	    PEM_write_bio_PrivateKey(secret, key, NULL, NULL, 0, NULL, NULL) !=
		1) {
		e = fail(d, e, "certificate");
		goto out;
	}
	/* The certificate comes last: where it is, the key is too. */
	if ((e = write_bio(key_path, secret, 0600, d)) == ERR_OK)
		e = write_bio(crt_path, crt, 0644, d);
out:
	BIO_free(crt);
	BIO_free(secret);
	return e;
}

enum err
x509_issue(const char *crt_path, const char *key_path, const char *ca_path,
    const char *ca_key_path, const char *name, struct diag *d)
{
	EVP_PKEY *ca_key = NULL, *key = NULL;
	X509 *ca = NULL, *x = NULL;
	enum err e;

	if ((e = load_ca(&ca, &ca_key, ca_path, ca_key_path, d)) != ERR_OK)
		goto out;
	key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	x = X509_new();
	if (key == NULL || x == NULL || !fill(x, ca, key, name) ||
	    !sign(x, ca_key)) {
		e = fail(d, ERR_CONFIG, "certificate");
		goto out;
	}
	e = write_both(crt_path, key_path, x, key, d);
out:
	X509_free(x);
	X509_free(ca);
	EVP_PKEY_free(key);
	EVP_PKEY_free(ca_key);
	return e;
}
