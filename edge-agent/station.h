/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EDGE_AGENT_STATION_H
#define EDGE_AGENT_STATION_H

#include "base/buf.h"
#include "base/diag.h"

/*
 * What a scan becomes at this work place: mode single, one ObjectEvent an item
 * (epcis.md). Values are borrowed; NULL leaves the member out.
 */
struct station {
	const char *biz_step;
	const char *action; /* ADD, OBSERVE, DELETE */
	const char *disposition;
	const char *read_point;
	const char *biz_location;
};

#define STATION_DOCUMENT_MAX 8192

/*
 * Reads a scanned text and appends the item's canonical Digital Link.
 * The error of gs1_read(), ERR_UNSUPPORTED for a class of goods.
 */
enum err station_item(
    struct buf *out, struct span text, struct diag *d) CM_MUST_USE;

/* One event to be printed. */
struct station_event {
	int64_t time_ms;
	const char *zone;         /* "+01:00", NULL the local one */
	struct span parent;       /* SPAN_NONE: an ObjectEvent of the items,
				   * else the aggregation of them to it */
	const struct span *items; /* canonical Digital Links */
	size_t count;
};

/* Appends the EPCISDocument with that event, fresh eventID, created at now_ms.
 * An aggregation's action is ADD. ERR_SPACE. */
enum err station_print(struct buf *out, const struct station *s,
    const struct station_event *event, int64_t now_ms) CM_MUST_USE;

/* The same with one item, seen now. ERR_SPACE. */
enum err station_document(struct buf *out, const struct station *s,
    struct span item, int64_t now_ms) CM_MUST_USE;

/* "Z" or the last six characters of an RFC 3339 time as event zone. */
void station_zone_of(char out[7], const char *rfc3339);

#endif
