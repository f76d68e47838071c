/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROSTER_WORLD_H
#define ROSTER_WORLD_H

#include "base/crypto.h"
#include "base/diag.h"
#include "event/did.h"
#include "provenance/roster.h"

#define HOST "localhost:8080"
#define DEVICE_DID "did:web:localhost%%3A8080:device:" /* for printf */
#define ENTRIES 128
#define GTIN "09506000134352"

enum { K_AUTHORITY, K_AUTHORITY_2, K_SERVICE, K_A, K_B, K_C, K_D, KEYS };

/* The same in each run; world_keys() makes them. */
extern struct sign_key keys[KEYS];
extern char dids[KEYS][DID_KEY_CHARS + 1];
int world_keys(void **state);

/* A log as ingest lives it: what was appended, and the state it led to. */
struct world {
	struct roster *roster;
	unsigned count;
	struct buf entries[ENTRIES];
	bool opened; /* the last statement opened an epoch */
	int64_t now_ms;
	struct diag d;
};

/* A roster with the genesis keys alone. */
struct roster *world_roster(void);
/* *state is the world. After each test the log is replayed and must give the
 * state that was lived. */
int world_setup(void **state);
int world_teardown(void **state);
/* Organisations x and y, device a of x (entries 1 to 3). */
struct world *world_begin(void **state);
struct roster_device *world_device(struct world *w, const char *name);

/* Who speaks. */
struct voice {
	const char *name;
	unsigned key;
	uint64_t epoch, seq;
};

/* A signed statement on the heap. */
struct buf world_make(
    const struct voice *v, enum content content, const char *payload);
/* Admits, appends and applies, as ingest does; the code of the first no. */
enum err say_as(struct world *w, struct voice v, const char *payload);
/* The device of that key speaks in its open epoch. */
enum err say(struct world *w, unsigned signer, const char *fmt, ...)
    CM_PRINTF(3, 4);

#define ORG(name)                                                              \
	"{\"type\":\"organisation\",\"id\":\"" name                            \
	"\",\"op\":\"set\",\"from\":1,\"name\":\"" name                        \
	"\",\"did\":\"did:web:localhost%%3A8080:org:" name "\"}"

enum err set_device(struct world *w, unsigned signer, const char *name,
    const char *org, unsigned epoch, unsigned key);
enum err op_device(struct world *w, unsigned signer, const char *name,
    const char *op, int from);

#endif
