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

/* Appends the EPCISDocument with one event of that item; time now_ms, fresh
 * eventID. ERR_SPACE. */
enum err station_document(struct buf *out, const struct station *s,
    struct span item, int64_t now_ms) CM_MUST_USE;

#endif
