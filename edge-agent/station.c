/* SPDX-License-Identifier: Apache-2.0 */
#include "station.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/json_out.h"
#include "gs1/gs1.h"

#include "base/banned.h"

#define STATION_CONTEXT                                                        \
	"https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"

enum err
station_item(struct buf *out, struct span text, struct diag *d)
{
	struct gs1_code code;
	enum err e = gs1_read(&code, text, d);

	if (e != ERR_OK)
		return e;
	if (!gs1_is_instance(&code))
		return diag_fail(d, ERR_UNSUPPORTED, "gs1 7.4",
		    "the code names a class of goods, not one item");
	e = gs1_canonical(out, &code);
	if (e != ERR_OK)
		return diag_fail(
		    d, e, "gs1 7.3", "the code has no primary key");
	return ERR_OK;
}

/* urn:uuid, random, RFC 9562 version 4. */
static void
station_uuid(char out[46])
{
	uint8_t u[16];

	random_bytes(u, sizeof(u));
	u[6] = (uint8_t)((u[6] & 0x0f) | 0x40);
	u[8] = (uint8_t)((u[8] & 0x3f) | 0x80);
	(void)snprintf(out, 46,
	    "urn:uuid:%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
	    "%02x%02x%02x%02x%02x%02x",
	    u[0], u[1], u[2], u[3], u[4], u[5], u[6], u[7], u[8], u[9], u[10],
	    u[11], u[12], u[13], u[14], u[15]);
}

/* "+01:00": the local zone at that time. */
static void
station_zone(char out[7], int64_t now_ms)
{
	time_t t = (time_t)(now_ms / 1000);
	struct tm tm;
	long minutes = 0;

	if (localtime_r(&t, &tm) != NULL)
		minutes = tm.tm_gmtoff / 60;
	if (minutes < -14 * 60 || minutes > 14 * 60)
		minutes = 0;
	(void)snprintf(out, 7, "%c%02u:%02u", minutes < 0 ? '-' : '+',
	    (unsigned)(labs(minutes) / 60) % 15,
	    (unsigned)(labs(minutes) % 60));
}

static void
station_place(struct json_out *o, const char *member, const char *id)
{
	if (id == NULL)
		return;
	json_out_object(o, member);
	json_out_str(o, "id", id);
	json_out_end_object(o);
}

static void
station_items(struct json_out *o, const struct station_event *event)
{
	bool packed = event->parent.n > 0;

	if (packed)
		json_out_string(o, "parentID", event->parent);
	json_out_array(o, packed ? "childEPCs" : "epcList");
	for (size_t i = 0; i < event->count; i++)
		json_out_string(o, NULL, event->items[i]);
	json_out_end_array(o);
}

static void
station_event(struct json_out *o, const struct station *s,
    const struct station_event *event)
{
	char uuid[46], zone[7], time_text[RFC3339_CHARS + 1];
	bool packed = event->parent.n > 0;

	station_uuid(uuid);
	station_zone(zone, event->time_ms);
	rfc3339_print(time_text, event->time_ms);
	json_out_object(o, NULL);
	json_out_str(o, "type", packed ? "AggregationEvent" : "ObjectEvent");
	json_out_str(o, "eventID", uuid);
	json_out_str(o, "eventTime", time_text);
	json_out_str(
	    o, "eventTimeZoneOffset", event->zone != NULL ? event->zone : zone);
	station_items(o, event);
	json_out_str(o, "action", packed ? "ADD" : s->action);
	if (s->biz_step != NULL)
		json_out_str(o, "bizStep", s->biz_step);
	if (s->disposition != NULL)
		json_out_str(o, "disposition", s->disposition);
	station_place(o, "readPoint", s->read_point);
	station_place(o, "bizLocation", s->biz_location);
	json_out_end_object(o);
}

enum err
station_print(struct buf *out, const struct station *s,
    const struct station_event *event, int64_t now_ms)
{
	struct json_out o;
	char time_text[RFC3339_CHARS + 1];

	rfc3339_print(time_text, now_ms);
	json_out_init(&o, out);
	json_out_object(&o, NULL);
	json_out_array(&o, "@context");
	json_out_str(&o, NULL, STATION_CONTEXT);
	json_out_end_array(&o);
	json_out_str(&o, "type", "EPCISDocument");
	json_out_str(&o, "schemaVersion", "2.0");
	json_out_str(&o, "creationDate", time_text);
	json_out_object(&o, "epcisBody");
	json_out_array(&o, "eventList");
	station_event(&o, s, event);
	json_out_end_array(&o);
	json_out_end_object(&o);
	json_out_end_object(&o);
	return buf_error(out);
}

enum err
station_document(
    struct buf *out, const struct station *s, struct span item, int64_t now_ms)
{
	const struct station_event event = {
		.time_ms = now_ms, .items = &item, .count = 1
	};

	return station_print(out, s, &event, now_ms);
}

void
station_zone_of(char out[7], const char *rfc3339)
{
	size_t n = strlen(rfc3339);

	if (n < 6 || rfc3339[n - 1] == 'Z' || rfc3339[n - 1] == 'z')
		memcpy(out, "+00:00", 7);
	else
		memcpy(out, rfc3339 + n - 6, 7);
}
