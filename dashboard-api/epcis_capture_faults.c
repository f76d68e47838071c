/* SPDX-License-Identifier: Apache-2.0 */
#include "epcis_capture.h"

#include <stdio.h>
#include <stdlib.h>

#include "event/epcis_findings.h"

#include "base/banned.h"

/*
 * What is wrong with a document that is captured. The import stops at what
 * keeps a payload out of a statement; lib/event finds all that breaks a rule
 * of EPCIS, so its findings are told, and of the import's faults those that
 * only it can know: sizes, sealed fields, the kind of text.
 */

/* ---- one of a list ---- */
static void
print_fault(struct json_out *o, const struct capture_fault *f)
{
	json_out_object(o, NULL);
	json_out_str(o, "type",
	    epcis_exception_name(epcis_exception_of(f->status, f->code)));
	json_out_str(o, "title", answer_title(f->status));
	json_out_int(o, "status", (int64_t)f->status);
	json_out_str(o, "detail", f->text);
	json_out_str(o, "code", f->code);
	if (f->pointer != NULL)
		json_out_str(o, "pointer", f->pointer);
	if (f->event >= 0)
		json_out_int(o, "position", f->event);
	if (f->rule != NULL)
		json_out_str(o, "rule", f->rule);
	if (f->clause != NULL && f->clause[0] != '\0')
		json_out_str(o, "clause", f->clause);
	json_out_end_object(o);
}

void
capture_fault_add(
    struct buf *errors, size_t *count, const struct capture_fault *f)
{
	struct json_out o;

	if (*count >= EPCIS_CAPTURE_ERRORS)
		return;
	++*count;
	if (errors->n == 0 || span_is(buf_span(errors), "[]")) {
		buf_reset(errors);
		buf_byte(errors, '[');
	} else {
		errors->p[errors->n - 1] = ',';
	}
	json_out_init(&o, errors);
	print_fault(&o, f);
	buf_byte(errors, ']');
}

static unsigned
status_of(enum err code)
{
	return code == ERR_TOO_LARGE ? 413 : 400;
}

/* ---- all of a document ---- */
struct faults {
	struct capture_faults *out;
	const struct import *import;
	struct epcis_findings findings;
	enum err opened; /* of the findings */
};

static void
keep_first(struct capture_faults *to, const struct capture_fault *f)
{
	to->status = f->status;
	to->code = f->code;
	to->rule = f->rule;
	(void)snprintf(to->pointer, sizeof(to->pointer), "%s", f->pointer);
	(void)snprintf(to->clause, sizeof(to->clause), "%s", f->clause);
	(void)snprintf(to->text, sizeof(to->text), "%s", f->text);
}

static void
add(struct capture_faults *to, const struct capture_fault *f)
{
	if (to->count == 0)
		keep_first(to, f);
	capture_fault_add(&to->errors, &to->count, f);
}

/* Does a finding stand for this fault? A size is none of theirs. */
static bool
is_told(const struct faults *f, const struct import_fault *at)
{
	if (f->opened != ERR_OK)
		return f->findings.errors > 0;
	if (at->d.code == ERR_TOO_LARGE)
		return false;
	return at->event < 0
		   ? f->findings.document_bad
		   : !epcis_findings_good(&f->findings, (unsigned)at->event);
}

static void
add_import(struct faults *f, bool of_events)
{
	for (size_t i = 0; i < import_fault_count(f->import); i++) {
		const struct import_fault *at = import_fault(f->import, i);
		const struct capture_fault to = {
			.status = status_of(at->d.code),
			.code = err_name(at->d.code),
			.pointer = at->pointer,
			.event = at->event,
			.clause = at->d.clause,
			.text = at->d.text,
		};

		if ((at->event >= 0) == of_events && !is_told(f, at))
			add(f->out, &to);
	}
}

static void
add_findings(struct faults *f)
{
	enum err code = f->opened == ERR_OK ? ERR_SCHEMA : f->opened;
	char text[EPCIS_FAULT_TEXT];

	for (unsigned i = 0; i < f->findings.count; i++) {
		const struct epcis_finding *at = &f->findings.list[i];
		const struct capture_fault to = {
			.status = status_of(code),
			.code = err_name(code),
			.pointer = at->pointer,
			.event = at->event,
			.rule = epcis_rule_code(at->rule),
			.clause = epcis_rule_clause(at->rule),
			.text = text,
		};

		if (at->warning)
			continue;
		(void)snprintf(text, sizeof(text), "got %s, wanted %s", at->got,
		    at->wanted);
		add(f->out, &to);
	}
}

/* Findings of the text; events that break a rule are left out. */
static enum err
find(struct faults *f, struct import *m, struct span body)
{
	const uint32_t capacity = epcis_nodes(body);
	struct json_node *nodes = malloc(capacity * sizeof(*nodes));
	struct epcis_doc doc;

	if (nodes == NULL)
		return ERR_NOMEM;
	f->opened =
	    epcis_findings_open(&f->findings, &doc, body, nodes, capacity);
	if (f->opened == ERR_OK)
		epcis_findings_check(&f->findings, &doc);
	free(nodes);
	if (f->opened != ERR_OK)
		return f->opened == ERR_NOMEM ? ERR_NOMEM : ERR_OK;
	for (size_t i = 0; i < import_event_count(m); i++) {
		if (!epcis_findings_good(&f->findings, (unsigned)i))
			import_leave_out(m, i);
	}
	return ERR_OK;
}

/* A fault before anything of EPCIS is looked at: the wrong kind of text, or
 * sealed fields (formats 1.6), which findings would call something else. */
static bool
is_of_kind(const struct import *m)
{
	return import_event_count(m) == 0 &&
	       import_fault(m, 0)->d.code == ERR_UNSUPPORTED;
}

enum err
capture_faults_list(
    struct capture_faults *out, struct import *m, struct span body)
{
	struct faults *f;
	enum err e = ERR_OK;

	out->whole = import_unusable(m);
	if (import_fault_count(m) == 0)
		return ERR_OK;
	if ((f = calloc(1, sizeof(*f))) == NULL)
		return ERR_NOMEM;
	f->out = out;
	f->import = m;
	if (!is_of_kind(m))
		e = find(f, m, body);
	if (e == ERR_OK) {
		add_import(f, false);
		add_findings(f);
		add_import(f, true);
		out->whole |= f->findings.document_bad || f->opened != ERR_OK;
	}
	free(f);
	return e;
}
