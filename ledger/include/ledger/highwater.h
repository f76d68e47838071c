/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LEDGER_HIGHWATER_H
#define LEDGER_HIGHWATER_H

#include "base/diag.h"
#include "base/hash.h"

/*
 * The high-water file beside the log key: the largest (size, root) that was
 * ever about to be signed, on disk before the signature leaves the process
 * (formats.md 6.1). Text: size LF base64 root LF.
 */
struct highwater {
	uint64_t size; /* 0: nothing signed yet */
	struct hash root;
};

/* ERR_OK with size 0 when the file does not exist; ERR_IO; ERR_CONFIG when it
 * is damaged (never treated as absent). */
enum err highwater_load(
    struct highwater *out, const char *path, struct diag *d) CM_MUST_USE;
/* Refuses a smaller size, or the same size with another root (ERR_REWIND),
 * also when another process has raised the file meanwhile; returns after fsync
 * of file and folder. */
enum err highwater_raise(struct highwater *h, const char *path, uint64_t size,
    const struct hash *root, struct diag *d) CM_MUST_USE;

#endif
