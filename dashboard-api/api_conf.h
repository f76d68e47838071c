/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_CONF_H
#define API_CONF_H

#include "base/conf.h"

/* countermark-api's configuration; texts are valid as long as conf. */
struct api_conf {
	struct conf *conf;
	const char *listen;
	unsigned port;
	unsigned threads;
	unsigned connections;
	unsigned timeout_s;
	unsigned rate_per_s; /* of a client's requests; 0 no limit */
	unsigned burst;
	const char *tls_cert; /* both or none */
	const char *tls_key;
	const char *cors;       /* NULL none, "*", or one origin */
	const char *public_url; /* without a last slash; NULL: as asked for */
	const char *contact;    /* who runs the resolver */
	const char *uri;
	unsigned pool;
	const char *log;
	bool entries_public;
	const char *policy; /* NULL: the log key is not told */
	int64_t max_age_ms; /* of a checkpoint, for /readyz */
	bool follow;        /* keep the map, for proofs */
	const char *answer_key;
	bool deliver;            /* send subscribers their events */
	bool private_dest;       /* they may be in private networks */
	const char *ca;          /* NULL: the system's certificates */
	const char *gcp_lengths; /* NULL: no list, no URN is written */
	const char *gateway;     /* socket, NULL: nothing is captured */
	int64_t capture_bytes;   /* of documents of open jobs */
	size_t capture_count;    /* sections [capture ORGANISATION] */
};

extern const struct conf_key api_conf_keys[];
extern const size_t api_conf_key_count;

enum err api_conf_load(
    struct api_conf *out, const char *path, struct diag *d) CM_MUST_USE;
void api_conf_clear(struct api_conf *c);

#endif
