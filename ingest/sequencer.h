/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SEQUENCER_H
#define SEQUENCER_H

#include "base/crypto.h"
#include "base/diag.h"

#include "mqtt_link/mqtt_link.h"

#include "ingest_metrics.h"
#include "queue.h"
#include "service_link.h"
#include "witness_link.h"

/*
 * The one writer of the log: takes verified statements in order, places each
 * in its device's chain, appends batches, and only after COMMIT lets receipts
 * and checkpoints leave (formats 3.2, 3.3, 3.4, 4.5, 6.1).
 */
struct sequencer_options {
	const char *log;
	const char *database;  /* connection string */
	const char *highwater; /* path */
	const struct sign_key *log_key, *receipt_key;
	struct mqtt_link_options mqtt; /* host to key; the rest is ours */
	struct queue *queue;
	struct service_link *service;
	struct witness_link *witnesses; /* NULL: published at once */
	struct ingest_metrics *metrics;
	const char *metrics_file; /* NULL none */
	size_t batch;
	int idle_ms, receipt_wait_ms;
};

struct sequencer;

/* ERR_NOMEM. */
enum err sequencer_new(struct sequencer **out,
    const struct sequencer_options *o, struct diag *d) CM_MUST_USE;

/*
 * Waits for the log's lock, loads, subscribes, and works until the queue is
 * closed and drained: ERR_OK. ERR_FENCED: another holds the log. ERR_REWIND:
 * the database is older than what was signed. Database failures are waited
 * out: what was not committed is dropped, its devices send it again.
 */
enum err sequencer_run(struct sequencer *s, struct diag *d) CM_MUST_USE;

/* Ends a wait for the lock or the database. Any thread. */
void sequencer_stop(struct sequencer *s);

void sequencer_free(struct sequencer *s);

#endif
