/* SPDX-License-Identifier: Apache-2.0 */
#include "epcis.h"

#include "accept.h"

#include "base/banned.h"

#define VERSION_PARTS 3

static const char *const names[] = {
	[EPCIS_VALIDATION] = "epcisException:ValidationException",
	[EPCIS_QUERY_VALIDATION] = "epcisException:QueryValidationException",
	[EPCIS_QUERY_PARAMETER] = "epcisException:QueryParameterException",
	[EPCIS_SUBSCRIPTION_CONTROLS] =
	    "epcisException:SubscriptionControlsException",
	[EPCIS_SECURITY] = "epcisException:SecurityException",
	[EPCIS_NO_SUCH_NAME] = "epcisException:NoSuchNameException",
	[EPCIS_NO_SUCH_RESOURCE] = "epcisException:NoSuchResourceException",
	[EPCIS_NOT_ACCEPTABLE] = "epcisException:NotAcceptableException",
	[EPCIS_EXISTS] = "epcisException:ResourceAlreadyExistsException",
	[EPCIS_MEDIA_TYPE] = "epcisException:UnsupportedMediaTypeException",
	[EPCIS_CAPTURE_LIMIT] = "epcisException:CaptureLimitExceededException",
	[EPCIS_QUERY_TOO_LARGE] = "epcisException:QueryTooLargeException",
	[EPCIS_QUERY_TOO_COMPLEX] = "epcisException:QueryTooComplexException",
	[EPCIS_URI_TOO_LONG] = "epcisException:URITooLongException",
	[EPCIS_IMPLEMENTATION] = "epcisException:ImplementationException",
};

const char *
epcis_exception_name(enum epcis_exception x)
{
	return names[x];
}

/* Where one status has several exceptions our code decides. */
static const struct {
	const char *code;
	enum epcis_exception x;
} by_code[] = {
	{ "unknown_parameter", EPCIS_QUERY_PARAMETER },
	{ "bad_parameter", EPCIS_QUERY_PARAMETER },
	{ "unsupported_parameter", EPCIS_QUERY_PARAMETER },
	{ "bad_page_token", EPCIS_QUERY_PARAMETER },
	{ "bad_query", EPCIS_QUERY_VALIDATION },
	{ "bad_target", EPCIS_QUERY_VALIDATION },
	{ "bad_subscription", EPCIS_SUBSCRIPTION_CONTROLS },
	{ "unknown_query", EPCIS_NO_SUCH_NAME },
	{ "unknown_subscription", EPCIS_NO_SUCH_NAME },
	{ "query_too_large", EPCIS_QUERY_TOO_LARGE },
	{ "too_complex", EPCIS_QUERY_TOO_COMPLEX },
};

enum epcis_exception
epcis_exception_of(unsigned status, const char *code)
{
	for (size_t i = 0; i < sizeof(by_code) / sizeof(by_code[0]); i++) {
		if (strcmp(by_code[i].code, code) == 0)
			return by_code[i].x;
	}
	switch (status) {
	case 400:
		return EPCIS_VALIDATION;
	case 401:
	case 403:
		return EPCIS_SECURITY;
	case 404:
	case 405:
		return EPCIS_NO_SUCH_RESOURCE;
	case 406:
		return EPCIS_NOT_ACCEPTABLE;
	case 409:
		return EPCIS_EXISTS;
	case 413:
		return EPCIS_CAPTURE_LIMIT;
	case 414:
		return EPCIS_URI_TOO_LONG;
	case 415:
		return EPCIS_MEDIA_TYPE;
	case 422:
		return EPCIS_QUERY_TOO_COMPLEX;
	default:
		return EPCIS_IMPLEMENTATION;
	}
}

bool
epcis_is_below(struct span target)
{
	static const char mount[] = "/epcis";
	size_t n = sizeof(mount) - 1;

	return span_starts(target, mount) &&
	       (target.n == n || memchr("/?%", target.p[n], 3) != NULL);
}

/* `2.0.0` or shorter, missing parts as filler; false when it is no version. */
static bool
version(unsigned out[VERSION_PARTS], struct span s, unsigned filler)
{
	unsigned part = 0, digits = 0;

	for (unsigned i = 0; i < VERSION_PARTS; i++)
		out[i] = filler;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '.') {
			if (digits == 0 || ++part == VERSION_PARTS)
				return false;
			digits = 0;
			continue;
		}
		if (s.p[i] < '0' || s.p[i] > '9' || digits == 4)
			return false;
		if (digits++ == 0)
			out[part] = 0;
		out[part] = out[part] * 10 + (s.p[i] - (unsigned)'0');
	}
	return digits > 0;
}

static int
compare(const unsigned a[VERSION_PARTS], const unsigned b[VERSION_PARTS])
{
	for (unsigned i = 0; i < VERSION_PARTS; i++) {
		if (a[i] != b[i])
			return a[i] < b[i] ? -1 : 1;
	}
	return 0;
}

/* Is 2.0.0 on the right side of the bound in that header? `2.0` as a maximum
 * takes in 2.0.x. */
static bool
bound_ok(struct call *c, const char *name, bool least)
{
	static const unsigned ours[VERSION_PARTS] = { 2, 0, 0 };
	struct span s = http_request_header(c->req, name);
	unsigned want[VERSION_PARTS];

	if (s.p == NULL)
		return true;
	if (version(want, s, least ? 0 : 9999) &&
	    (least ? compare(want, ours) <= 0 : compare(want, ours) >= 0))
		return true;
	answer_problem(c->res, 406, "version", name, EPCIS_VERSION,
	    "%s: got %.*s, this server speaks %s", name,
	    s.n > 40 ? 40 : (int)s.n, (const char *)s.p, EPCIS_VERSION);
	return false;
}

