/* SPDX-License-Identifier: Apache-2.0 */
#include "event/epcis_hash.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/text.h"

#include "epcis_hash_internal.h"

#include "base/banned.h"

/* ---- failures ---- */
void
epcis_hash_fail(struct hashing *x, enum err e, const char *limit)
{
	if (x->e != ERR_OK)
		return;
	x->e = e;
	x->limit = limit;
}

void
epcis_hash_odd(struct hashing *x, const char *why)
{
	if (x->h->why == NULL)
		x->h->why = why;
}

/* ---- fields ---- */
struct field;
typedef void (*put_fn)(struct hashing *x, const struct field *f, uint32_t node);

/* One member of the standard: how its value is written. A list ends with a
 * NULL name. */
struct field {
	const char *name;
	put_fn put;
	const char *item;           /* of a list: what each element bears */
	const struct field *fields; /* of an object or of a list's elements */
	enum hash_word word;
};

/* A value of another type than the standard's: as an extension would be. */
static void
put_odd(struct hashing *x, uint32_t node)
{
	struct group g = epcis_hash_group(x);

	epcis_hash_odd(x, "a value of another type than the standard's");
	epcis_hash_extension(x, node);
	epcis_hash_sort(x, g);
}

static bool
is_container(const struct hashing *x, uint32_t node)
{
	enum json_type t = json_type(x->json, node);

	return t == JSON_OBJECT || t == JSON_ARRAY;
}

/* Writes `name=`; with nothing behind it, end_pair() takes it back. */
static size_t
begin_pair(struct hashing *x, const char *name)
{
	size_t start = x->h->pre.n;

	buf_str(&x->h->pre, name);
	buf_byte(&x->h->pre, '=');
	return start;
}

static void
end_pair(struct hashing *x, const char *name, size_t start)
{
	if (buf_error(&x->h->pre) == ERR_OK &&
	    x->h->pre.n == start + strlen(name) + 1)
		x->h->pre.n = start;
}

static void
put_scalar(struct hashing *x, const struct field *f, uint32_t node)
{
	size_t start;

	if (is_container(x, node)) {
		put_odd(x, node);
		return;
	}
	start = begin_pair(x, f->name);
	epcis_hash_scalar(x, node);
	end_pair(x, f->name, start);
}

static void
put_time(struct hashing *x, const struct field *f, uint32_t node)
{
	size_t start;

	if (json_type(x->json, node) != JSON_STRING) {
		put_odd(x, node);
		return;
	}
	start = begin_pair(x, f->name);
	epcis_hash_time(x, node);
	end_pair(x, f->name, start);
}

static void
put_word(struct hashing *x, const struct field *f, uint32_t node)
{
	size_t start;

	if (json_type(x->json, node) != JSON_STRING) {
		put_odd(x, node);
		return;
	}
	start = begin_pair(x, f->name);
	epcis_hash_word(x, node, f->word);
	end_pair(x, f->name, start);
}

static void
put_misplaced(struct hashing *x, const struct field *f, uint32_t node)
{
	epcis_hash_odd(x, "bizRules in a sensorReport");
	put_scalar(x, f, node);
}

static const struct field *
field_of(const struct field *fields, struct span name)
{
	for (; fields->name != NULL; fields++) {
		if (span_is(name, fields->name))
			return fields;
	}
	return NULL;
}

/* Fields of an object in their order, then its extensions. */
static void
put_fields(struct hashing *x, const struct field *fields, uint32_t object)
{
	const struct json_doc *json = x->json;
	struct group g;

	for (const struct field *f = fields; f->name != NULL; f++) {
		uint32_t m = json_member(json, object, f->name);

		if (m != JSON_NONE)
			f->put(x, f, m);
	}
	g = epcis_hash_group(x);
	for (uint32_t m = json_first(json, object); m != JSON_NONE;
	     m = json->nodes[m].next) {
		struct span key = epcis_hash_key(x, m);

		if (field_of(fields, key) != NULL || epcis_hash_left_out(x, m))
			continue;
		if (key.n == 0 || memchr(key.p, ':', key.n) == NULL)
			epcis_hash_odd(x, "a member that is no extension");
		epcis_hash_extension(x, m);
	}
	epcis_hash_sort(x, g);
}

/* A name, if given, and what is in an object; nothing when that is empty. */
static void
put_named(struct hashing *x, const char *name, const struct field *fields,
    uint32_t object)
{
	size_t start = x->h->pre.n, body;

	if (name != NULL)
		buf_str(&x->h->pre, name);
	body = x->h->pre.n;
	put_fields(x, fields, object);
	if (buf_error(&x->h->pre) == ERR_OK && x->h->pre.n == body)
		x->h->pre.n = start;
}

