/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LEDGER_X509_H
#define LEDGER_X509_H

#include "base/diag.h"

/*
 * Makes an Ed25519 key and a client certificate with CN=name, signed by the CA
 * in the two PEM files; writes both as new PEM files (key mode 0600).
 * ERR_IO, ERR_EXISTS (a file is there), ERR_CONFIG (the CA is unusable),
 * ERR_NOMEM.
 */
enum err x509_issue(const char *crt_path, const char *key_path,
    const char *ca_path, const char *ca_key_path, const char *name,
    struct diag *d) CM_MUST_USE;

#endif
