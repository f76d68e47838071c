/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_EPCIS_CAPTURE_H
#define API_EPCIS_CAPTURE_H

#include "ledger/capture.h"
#include "ledger/import.h"

#include "epcis.h"

/*
 * Capture (epcis.md 9.4) in five parts: the requests (epcis_capture.c), what is
 * wrong with a document (epcis_capture_faults.c), which events are stored
 * already (epcis_capture_known.c, epcis_capture_same.c), the thread that works
 * jobs off (epcis_capture_jobs.c), and the lists of jobs
 * (epcis_capture_list.c).
 */
#define EPCIS_CAPTURE_WAIT_MS 5000 /* 9.4: for a receipt of one event */
#define EPCIS_CAPTURE_ERRORS IMPORT_FAULTS

/* Role, scope and the configuration let this caller capture. */
bool capture_allowed(const struct call *c);

/* ---- one event's content (epcis.md 8.5) ---- */
struct epcis_same; /* working memory */
enum err epcis_same_new(struct epcis_same **out) CM_MUST_USE;
void epcis_same_free(struct epcis_same *s);

struct epcis_content {
	struct span id; /* eventID, n 0 none; valid until the next call */
	bool declares;  /* it is an error declaration */
	/* Over all members but recordTime and @context: order of members,
	 * blanks, the spelling of numbers and strings, and the prefix of an
	 * extension do not matter. */
	struct hash digest;
};
/* event, context (SPAN_NONE: none): JSON texts that were checked, the second
 * the @context of the document around. ERR_JSON, ERR_LIMIT, ERR_NOMEM. */
enum err epcis_same_read(struct epcis_content *out, struct epcis_same *s,
    struct span event, struct span context, struct diag *d) CM_MUST_USE;

/* ---- which are stored already ---- */
enum epcis_known_verdict {
	EPCIS_NEW,
	EPCIS_DUPLICATE,
	EPCIS_CONFLICT,
	EPCIS_UNDER_WAY, /* a job that runs is about to store it */
};
struct epcis_known_event {
	size_t event; /* position */
	enum epcis_known_verdict verdict;
	struct capture_claim claim;
	bool declares;
	size_t id_at, id_n; /* what the tables have for it, in ids */
};
struct epcis_known {
	struct epcis_known_event *events; /* those with an eventID, by key */
	size_t count;
	struct buf ids;
	bool under_way; /* one of them is */
};
/* Reads the eventIDs of what is not left out. ERR_NOMEM. */
enum err epcis_known_read(struct epcis_known *k, const struct import *m,
    const char *organisation, struct diag *d) CM_MUST_USE;
/* Gives the verdicts, anew at each call. */
enum err epcis_known_judge(
    struct epcis_known *k, struct call *c, struct diag *d) CM_MUST_USE;
void epcis_known_clear(struct epcis_known *k);

/* ---- errors of a job: an array of problem documents ---- */
struct capture_fault {
	unsigned status;
	const char *code;
	const char *pointer; /* NULL none */
	int64_t event;       /* position, -1 none */
	const char *rule;    /* word of the rule (event/epcis_findings.h) */
	const char *clause;  /* where it is written, "" or NULL none */
	const char *text;
};
/* errors holds "" or an array and gets one more, but for those above
 * EPCIS_CAPTURE_ERRORS. */
void capture_fault_add(
    struct buf *errors, size_t *count, const struct capture_fault *f);

#define EPCIS_FAULT_TEXT 216
/* All that is wrong with a document, and the first of it, which speaks for
 * all in an answer. */
struct capture_faults {
	struct buf errors; /* the caller's, empty or an array */
	size_t count;      /* in errors */
	bool whole;        /* not of single events: none can be kept */
	unsigned status;
	const char *code, *rule; /* constant; rule NULL none */
	char pointer[IMPORT_POINTER], clause[40], text[EPCIS_FAULT_TEXT];
};
/* What is wrong with body, of which m was made; events that break a rule are
 * left out of m. Warnings are not told. ERR_NOMEM. */
enum err capture_faults_list(
    struct capture_faults *out, struct import *m, struct span body) CM_MUST_USE;

/* ---- the thread ---- */
struct epcis_jobs;
/* socket: of the gateway; texts and metrics are borrowed until the stop. */
enum err epcis_jobs_start(struct epcis_jobs **out,
    const struct store_options *o, const char *socket,
    struct api_metrics *metrics, struct diag *d) CM_MUST_USE;
void epcis_jobs_stop(struct epcis_jobs *j);
/* There is a new job. */
void epcis_jobs_wake(struct epcis_jobs *j);
/* Until a job has ended, at most ms. */
void epcis_jobs_wait(struct epcis_jobs *j, int ms);
/* The statements of a job: out gets what import_new() made of its document,
 * packed without what is left out (a bit an event). */
enum err epcis_jobs_plan(struct import **out, const struct capture_job *job,
    const char *iss, struct span body, struct span left_out,
    struct diag *d) CM_MUST_USE;

/* ---- answers ---- */
void epcis_job_print(
    struct json_out *o, const struct capture_job *j, struct span errors);

enum err epcis_capture_post(struct call *c) CM_MUST_USE;
enum err epcis_events_post(struct call *c) CM_MUST_USE;
enum err epcis_jobs(struct call *c) CM_MUST_USE;
enum err epcis_capture_job(struct call *c) CM_MUST_USE;

#endif
