/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LEDGER_MONITOR_H
#define LEDGER_MONITOR_H

#include "ledger/follow.h"

/*
 * Watches a log from outside: replays its entries from the beginning, compares
 * the map of each epoch with its own (formats.md 4.5, 5), keeps the newest
 * checkpoint it has seen and compares the checkpoints of several addresses of
 * the same log. It tells of what is wrong and goes on.
 */
#define MONITOR_URLS 8

struct monitor_alarm {
	const char *name;   /* split_view rewind wrong_map bad_entry bad_tile
			     * bad_checkpoint no_quorum refused unreachable
			     * stalled */
	const char *url;    /* of the log's address */
	const char *where;  /* "checkpoint", "tile/…", "entry/7" */
	const char *detail; /* words */
};

struct monitor_options {
	const char *const *urls;     /* the first is the one whose entries are
				      * replayed */
	size_t url_count;            /* 1 to MONITOR_URLS */
	const struct policy *policy; /* of the log; its quorum is asked for.
				      * Stays in use, as all of this does */
	const char *token, *ca, *agent; /* as in follow_options */
	/* File with the newest checkpoint seen, a signed note; a later run
	 * holds what it is shown against it, and goes on from what stands in
	 * `STATE.replay` beside it. NULL none. */
	const char *state;
	bool once;          /* one look at each address, else until stopped */
	int backoff_ms;     /* between two looks */
	int64_t stalled_ms; /* age of the newest epoch; 0: any age is right */
	void (*alarm)(void *ctx, const struct monitor_alarm *a);
	void *ctx;
};

struct monitor;
/* ERR_CONFIG (an address, the state is not a checkpoint of the policy's log),
 * ERR_USAGE (number of addresses), ERR_IO, ERR_NOMEM. crypto_start() first. */
enum err monitor_new(struct monitor **out, const struct monitor_options *o,
    struct diag *d) CM_MUST_USE;
void monitor_free(struct monitor *m);
/* From any thread: monitor_run() ends soon. */
void monitor_stop(struct monitor *m);

/* The same alarm is told once until a look finds its address right again.
 * ERR_OK when all looks are done or it was stopped; ERR_IO (state not
 * written), ERR_NOMEM. */
enum err monitor_run(struct monitor *m, struct diag *d) CM_MUST_USE;
uint64_t monitor_alarms(const struct monitor *m); /* told so far */
/* Entries proven and replayed. */
uint64_t monitor_size(const struct monitor *m);

#endif