static bool
versions_ok(struct call *c)
{
	return bound_ok(c, "GS1-EPCIS-Min", true) &&
	       bound_ok(c, "GS1-EPCIS-Max", false) &&
	       bound_ok(c, "GS1-CBV-Min", true) &&
	       bound_ok(c, "GS1-CBV-Max", false);
}

static bool
format_ok(struct call *c)
{
	struct span s = http_request_header(c->req, "GS1-EPC-Format");

	c->epcis.format = EPC_FORMAT_LINK;
	if (s.p == NULL || span_is(s, "Always_GS1_Digital_Link"))
		return true;
	if (span_is(s, "Always_EPC_URN"))
		c->epcis.format = EPC_FORMAT_URN;
	else if (span_is(s, "Never_Translates") || span_is(s, "No_Preference"))
		c->epcis.format = EPC_FORMAT_ASIS;
	else {
		answer_problem(c->res, 406, "epc_format", "GS1-EPC-Format",
		    "No_Preference, Always_GS1_Digital_Link, Always_EPC_URN or "
		    "Never_Translates",
		    "GS1-EPC-Format: got %.*s", s.n > 60 ? 60 : (int)s.n,
		    (const char *)s.p);
		return false;
	}
	return true;
}

static bool
media_ok(struct call *c)
{
	struct span accept = http_request_header(c->req, "Accept");
	unsigned json = accept_type(accept, "application/json");
	unsigned ld = accept_type(accept, "application/ld+json");

	c->epcis.ld = ld > json;
	if (json > 0 || ld > 0)
		return true;
	answer_problem(c->res, 406, "media_type", "Accept",
	    "application/json or application/ld+json",
	    "Accept: got %.*s; XML is not spoken here",
	    accept.n > 80 ? 80 : (int)accept.n, (const char *)accept.p);
	return false;
}

/* The prefixes that the client's values and names are written with. */
static bool
extensions_ok(struct call *c)
{
	static const char name[] = "GS1-Extensions";
	struct diag why;

	diag_clear(&why);
	if (epcis_extensions_read(&c->epcis.extensions,
		http_request_header(c->req, name), &why) == ERR_OK)
		return true;
	answer_problem(c->res, 400, "bad_extensions", name,
	    "prefix=uri, parted by commas", "%s: %s", name, why.text);
	c->epcis.extensions.count = 0;
	return false;
}

bool
epcis_begin(struct call *c)
{
	return versions_ok(c) && format_ok(c) && media_ok(c) &&
	       extensions_ok(c);
}

/* The prefixes that the answer is to be read with. */
static void
put_extensions(struct call *c)
{
	struct buf text = buf_heap(EPCIS_EXTENSIONS * 600);

	epcis_extensions_print(&text, &c->epcis.extensions);
	if (text.n > 0 && buf_error(&text) == ERR_OK &&
	    http_header_long(c->res, "GS1-Extensions", buf_span(&text)) !=
		ERR_OK)
		c->epcis.extensions.count = 0;
	buf_free(&text);
}

void
epcis_headers(struct call *c)
{
	if (c->epcis.extensions.count > 0)
		put_extensions(c);
	http_header(c->res, "GS1-EPCIS-Version", EPCIS_VERSION);
	http_header(c->res, "GS1-CBV-Version", EPCIS_VERSION);
}

void
epcis_options(struct call *c)
{
	struct http_response *r = c->res;

	http_header(r, "GS1-EPCIS-Min", EPCIS_VERSION);
	http_header(r, "GS1-EPCIS-Max", EPCIS_VERSION);
	http_header(r, "GS1-CBV-Min", EPCIS_VERSION);
	http_header(r, "GS1-CBV-Max", EPCIS_VERSION);
	http_header(r, "GS1-EPC-Format",
	    "No_Preference, Always_GS1_Digital_Link, Always_EPC_URN, "
	    "Never_Translates");
	http_header(r, "GS1-Vendor-Version", CM_VERSION);
	/* formats 1.6; any other extension is kept as it came. */
	http_header(r, "GS1-Extensions", "cm=https://countermark.example/ns#");
	if (c->target.segment_count < 2 ||
	    !span_is(c->target.segment[1], "capture"))
		return;
	http_header(r, "GS1-EPCIS-Capture-Limit", "%d", EPCIS_CAPTURE_EVENTS);
	http_header(
	    r, "GS1-EPCIS-Capture-File-Size-Limit", "%zu", EPCIS_BODY_MAX);
	http_header(r, "GS1-Capture-Error-Behaviour", "all");
}

const char *
epcis_media(const struct call *c)
{
	return c->epcis.ld ? "application/ld+json" : "application/json";
}

/* 9.1: what stands below the mount. */
enum err
epcis_root(struct call *c)
{
	static const char *const members[] = { "queries", "capture", "events",
		"eventTypes", "epcs", "readPoints", "bizLocations",
		"dispositions", "bizSteps" };
	struct json_out o;

	answer_json(c->res, &o);
	json_out_object(&o, NULL);
	json_out_str(&o, "@context", EPCIS_CONTEXT);
	json_out_str(&o, "type", "Collection");
	json_out_array(&o, "member");
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		json_out_str(&o, NULL, members[i]);
	json_out_end_array(&o);
	json_out_end_object(&o);
	return answer_done(c->res, 200, epcis_media(c));
}