static void
put_object(struct hashing *x, const struct field *f, uint32_t node)
{
	if (json_type(x->json, node) == JSON_OBJECT)
		put_named(x, f->name, f->fields, node);
	else
		put_odd(x, node);
}

/* ---- lists ---- */
static bool
all_are(const struct json_doc *json, uint32_t list, enum json_type t)
{
	for (uint32_t i = json_first(json, list); i != JSON_NONE;
	     i = json->nodes[i].next) {
		if (json_type(json, i) != t)
			return false;
	}
	return json_type(json, list) == JSON_ARRAY;
}

/* Elements sorted, without the list's own name. */
static void
put_items(struct hashing *x, const struct field *f, uint32_t list)
{
	const struct json_doc *json = x->json;
	struct group g = epcis_hash_group(x);

	for (uint32_t i = json_first(json, list);
	     i != JSON_NONE && x->e == ERR_OK; i = json->nodes[i].next) {
		size_t start = x->h->pre.n;

		put_named(x, f->item, f->fields, i);
		epcis_hash_piece(x, start);
	}
	epcis_hash_sort(x, g);
}

static void
put_bare_list(struct hashing *x, const struct field *f, uint32_t node)
{
	if (all_are(x->json, node, JSON_OBJECT))
		put_items(x, f, node);
	else
		put_odd(x, node);
}

static void
put_list(struct hashing *x, const struct field *f, uint32_t node)
{
	size_t start = x->h->pre.n, body;

	if (!all_are(x->json, node, JSON_OBJECT)) {
		put_odd(x, node);
		return;
	}
	buf_str(&x->h->pre, f->name);
	body = x->h->pre.n;
	put_items(x, f, node);
	if (buf_error(&x->h->pre) == ERR_OK && x->h->pre.n == body)
		x->h->pre.n = start;
}

/* Strings under one name each, sorted: words where the field has them. */
static void
put_strings(struct hashing *x, const struct field *f, const char *name,
    uint32_t list, bool words)
{
	const struct json_doc *json = x->json;
	struct group g = epcis_hash_group(x);

	for (uint32_t i = json_first(json, list);
	     i != JSON_NONE && x->e == ERR_OK; i = json->nodes[i].next) {
		size_t start = begin_pair(x, name);

		if (words)
			epcis_hash_word(x, i, f->word);
		else
			epcis_hash_scalar(x, i);
		end_pair(x, name, start);
		epcis_hash_piece(x, start);
	}
	epcis_hash_sort(x, g);
}

static void
put_epcs(struct hashing *x, const struct field *f, uint32_t node)
{
	size_t start = x->h->pre.n, body;

	if (!all_are(x->json, node, JSON_STRING)) {
		put_odd(x, node);
		return;
	}
	buf_str(&x->h->pre, f->name);
	body = x->h->pre.n;
	put_strings(x, f, "epc", node, false);
	if (buf_error(&x->h->pre) == ERR_OK && x->h->pre.n == body)
		x->h->pre.n = start;
}

static void
put_words(struct hashing *x, const struct field *f, uint32_t node)
{
	if (all_are(x->json, node, JSON_STRING))
		put_strings(x, f, f->name, node, true);
	else
		put_odd(x, node);
}

/* One text or a list of them, each under the name. */
static void
put_one_or_more(struct hashing *x, const struct field *f, uint32_t node)
{
	if (json_type(x->json, node) != JSON_ARRAY)
		put_scalar(x, f, node);
	else if (all_are(x->json, node, JSON_STRING))
		put_strings(x, f, f->name, node, false);
	else
		put_odd(x, node);
}

static void
put_ilmd(struct hashing *x, const struct field *f, uint32_t node)
{
	const struct json_doc *json = x->json;
	size_t start = x->h->pre.n, body;
	struct group g;

	if (json_type(json, node) != JSON_OBJECT) {
		put_odd(x, node);
		return;
	}
	buf_str(&x->h->pre, f->name);
	body = x->h->pre.n;
	g = epcis_hash_group(x);
	for (uint32_t m = json_first(json, node); m != JSON_NONE;
	     m = json->nodes[m].next) {
		if (!epcis_hash_left_out(x, m))
			epcis_hash_extension(x, m);
	}
	epcis_hash_sort(x, g);
	if (buf_error(&x->h->pre) == ERR_OK && x->h->pre.n == body)
		x->h->pre.n = start;
}

/* ---- tables (10.1, 10.2) ---- */
#define END                                                                    \
	{                                                                      \
		.name = NULL                                                   \
	}
