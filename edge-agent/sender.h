/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EDGE_AGENT_SENDER_H
#define EDGE_AGENT_SENDER_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Which statement to publish when (edge.md 6.2, 8): an end-to-end window over
 * what no receipt covers yet, resends, back-off. Pure: knows neither broker
 * nor database; the caller passes the time in milliseconds of a clock that
 * never steps.
 */
#define SENDER_WINDOW_START 64
#define SENDER_WINDOW_MAX 1024
#define SENDER_RESEND_MS 5000
#define SENDER_RESEND_MAX_MS 300000
#define SENDER_PAUSE_MS 500
#define SENDER_PAUSE_MAX_MS 5000
#define SENDER_HELLO_MS 2000 /* a chain without any receipt waits for one */
#define SENDER_GAP_MS 1000   /* one resend for a gap in this time */

enum sender_stop {
	SENDER_GOES,
	SENDER_REFUSED, /* 0x87: the broker's access list */
	SENDER_DEFECT,  /* 0x95: a payload that should not have been stored */
	SENDER_ORDERED, /* sender_stop() */
};

struct sender {
	uint64_t acked;  /* covered by a receipt */
	uint64_t last;   /* newest stored */
	uint64_t next;   /* to be published next */
	unsigned window; /* statements out without a receipt */
	bool connected;
	bool probing; /* one at a time after a back-off */
	bool probe_out;
	enum sender_stop stop;
	int64_t hold_until; /* waits for a first receipt */
	bool hello;         /* a receipt was seen, or none is waited for */
	int64_t resend_at;  /* 0 unarmed */
	int64_t resend_ms;
	int64_t pause_until;
	int64_t pause_ms; /* 0: no back-off now */
	int64_t gap_at;
	uint32_t jitter;  /* state of the spread, not a secret */
	uint64_t resends; /* timeouts so far */
	uint64_t defects; /* 0x95 so far */
};

/* hello: false for a chain that never held a receipt. */
void sender_init(
    struct sender *s, uint64_t acked, uint64_t last, bool hello, uint32_t seed);

void sender_stored(struct sender *s, uint64_t last);
void sender_connected(struct sender *s, int64_t now);
void sender_disconnected(struct sender *s);

/* The seq to publish now, 0 none. */
uint64_t sender_next(struct sender *s, int64_t now);
/* sender_next()'s answer was handed to the link. */
void sender_sent(struct sender *s, int64_t now);

/* PUBACK with an MQTT 5 reason code, -1 connection lost. */
void sender_puback(struct sender *s, uint64_t seq, int reason, int64_t now);

/* A verified receipt of our epoch; upto never falls. */
void sender_receipt(struct sender *s, uint64_t upto, int64_t now);
/* The ledger waits for seq (nack `gap`). Returns true when it acts on it. */
bool sender_gap(struct sender *s, uint64_t seq, int64_t now);
/* Nothing more is published. */
void sender_stop(struct sender *s);

/* Runs the timers. Returns ms until they are due again, -1 none. */
int64_t sender_tick(struct sender *s, int64_t now);

#endif
