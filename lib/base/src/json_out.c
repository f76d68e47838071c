/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_out.h"

#include "base/text.h"

#include "utf8_internal.h"

#include "base/banned.h"

void
json_out_init(struct json_out *o, struct buf *b)
{
	*o = (struct json_out){ .b = b };
}

/* The two-character form of c, NULL when it has none. */
static const char *
short_escape(uint8_t c)
{
	switch (c) {
	case '"':
		return "\\\"";
	case '\\':
		return "\\\\";
	case '\b':
		return "\\b";
	case '\f':
		return "\\f";
	case '\n':
		return "\\n";
	case '\r':
		return "\\r";
	case '\t':
		return "\\t";
	default:
		return NULL;
	}
}

static bool
plain(uint8_t c)
{
	return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

static void
put_special(struct buf *b, uint8_t c)
{
	const char *e = short_escape(c);

	if (e != NULL)
		buf_str(b, e);
	else
		buf_printf(b, "\\u%04x", c);
}

static void
put_quoted(struct buf *b, struct span s)
{
	buf_byte(b, '"');
	for (size_t i = 0; i < s.n;) {
		size_t run = i;
		while (run < s.n && plain(s.p[run]))
			run++;
		buf_put(b, span_of(s.p + i, run - i));
		i = run;
		if (i == s.n)
			break;
		size_t step = utf8_step(s.p + i, s.n - i);
		if (step == 0)
			buf_str(b, "\xEF\xBF\xBD");
		else if (step == 1)
			put_special(b, s.p[i]);
		else
			buf_put(b, span_of(s.p + i, step));
		i += step > 0 ? step : 1;
	}
	buf_byte(b, '"');
}

/* The comma and the name that stand before a value. */
static void
begin(struct json_out *o, const char *key)
{
	if (o->comma[o->depth])
		buf_byte(o->b, ',');
	o->comma[o->depth] = true;
	if (key == NULL)
		return;
	put_quoted(o->b, span_str(key));
	buf_byte(o->b, ':');
}

static void
open_scope(struct json_out *o, const char *key, uint8_t bracket)
{
	begin(o, key);
	buf_byte(o->b, bracket);
	if (o->depth == JSON_OUT_DEPTH) {
		if (o->b->failed == ERR_OK)
			o->b->failed = ERR_STATE;
		return;
	}
	o->comma[++o->depth] = false;
}

static void
close_scope(struct json_out *o, uint8_t bracket)
{
	if (o->depth == 0) {
		if (o->b->failed == ERR_OK)
			o->b->failed = ERR_STATE;
		return;
	}
	o->depth--;
	buf_byte(o->b, bracket);
}

void
json_out_object(struct json_out *o, const char *key)
{
	open_scope(o, key, '{');
}

void
json_out_array(struct json_out *o, const char *key)
{
	open_scope(o, key, '[');
}

void
json_out_end_object(struct json_out *o)
{
	close_scope(o, '}');
}

void
json_out_end_array(struct json_out *o)
{
	close_scope(o, ']');
}

void
json_out_string(struct json_out *o, const char *key, struct span text)
{
	begin(o, key);
	put_quoted(o->b, text);
}

void
json_out_str(struct json_out *o, const char *key, const char *text)
{
	json_out_string(o, key, span_str(text));
}

void
json_out_int(struct json_out *o, const char *key, int64_t v)
{
	begin(o, key);
	buf_printf(o->b, "%lld", (long long)v);
}

void
json_out_bool(struct json_out *o, const char *key, bool v)
{
	begin(o, key);
	buf_str(o->b, v ? "true" : "false");
}

void
json_out_null(struct json_out *o, const char *key)
{
	begin(o, key);
	buf_str(o->b, "null");
}

void
json_out_base64(struct json_out *o, const char *key, struct span bytes)
{
	begin(o, key);
	buf_byte(o->b, '"');
	base64_put(o->b, bytes);
	buf_byte(o->b, '"');
}

void
json_out_raw(struct json_out *o, const char *key, struct span json)
{
	begin(o, key);
	buf_put(o->b, json);
}