#define TEXT(n)                                                                \
	{                                                                      \
		.name = (n), .put = put_scalar                                 \
	}
#define TIME(n)                                                                \
	{                                                                      \
		.name = (n), .put = put_time                                   \
	}
#define WORD(n, w)                                                             \
	{                                                                      \
		.name = (n), .put = put_word, .word = (w)                      \
	}
#define EPCS(n)                                                                \
	{                                                                      \
		.name = (n), .put = put_epcs                                   \
	}
#define LIST(n, element, table)                                                \
	{                                                                      \
		.name = (n), .put = put_list, .item = (element),               \
		.fields = (table)                                              \
	}
#define OBJECT(n, table)                                                       \
	{                                                                      \
		.name = (n), .put = put_object, .fields = (table)              \
	}

static const struct field quantity[] = { TEXT("epcClass"), TEXT("quantity"),
	TEXT("uom"), END };
/* 10.5: the type first, whatever the order of members. */
static const struct field transaction[] = { WORD("type", HASH_BIZ_TRANSACTION),
	TEXT("bizTransaction"), END };
static const struct field source[] = { WORD("type", HASH_SOURCE),
	TEXT("source"), END };
static const struct field destination[] = { WORD("type", HASH_SOURCE),
	TEXT("destination"), END };
static const struct field place[] = { TEXT("id"), END };
static const struct field persistent[] = {
	{ .name = "set", .put = put_words, .word = HASH_DISPOSITION },
	{ .name = "unset", .put = put_words, .word = HASH_DISPOSITION },
	END,
};
static const struct field sensor_metadata[] = {
	TIME("time"),
	TIME("startTime"),
	TIME("endTime"),
	TEXT("deviceID"),
	TEXT("deviceMetadata"),
	TEXT("rawData"),
	TEXT("dataProcessingMethod"),
	TEXT("bizRules"),
	END,
};
static const struct field sensor_report[] = {
	WORD("type", HASH_SENSOR),
	WORD("exception", HASH_EXCEPTION),
	TEXT("deviceID"),
	TEXT("deviceMetadata"),
	TEXT("rawData"),
	TEXT("dataProcessingMethod"),
	{ .name = "bizRules", .put = put_misplaced },
	TIME("time"),
	TEXT("microorganism"),
	TEXT("chemicalSubstance"),
	TEXT("value"),
	WORD("component", HASH_COMPONENT),
	TEXT("stringValue"),
	TEXT("booleanValue"),
	TEXT("hexBinaryValue"),
	TEXT("uriValue"),
	TEXT("minValue"),
	TEXT("maxValue"),
	TEXT("meanValue"),
	TEXT("sDev"),
	TEXT("percRank"),
	TEXT("percValue"),
	TEXT("uom"),
	TEXT("coordinateReferenceSystem"),
	END,
};
static const struct field sensor_element[] = {
	OBJECT("sensorMetadata", sensor_metadata),
	{ .name = "sensorReport",
	    .put = put_bare_list,
	    .item = "sensorReport",
	    .fields = sensor_report },
	END,
};

/* Fields of events, by name; their order is below. */
#define PARENT TEXT("parentID")
#define EPC_LIST EPCS("epcList")
#define SENSORS LIST("sensorElementList", "sensorElement", sensor_element)
#define TRANSACTIONS LIST("bizTransactionList", NULL, transaction)
#define SOURCES LIST("sourceList", NULL, source)
#define DESTINATIONS LIST("destinationList", NULL, destination)
#define ILMD                                                                   \
	{                                                                      \
		.name = "ilmd", .put = put_ilmd                                \
	}
#define HEAD                                                                   \
	TIME("eventTime"), TEXT("eventTimeZoneOffset"),                        \
	{                                                                      \
		.name = "certificationInfo", .put = put_one_or_more            \
	}
#define MIDDLE                                                                 \
	EPCS("childEPCs"), LIST("quantityList", "quantityElement", quantity),  \
	    LIST("childQuantityList", "quantityElement", quantity),            \
	    LIST("inputQuantityList", "quantityElement", quantity),            \
	    EPCS("outputEPCList"),                                             \
	    LIST("outputQuantityList", "quantityElement", quantity),           \
	    TEXT("action"), TEXT("transformationID"),                          \
	    WORD("bizStep", HASH_BIZ_STEP),                                    \
	    WORD("disposition", HASH_DISPOSITION),                             \
	    OBJECT("persistentDisposition", persistent),                       \
	    OBJECT("readPoint", place), OBJECT("bizLocation", place)

