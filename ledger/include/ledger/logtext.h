/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LEDGER_LOGTEXT_H
#define LEDGER_LOGTEXT_H

#include "base/buf.h"
#include "base/crypto.h"
#include "base/diag.h"
#include "base/hash.h"

/* Text entries of the log: genesis (formats.md 4.3), epoch (4.5), evidence of
 * a fork (4.2). Parsing is strict: print(parse(x)) is x. */
#define GENESIS_AUTHORITIES 8
#define ENTRY_MAX 65535

struct genesis {
	char origin[321]; /* <host>/<log> */
	unsigned authority_count;
	uint8_t authority[GENESIS_AUTHORITIES][KEY_BYTES];
	uint8_t receipt[KEY_BYTES];
	uint8_t service[KEY_BYTES];
	struct hash policy; /* SHA-256 of the tlog-policy file */
};

enum err genesis_print(struct buf *out, const struct genesis *g) CM_MUST_USE;
enum err genesis_parse(
    struct genesis *out, struct span entry, struct diag *d) CM_MUST_USE;
/* Host and log name of the origin; each out at least 321 bytes. */
void genesis_names(const struct genesis *g, char *host, char *log);

struct epoch {
	uint64_t covered; /* map speaks of entries below this */
	int64_t time_ms;
	struct hash map_root;
	uint64_t keys;
	uint64_t previous; /* index of the previous epoch entry, 0 none */
	struct hash chain; /* c(own index) */
};

enum err epoch_print(struct buf *out, const struct epoch *e) CM_MUST_USE;
enum err epoch_parse(
    struct epoch *out, struct span entry, struct diag *d) CM_MUST_USE;

/* `countermark/fork/v1` LF and the statement. */
enum err fork_print(struct buf *out, struct span statement) CM_MUST_USE;

#endif
