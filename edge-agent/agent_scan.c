/* SPDX-License-Identifier: Apache-2.0 */
#include "agent_internal.h"

#include "base/clock.h"

#include "base/banned.h"

/* The columns of a CSV line in place of the station's values and of now. */
static enum err
agent_columns(struct station *s, struct station_event *event, char zone[7],
    const char *const values[CSV_COLUMNS], struct diag *d)
{
	const char *when = values[CSV_EVENT_TIME];

	if (values[CSV_READ_POINT] != NULL)
		s->read_point = values[CSV_READ_POINT];
	if (values[CSV_BIZ_LOCATION] != NULL)
		s->biz_location = values[CSV_BIZ_LOCATION];
	if (when == NULL)
		return ERR_OK;
	if (rfc3339_parse(&event->time_ms, span_str(when)) != ERR_OK)
		return diag_fail(d, ERR_SYNTAX, "epcis 1.3",
		    "CSV: eventTime %.40s is no RFC 3339 time with zone", when);
	station_zone_of(zone, when);
	event->zone = zone;
	return ERR_OK;
}

/* One code: read, made an event, signed into the open batch. */
static enum err
agent_sign(struct agent *a, struct lane *l, struct span code,
    const char *const values[CSV_COLUMNS], uint64_t *seq, struct diag *d)
{
	uint8_t item_space[512], doc_space[STATION_DOCUMENT_MAX];
	struct buf item = buf_fixed(item_space, sizeof(item_space));
	struct buf doc = buf_fixed(doc_space, sizeof(doc_space));
	struct identity_time t =
	    identity_time(&l->id, clock_wall_ms(), clock_quality());
	struct station station = a->conf->station;
	struct station_event event = { .time_ms = t.event_ms, .count = 1 };
	struct span epc;
	char zone[7];
	enum err e = station_item(&item, code, d);

	if (e == ERR_OK && values != NULL)
		e = agent_columns(&station, &event, zone, values, d);
	if (e != ERR_OK)
		return e;
	epc = buf_span(&item);
	event.items = &epc;
	e = station_print(&doc, &station, &event, t.event_ms);
	if (e != ERR_OK)
		return diag_fail(d, e, "interface Edge",
		    "an event above %d bytes", STATION_DOCUMENT_MAX);
	return lane_put(
	    l, a->payload, CONTENT_IS_PRODUCT, buf_span(&doc), seq, d);
}

/* A file's first line says what the file is. Returns false when the line was
 * a header, which is no scan. */
static bool
agent_form(struct agent_input *in, struct span line, struct diag *d)
{
	if (in->form != AGENT_FORM_UNKNOWN)
		return true;
	in->form = AGENT_FORM_LINES;
	if (!csv_is_head(line))
		return true;
	in->form = csv_head_read(&in->head, line, d) == ERR_OK
		       ? AGENT_FORM_CSV
		       : AGENT_FORM_REFUSED;
	return in->form == AGENT_FORM_REFUSED;
}

/* What a record stands for: signed, or refused by the code returned. */
static enum err
agent_record(struct agent *a, struct agent_input *in, struct agent_scan *s,
    struct diag *d)
{
	struct csv_row row;
	const char *values[CSV_COLUMNS];
	enum err e;

	if (in->form == AGENT_FORM_REFUSED)
		return d->code != ERR_OK
			   ? d->code
			   : diag_fail(d, ERR_SCHEMA, "interface Edge",
				 "the file's header is refused");
	if (in->form != AGENT_FORM_CSV)
		return agent_sign(a, in->lane, s->line, NULL, &s->seq, d);
	e = csv_read(&row, values, &in->head, s->line, d);
	if (e == ERR_OK && strlen(values[CSV_CODE]) >= AGENT_CELL)
		e = diag_fail(d, ERR_TOO_LARGE, "interface Edge",
		    "CSV: a code above %d bytes", AGENT_CELL - 1);
	if (e != ERR_OK)
		return e;
	/* Told after the commit, when row has gone. */
	s->line = span_of(s->cell, strlen(values[CSV_CODE]));
	memcpy(s->cell, values[CSV_CODE], s->line.n);
	return agent_sign(a, in->lane, s->line, values, &s->seq, d);
}

static void
agent_tell(struct agent *a, const struct lane *l, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct agent_scan *s = &a->scans[i];

		if (s->seq != 0 && l->result != ERR_OK) {
			s->seq = 0;
			s->code = l->result;
			memcpy(s->hint, l->diag.text, sizeof(s->hint));
		}
		if (s->seq != 0)
			report_stored(&a->out, l->id.name, s->seq, s->line);
		else
			report_refused(&a->out, l->id.name, s->line,
			    err_name(s->code), s->hint);
	}
}

/* The next scan into s; false when there is no whole record. */
static bool
agent_take(struct agent *a, struct agent_input *in, struct agent_scan *s)
{
	struct diag d;

	do {
		diag_clear(&d);
		s->seq = 0;
		s->code = input_lines_next(&in->lines, &s->line);
		if (s->code == ERR_NOT_FOUND)
			return false;
	} while (s->code == ERR_OK && !agent_form(in, s->line, &d));
	if (s->code == ERR_OK)
		s->code = agent_record(a, in, s, &d);
	else
		(void)diag_fail(&d, s->code, "edge 2.1",
		    "a record above %d bytes", INPUT_LINE_MAX);
	if (s->code != ERR_OK)
		s->seq = 0;
	memcpy(s->hint, d.text, sizeof(s->hint));
	return true;
}

/* The records that are there, one commit, then told in their order. */
void
agent_scan(struct agent *a, struct agent_input *in)
{
	size_t n = 0;

	while (n < AGENT_BATCH && agent_take(a, in, &a->scans[n]))
		n++;
	lane_commit(in->lane);
	agent_tell(a, in->lane, n);
	in->backlog = n == AGENT_BATCH;
}