/* 10.1: what stands in a fixed place, and what the tail sorts. */
static const struct field reference_fixed[] = { HEAD, PARENT, EPC_LIST,
	EPCS("inputEPCList"), MIDDLE, SENSORS, END };
static const struct field reference_tail[] = { TRANSACTIONS, DESTINATIONS, ILMD,
	SOURCES, END };
/* 10.5: only extensions are sorted. */
static const struct field text_fixed[] = { HEAD, EPC_LIST, PARENT,
	EPCS("inputEPCList"), MIDDLE, TRANSACTIONS, SOURCES, DESTINATIONS,
	SENSORS, ILMD, END };
static const struct field text_tail[] = { END };

/* ---- an event ---- */
/* 10.1: members that are no part of it, and the type, which leads. */
static bool
never_hashed(struct span key)
{
	static const char *const names[] = { "type", "recordTime", "eventID",
		"errorDeclaration" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (span_is(key, names[i]))
			return true;
	}
	return false;
}

static void
put_type(struct hashing *x, uint32_t event)
{
	uint32_t type = json_member(x->json, event, "type");

	buf_str(&x->h->pre, "eventType=");
	if (type == JSON_NONE || json_type(x->json, type) != JSON_STRING)
		epcis_hash_odd(x, "an event without a type");
	else
		epcis_hash_scalar(x, type);
}

static void
put_tail(struct hashing *x, const struct field *fixed, const struct field *tail,
    uint32_t event)
{
	const struct json_doc *json = x->json;
	struct group g = epcis_hash_group(x);

	for (uint32_t m = json_first(json, event);
	     m != JSON_NONE && x->e == ERR_OK; m = json->nodes[m].next) {
		struct span key = epcis_hash_key(x, m);
		const struct field *f = field_of(tail, key);
		size_t start = x->h->pre.n;

		if (never_hashed(key) || field_of(fixed, key) != NULL ||
		    epcis_hash_left_out(x, m))
			continue;
		if (f != NULL) {
			f->put(x, f, m);
			epcis_hash_piece(x, start);
			continue;
		}
		/* The key may be a view of space that has been used again. */
		key = epcis_hash_key(x, m);
		if (key.n == 0 || memchr(key.p, ':', key.n) == NULL)
			epcis_hash_odd(x, "a member that is no extension");
		epcis_hash_extension(x, m);
	}
	epcis_hash_sort(x, g);
}

static void
put_event(struct hashing *x, uint32_t event)
{
	const struct field *fixed = reference_fixed, *tail = reference_tail;

	if (x->order == EPCIS_HASH_TEXT) {
		fixed = text_fixed;
		tail = text_tail;
	}
	put_type(x, event);
	for (const struct field *f = fixed; f->name != NULL; f++) {
		uint32_t m = json_member(x->json, event, f->name);

		if (m != JSON_NONE && x->e == ERR_OK &&
		    !epcis_hash_left_out(x, m))
			f->put(x, f, m);
	}
	put_tail(x, fixed, tail, event);
}

static enum err
result(const struct hashing *x, struct diag *d)
{
	enum err e = x->e != ERR_OK ? x->e : buf_error(&x->h->pre);

	if (e == ERR_OK)
		return ERR_OK;
	if (e == ERR_LIMIT)
		return diag_fail(
		    d, e, "epcis 10", "event hash: wanted %s", x->limit);
	if (e == ERR_NOMEM)
		return diag_fail(d, e, "", "event hash: out of memory");
	return diag_fail(d, ERR_TOO_LARGE, "epcis 10",
	    "event hash: wanted at most %zu bytes before hashing",
	    x->h->pre.max);
}

/* ---- what callers see ---- */
void
epcis_hash_init(struct epcis_hash *h, size_t max_bytes)
{
	/* Pieces count in 32 bits. */
	if (max_bytes > UINT32_MAX)
		max_bytes = UINT32_MAX;
	memset(h, 0, sizeof(*h));
	h->pre = buf_heap(max_bytes);
	h->sorted = buf_heap(max_bytes);
	h->text = buf_heap(max_bytes);
	h->iri = buf_heap(max_bytes);
	h->link = buf_heap(max_bytes);
}

void
epcis_hash_clear(struct epcis_hash *h)
{
	buf_free(&h->pre);
	buf_free(&h->sorted);
	buf_free(&h->text);
	buf_free(&h->iri);
	buf_free(&h->link);
	free(h->pieces);
	memset(h, 0, sizeof(*h));
}

static enum err
no_events(struct diag *d)
{
	return diag_fail(d, ERR_SCHEMA, "epcis 2.1",
	    "wanted an EPCISDocument or an EPCISQueryDocument with its "
	    "eventList of objects");
}

