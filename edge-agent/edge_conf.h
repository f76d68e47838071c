/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EDGE_AGENT_EDGE_CONF_H
#define EDGE_AGENT_EDGE_CONF_H

#include "base/conf.h"
#include "base/crypto.h"

#include "station.h"

/*
 * The agent's configuration (interface.md, countermark-edge), read once. All
 * texts live as long as the object.
 */
#define EDGE_IDENTITIES 256
#define EDGE_INPUTS 16

enum edge_input_kind {
	EDGE_STDIN,
	EDGE_FIFO,
	EDGE_FILE,
	EDGE_DOCUMENT,
	EDGE_SOCKET,
};

enum edge_mode { EDGE_SINGLE, EDGE_PACK, EDGE_BATCH };

struct edge_input {
	const char *name;
	enum edge_input_kind kind;
	const char *path; /* NULL for stdin */
	size_t identity;  /* number of the identity that signs its scans */
};

struct edge_conf {
	struct conf *conf;
	const char *authority;
	const char *log;
	const char *state;
	uint64_t outbox_bytes;
	uint64_t outbox_rows;
	bool exit_when_drained;
	const char *metrics_file; /* NULL: none */
	uint8_t receipt_key[KEY_BYTES];
	const char *mqtt_host;
	int mqtt_port;
	const char *mqtt_ca, *mqtt_cert, *mqtt_key; /* may hold {identity} */
	struct station station;
	enum edge_mode mode;
	const char *pack_end; /* scanned, it closes the container; or NULL */
	size_t pack_size;     /* so many items close it; 0 never */
	char batch_gtin[15];  /* of the items to be made, 14 digits */
	uint64_t batch_count; /* their number; 0 in the other modes */
	size_t identity_count;
	size_t input_count;
	struct edge_input inputs[EDGE_INPUTS];
};

/* ERR_IO, ERR_CONFIG, ERR_UNSUPPORTED (a mode or kind of a later release,
 * named in d). Release with edge_conf_clear(). */
enum err edge_conf_load(
    struct edge_conf *out, const char *path, struct diag *d) CM_MUST_USE;
void edge_conf_clear(struct edge_conf *c);

/* Name and key file of the i-th identity. */
const char *edge_conf_identity(const struct edge_conf *c, size_t i);
const char *edge_conf_key(const struct edge_conf *c, size_t i);
const char *edge_conf_organisation(const struct edge_conf *c, size_t i);

/* A path with {identity} replaced; NULL stays NULL. ERR_SPACE. */
enum err edge_conf_path(
    struct buf *out, const char *path, const char *identity) CM_MUST_USE;

/* The example file with every key. */
void edge_conf_example(struct buf *out);

#endif
