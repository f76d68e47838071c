/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EDGE_AGENT_AGENT_INTERNAL_H
#define EDGE_AGENT_AGENT_INTERNAL_H

#include <poll.h>

#include "csv.h"
#include "edge_conf.h"
#include "edge_metrics.h"
#include "gateway.h"
#include "input_documents.h"
#include "input_lines.h"
#include "lane.h"
#include "pack.h"

/* What agent.c (the loop) and agent_scan.c (the work place) share. */

#define ISSUE_GROUP 900     /* items a statement in mode batch */
#define ISSUE_ENVELOPE 1024 /* of a statement, at most (formats 1.4) */
#define AGENT_CELL 512      /* longest code in a CSV line */
#define AGENT_BATCH 256     /* scans that share a commit at most */

/* A scan of the running batch, told after the commit. */
struct agent_scan {
	struct span line;
	uint64_t seq; /* 0: refused */
	enum err code;
	char hint[212];
	char cell[AGENT_CELL]; /* the code of a CSV line; line is a view */
};

/* What a file's first line decides. */
enum agent_form {
	AGENT_FORM_UNKNOWN,
	AGENT_FORM_LINES,
	AGENT_FORM_CSV,
	AGENT_FORM_REFUSED, /* a header that is not understood */
};

struct agent_input {
	struct input_lines lines;
	struct lane *lane;
	bool backlog; /* whole records wait in lines */
	enum agent_form form;
	struct csv_head head;
	struct pack pack; /* mode pack */
};

struct agent {
	const struct edge_conf *conf;
	int lock;    /* the state folder's lock file */
	int wake;    /* eventfd of the links */
	int signals; /* signalfd */
	struct report out;
	struct edge_metrics metrics;
	struct payload *payload;
	size_t lane_count;
	struct lane *lanes;
	size_t input_count;
	struct agent_input inputs[EDGE_INPUTS];
	size_t document_count;
	struct input_documents *documents[EDGE_INPUTS];
	size_t gateway_count;
	struct gateway *gateways[EDGE_INPUTS];
	struct agent_scan scans[AGENT_BATCH];
	struct pollfd *fds;
	uint64_t issue_left;   /* mode batch: items still to be made */
	enum err issue_failed; /* why they were not */
};

/* Takes the records that are there, commits, tells the operator. */
void agent_scan(struct agent *a, struct agent_input *in);
/* The same in mode pack. */
void agent_pack(struct agent *a, struct agent_input *in);
/* Tells what an unclosed container held, and forgets it. */
void agent_pack_left(struct agent *a, struct agent_input *in);

/* Mode batch: makes the next group of items. Returns true when there is one to
 * be published; false when there is no room or nothing left. */
bool agent_issue(struct agent *a);
/* Appends the largest group's document. ERR_TOO_LARGE, ERR_NOMEM, ERR_SPACE. */
enum err agent_issue_check(
    const struct edge_conf *conf, struct buf *doc) CM_MUST_USE;

#endif
