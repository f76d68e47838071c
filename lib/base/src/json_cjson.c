/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"

#include <stdlib.h>

#include <cJSON.h>

#include "base/json_scan.h"

#include "base/banned.h"

#define MAX_SAFE 9007199254740991.0 /* 2^53 - 1 */

/* struct json stays incomplete: it is the library's node under our name. */
static const cJSON *
item_of(const struct json *v)
{
	return (const cJSON *)v;
}

static const struct json *
json_of(const cJSON *v)
{
	return (const struct json *)v;
}

/* Every value but the first follows a comma or an opening bracket. */
static uint32_t
most_values(struct span text)
{
	uint32_t n = 1;

	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];
		n += c == ',' || c == '[' || c == '{';
	}
	return n;
}

static enum err
refuse_nul(const struct json_doc *doc, struct diag *d)
{
	char pointer[128];

	for (uint32_t i = 0; i < doc->count; i++) {
		if (!doc->nodes[i].has_nul)
			continue;
		json_pointer(pointer, sizeof pointer, doc, i);
		return diag_fail(d, ERR_JSON, "formats 1.3",
		    "json at %s: got U+0000, wanted text without it", pointer);
	}
	return ERR_OK;
}

static enum err
check_text(struct span text, struct diag *d)
{
	struct json_doc doc = { .capacity = most_values(text) };

	doc.nodes = calloc(doc.capacity, sizeof *doc.nodes);
	if (doc.nodes == NULL)
		return diag_fail(d, ERR_NOMEM, "", "json: no memory");
	enum err e = json_scan(&doc, text, JSON_TREE_DEPTH, d);
	if (e == ERR_OK)
		e = refuse_nul(&doc, d);
	free(doc.nodes);
	return e;
}

enum err
json_parse(struct json **out, struct span text, struct diag *d)
{
	if (text.n > JSON_TREE_BYTES)
		return diag_fail(d, ERR_TOO_LARGE, "",
		    "json: got %zu bytes, wanted at most %d", text.n,
		    JSON_TREE_BYTES);
	enum err e = check_text(text, d);
	if (e != ERR_OK)
		return e;
	cJSON *tree = cJSON_ParseWithLength((const char *)text.p, text.n);
	/* The text is JSON by now, so only memory can be short. */
	if (tree == NULL)
		return diag_fail(d, ERR_NOMEM, "", "json: no memory");
	*out = (struct json *)tree;
	return ERR_OK;
}

void
json_free(struct json *tree)
{
	cJSON_Delete((cJSON *)tree);
}

bool
json_is_object(const struct json *v)
{
	return cJSON_IsObject(item_of(v)) != 0;
}

bool
json_is_array(const struct json *v)
{
	return cJSON_IsArray(item_of(v)) != 0;
}

bool
json_is_true(const struct json *v)
{
	return v != NULL && cJSON_IsTrue(item_of(v)) != 0;
}

const struct json *
json_get(const struct json *object, const char *name)
{
	if (!json_is_object(object))
		return NULL;
	return json_of(cJSON_GetObjectItemCaseSensitive(item_of(object), name));
}

size_t
json_count(const struct json *v)
{
	if (!json_is_object(v) && !json_is_array(v))
		return 0;
	return (size_t)cJSON_GetArraySize(item_of(v));
}

static const cJSON *
child_at(const struct json *v, size_t i)
{
	return i < json_count(v) ? cJSON_GetArrayItem(item_of(v), (int)i)
				 : NULL;
}

const struct json *
json_at(const struct json *array, size_t i)
{
	return json_of(child_at(array, i));
}

const char *
json_name_at(const struct json *object, size_t i)
{
	const cJSON *child = child_at(object, i);

	return child != NULL ? child->string : NULL;
}

const char *
json_text(const struct json *v)
{
	return cJSON_GetStringValue(item_of(v));
}

static const char *
kind_of(const struct json *v)
{
	const cJSON *c = item_of(v);

	if (c == NULL)
		return "nothing";
	if (cJSON_IsString(c))
		return "a string";
	if (cJSON_IsNumber(c))
		return "a number";
	if (cJSON_IsBool(c))
		return "a boolean";
	if (cJSON_IsNull(c))
		return "null";
	return cJSON_IsArray(c) ? "an array" : "an object";
}

static enum err
wrong(
    const struct json *v, const char *name, const char *wanted, struct diag *d)
{
	return diag_fail(d, ERR_SCHEMA, "", "member %s: got %s, wanted %s",
	    name, kind_of(v), wanted);
}

enum err
json_get_text(const char **out, const struct json *object, const char *name,
    struct diag *d)
{
	const struct json *v = json_get(object, name);
	const char *text = json_text(v);

	if (text == NULL)
		return wrong(v, name, "a string", d);
	*out = text;
	return ERR_OK;
}

enum err
json_get_int(
    int64_t *out, const struct json *object, const char *name, struct diag *d)
{
	const struct json *v = json_get(object, name);

	if (!cJSON_IsNumber(item_of(v)))
		return wrong(v, name, "an integer", d);
	/* Within this range a double holds every integer exactly. */
	double number = cJSON_GetNumberValue(item_of(v));
	if (!(number >= -MAX_SAFE && number <= MAX_SAFE) ||
	    (double)(int64_t)number != number)
		return wrong(v, name, "an integer within 2^53-1", d);
	*out = (int64_t)number;
	return ERR_OK;
}

enum err
json_opt_text(const char **out, const struct json *object, const char *name,
    struct diag *d)
{
	if (json_get(object, name) == NULL)
		return ERR_OK;
	return json_get_text(out, object, name, d);
}

enum err
json_opt_int(
    int64_t *out, const struct json *object, const char *name, struct diag *d)
{
	if (json_get(object, name) == NULL)
		return ERR_OK;
	return json_get_int(out, object, name, d);
}