/* 2.2, 2.3: the node of the list, JSON_NONE without one. */
static uint32_t
event_list(const struct json_doc *json)
{
	static const char *const query[] = { "queryResults", "resultsBody" };
	bool queried = false;
	uint32_t type, at;

	if (json_type(json, JSON_ROOT) != JSON_OBJECT)
		return JSON_NONE;
	type = json_member(json, JSON_ROOT, "type");
	if (type == JSON_NONE)
		return JSON_NONE;
	queried = json_string_is(json, type, "EPCISQueryDocument");
	if (!queried && !json_string_is(json, type, "EPCISDocument"))
		return JSON_NONE;
	at = json_member(json, JSON_ROOT, "epcisBody");
	for (size_t i = 0; queried && i < 2; i++) {
		if (at == JSON_NONE || json_type(json, at) != JSON_OBJECT)
			return JSON_NONE;
		at = json_member(json, at, query[i]);
	}
	if (at == JSON_NONE || json_type(json, at) != JSON_OBJECT)
		return JSON_NONE;
	return json_member(json, at, "eventList");
}

enum err
epcis_hash_open(struct epcis_doc *out, struct span text,
    struct json_node *nodes, uint32_t capacity, struct diag *d)
{
	enum err e;

	memset(out, 0, sizeof(*out));
	out->json.nodes = nodes;
	out->json.capacity = capacity;
	if ((e = json_scan(&out->json, text, EPCIS_DEPTH, d)) != ERR_OK)
		return e;
	out->events = event_list(&out->json);
	if (out->events == JSON_NONE ||
	    !all_are(&out->json, out->events, JSON_OBJECT))
		return no_events(d);
	out->event_count = nodes[out->events].children;
	return ERR_OK;
}

enum err
epcis_hash_pre(struct epcis_hash *h, const struct epcis_doc *doc,
    uint32_t event, enum epcis_hash_order order, struct diag *d)
{
	struct hashing x = { .h = h, .json = &doc->json, .order = order };

	buf_reset(&h->pre);
	h->piece_count = 0;
	h->why = NULL;
	if (json_type(&doc->json, event) != JSON_OBJECT)
		return diag_fail(d, ERR_SCHEMA, "epcis 10",
		    "event hash: wanted an event, an object");
	epcis_hash_start(&x, event);
	if (x.e == ERR_OK)
		put_event(&x, event);
	return result(&x, d);
}

enum err
epcis_hash_name(char out[EPCIS_HASH_CHARS + 1], struct epcis_hash *h,
    const struct epcis_doc *doc, uint32_t event, enum epcis_hash_order order,
    struct diag *d)
{
	static const char head[] = "ni:///sha-256;", tail[] = "?ver=CBV2.0";
	enum err e = epcis_hash_pre(h, doc, event, order, d);
	struct hash sum;
	size_t n = sizeof(head) - 1;

	_Static_assert(
	    sizeof(head) - 1 + sizeof(sum.b) * 2 + sizeof(tail) - 1 ==
		EPCIS_HASH_CHARS,
	    "the name's length");
	if (e != ERR_OK)
		return e;
	sum = hash_bytes(buf_span(&h->pre));
	memcpy(out, head, n);
	hex_print(out + n, hash_span(&sum));
	n += sizeof(sum.b) * 2;
	memcpy(out + n, tail, sizeof(tail));
	return ERR_OK;
}

enum err
epcis_hash_fit(enum epcis_hash_fit *out, struct epcis_hash *h,
    const struct epcis_doc *doc, uint32_t event, struct diag *d)
{
	char name[EPCIS_HASH_CHARS + 1];
	uint32_t id = JSON_NONE;
	enum err e;

	*out = EPCIS_HASH_NO_ID;
	h->why = NULL;
	if (json_type(&doc->json, event) == JSON_OBJECT)
		id = json_member(&doc->json, event, "eventID");
	if (id == JSON_NONE || json_type(&doc->json, id) != JSON_STRING ||
	    !span_starts(json_raw(&doc->json, id), "ni:"))
		return ERR_OK;
	*out = EPCIS_HASH_OPAQUE;
	e = epcis_hash_name(name, h, doc, event, EPCIS_HASH_REFERENCE, d);
	if (e != ERR_OK)
		return e;
	if (json_string_is(&doc->json, id, name)) {
		*out = EPCIS_HASH_FITS;
		return ERR_OK;
	}
	e = epcis_hash_name(name, h, doc, event, EPCIS_HASH_TEXT, d);
	if (e == ERR_OK && json_string_is(&doc->json, id, name))
		*out = EPCIS_HASH_FITS_TEXT;
	return e;
}
