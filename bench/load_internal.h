/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LOAD_INTERNAL_H
#define LOAD_INTERNAL_H

#include "base/buf.h"
#include "base/crypto.h"
#include "base/diag.h"
#include "base/span.h"

/* What a run is asked to do; see usage() in load.c. */
struct load_options {
	const char *host;
	int port;
	const char *log;
	const char *authority; /* host of the origin */
	const char *gateway;   /* socket that enrols the devices, or NULL */
	const char *organisation;
	const char *prefix; /* device names are <prefix>-<n> */
	unsigned first; /* number of the first device: in its name and items */
	unsigned devices;
	unsigned each;     /* statements a device */
	unsigned events;   /* events a statement */
	unsigned epcs;     /* EPCs an event */
	unsigned window;   /* unreceipted statements a device */
	double rate;       /* statements/s offered in all, 0: as many as go */
	unsigned patience; /* seconds without any receipt before giving up */
};

/* A device with everything it will publish, signed beforehand. */
struct load_device {
	char name[64];
	struct sign_key key;
	struct span *statements; /* options.each of them */
	int64_t *sent_us;        /* when each was first published */
	/* connection */
	int fd;
	uint32_t next;       /* next to publish */
	uint32_t done;       /* receipted */
	int64_t progress_us; /* last receipt or resend */
	int64_t gap_us;      /* last resend for a gap */
	uint32_t window;     /* as an agent's: halved by a resend */
	uint16_t packet_id;
	struct buf *out; /* unsent bytes */
	size_t out_at;
	struct buf *in;
};

/* Signs all statements. ERR_NOMEM or the statement's refusal. */
enum err load_make(struct load_device *devices, const struct load_options *o,
    struct diag *d) CM_MUST_USE;

/* Enrols all devices through the gateway's socket, pipelined; returns when
 * the ledger has signed for the last. */
enum err load_enrol(const struct load_device *devices,
    const struct load_options *o, struct diag *d) CM_MUST_USE;

/* libsodium verifications a second of these statements on this core now. */
double load_verify_rate(
    const struct load_device *devices, const struct load_options *o);

struct load_result {
	double seconds; /* first publish to last receipt */
	uint64_t resends;
	int64_t *latency_us; /* one a statement, unsorted; the caller frees */
	size_t latency_count;
};

/* Publishes everything, waits for all receipts. */
enum err load_run(struct load_result *out, struct load_device *devices,
    const struct load_options *o, struct diag *d) CM_MUST_USE;

#endif
