/* SPDX-License-Identifier: Apache-2.0 */
#include "event/registry.h"

#include <stdio.h>

#include "base/text.h"

#include "event/cbv.h"
#include "event/did.h"
#include "event/epcis.h"
#include "registry_internal.h"

#include "base/banned.h"

/*
 * What a type needs beyond the shape (formats 1.7): a row a member, a row a
 * kind of value. A new member is a new row.
 */
#define PREFIX_MIN 4 /* formats 7.3 */
#define PREFIX_MAX 12
#define LAT7_MAX 900000000
#define LON7_MAX 1800000000
#define STEP_MAX 200

enum kind {
	KIND_TEXT,
	KIND_NAME,
	KIND_KEY,
	KIND_GLN,
	KIND_PREFIX,
	KIND_INT,
	KIND_EPOCH,
	KIND_LAT,
	KIND_LON,
	KIND_POSSESSION,
	KIND_ARRAY,
	KIND_TEXTS,
	KIND_GLNS,
	KIND_KEYS,
	KIND_ROLE,
	KIND_ISSUANCE,
	KIND_USE,
	KIND_GTIN,
	KIND_STEPS,
	KIND_VISIBILITY,
};

#define NEEDED 1u /* with op set */
#define IS_ID 2u  /* equal to id */

struct rule {
	enum registry_type type;
	const char *member;
	enum kind kind;
	unsigned flags;
};

static const struct rule rules[] = {
	{ REGISTRY_ORGANISATION, "name", KIND_NAME, NEEDED | IS_ID },
	{ REGISTRY_ORGANISATION, "did", KIND_TEXT, NEEDED },
	{ REGISTRY_ORGANISATION, "glns", KIND_GLNS, 0 },
	{ REGISTRY_ORGANISATION, "keys", KIND_KEYS, 0 },
	{ REGISTRY_DEVICE, "organisation", KIND_NAME, NEEDED },
	{ REGISTRY_DEVICE, "did", KIND_TEXT, NEEDED },
	{ REGISTRY_DEVICE, "epoch", KIND_EPOCH, NEEDED },
	{ REGISTRY_DEVICE, "key", KIND_KEY, NEEDED },
	{ REGISTRY_DEVICE, "role", KIND_ROLE, NEEDED },
	{ REGISTRY_DEVICE, "steps", KIND_TEXTS, 0 },
	{ REGISTRY_DEVICE, "reason", KIND_TEXT, 0 },
	{ REGISTRY_DEVICE, "possession", KIND_POSSESSION, 0 },
	{ REGISTRY_RIGHT, "st13", KIND_TEXT, IS_ID },
	{ REGISTRY_RIGHT, "office", KIND_TEXT, 0 },
	{ REGISTRY_RIGHT, "kind", KIND_TEXT, 0 },
	{ REGISTRY_RIGHT, "mark", KIND_TEXT, 0 },
	{ REGISTRY_RIGHT, "classes", KIND_ARRAY, 0 },
	{ REGISTRY_RIGHT, "holder", KIND_NAME, 0 },
	{ REGISTRY_RIGHT, "status", KIND_TEXT, 0 },
	{ REGISTRY_LICENCE, "parent", KIND_TEXT, 0 },
	{ REGISTRY_LICENCE, "licensor", KIND_TEXT, 0 },
	{ REGISTRY_LICENCE, "licensee", KIND_TEXT, 0 },
	{ REGISTRY_LICENCE, "countries", KIND_TEXTS, 0 },
	{ REGISTRY_LICENCE, "goods", KIND_TEXTS, 0 },
	{ REGISTRY_LICENCE, "quantity", KIND_INT, 0 },
	{ REGISTRY_LICENCE, "to", KIND_INT, 0 },
	{ REGISTRY_GOODS, "organisation", KIND_NAME, NEEDED },
	{ REGISTRY_GOODS, "prefix", KIND_PREFIX, 0 },
	{ REGISTRY_GOODS, "right", KIND_TEXT, 0 },
	{ REGISTRY_GOODS, "issuance", KIND_ISSUANCE, 0 },
	{ REGISTRY_PLACE, "gln", KIND_GLN, NEEDED | IS_ID },
	{ REGISTRY_PLACE, "country", KIND_TEXT, 0 },
	{ REGISTRY_PLACE, "lat7", KIND_LAT, NEEDED },
	{ REGISTRY_PLACE, "lon7", KIND_LON, NEEDED },
	{ REGISTRY_PLACE, "kind", KIND_TEXT, 0 },
	{ REGISTRY_RECALL, "serials", KIND_TEXTS, 0 },
	{ REGISTRY_RECALL, "reason", KIND_TEXT, 0 },
	{ REGISTRY_DELEGATION, "key", KIND_KEY, NEEDED | IS_ID },
	{ REGISTRY_DELEGATION, "may", KIND_TEXTS, NEEDED },
	{ REGISTRY_SERVICE, "key", KIND_KEY, NEEDED | IS_ID },
	{ REGISTRY_SERVICE, "use", KIND_USE, NEEDED },
	{ REGISTRY_USAGE, "licence", KIND_TEXT, 0 },
	{ REGISTRY_USAGE, "at_index", KIND_INT, 0 },
	{ REGISTRY_TAGREAD, "tag", KIND_TEXT, 0 },
	{ REGISTRY_TAGREAD, "counter", KIND_INT, 0 },
	{ REGISTRY_TAGREAD, "result", KIND_TEXT, 0 },
	{ REGISTRY_POLICY, "organisation", KIND_NAME, NEEDED },
	{ REGISTRY_POLICY, "visibility", KIND_VISIBILITY, NEEDED },
	{ REGISTRY_POLICY, "bizSteps", KIND_STEPS, 0 },
	{ REGISTRY_POLICY, "gtin", KIND_GTIN, 0 },
	{ REGISTRY_POLICY, "prefix", KIND_PREFIX, 0 },
};

static const char *const visibility_words[] = {
	[VISIBILITY_AUTHORITY] = "authority",
	[VISIBILITY_BRAND] = "brand",
	[VISIBILITY_PARTIES] = "parties",
	[VISIBILITY_PUBLIC] = "public",
};

bool
registry_visibility(enum visibility *out, const char *word)
{
	for (int i = 0; i < VISIBILITIES; i++) {
		if (strcmp(visibility_words[i], word) == 0) {
			*out = (enum visibility)i;
			return true;
		}
	}
	return false;
}

static bool
int_in(const struct json *body, const char *member, int64_t min, int64_t max)
{
	int64_t v = 0;

	return json_get_int(&v, body, member, NULL) == ERR_OK && v >= min &&
	       v <= max;
}

static bool
key_ok(const char *text)
{
	uint8_t pub[KEY_BYTES];

	return did_key_parse(pub, span_str(text)) == ERR_OK;
}

static bool
prefix_ok(const char *text)
{
	size_t n = strlen(text);

	return n >= PREFIX_MIN && n <= PREFIX_MAX &&
	       strspn(text, "0123456789") == n;
}

static bool
possession_ok(const char *text)
{
	uint8_t sig[SIG_BYTES];
	size_t n = 0;

	return base64_parse(sig, sizeof(sig), &n, span_str(text)) == ERR_OK &&
	       n == SIG_BYTES;
}

static bool
text_ok(const char *text)
{
	return text[0] != '\0';
}

static bool
name_ok(const char *text)
{
	return name_valid(span_str(text));
}

static bool
role_ok(const char *text)
{
	return strcmp(text, "device") == 0 || strcmp(text, "gateway") == 0;
}

static bool
issuance_ok(const char *text)
{
	return strcmp(text, "before") == 0 || strcmp(text, "during") == 0;
}

static bool
use_ok(const char *text)
{
	return strcmp(text, "receipt") == 0 || strcmp(text, "answer") == 0 ||
	       strcmp(text, "ingest") == 0;
}

/* A misspelt step would meet no event, and close nothing. */
static bool
step_ok(const char *text)
{
	struct span word = epcis_bare(span_str(text), cbv_kind(CBV_BIZ_STEP));

	return word.n <= STEP_MAX &&
	       (cbv_word(CBV_BIZ_STEP, word) || cbv_uri(word));
}

static bool
visibility_ok(const char *text)
{
	enum visibility v;

	return registry_visibility(&v, text);
}

typedef bool (*text_check)(const char *text);

/* What a value of a kind looks like; text is NULL where it is no string. */
struct form {
	text_check text;
	const char *wanted;
};

static const struct form forms[] = {
	[KIND_TEXT] = { text_ok, "a text" },
	[KIND_NAME] = { name_ok, "a name of [a-z0-9-]{1,63}" },
	[KIND_KEY] = { key_ok, "a did:key" },
	[KIND_GLN] = { registry_gln_ok, "13 digits, check digit right" },
	[KIND_PREFIX] = { prefix_ok, "4 to 12 digits" },
	[KIND_INT] = { NULL, "an integer" },
	[KIND_EPOCH] = { NULL, "an integer from 1" },
	[KIND_LAT] = { NULL, "an integer within 900000000 of 0" },
	[KIND_LON] = { NULL, "an integer within 1800000000 of 0" },
	[KIND_POSSESSION] = { possession_ok, "base64 of 64 bytes" },
	[KIND_ARRAY] = { NULL, "an array" },
	[KIND_TEXTS] = { text_ok, "an array of texts" },
	[KIND_GLNS] = { registry_gln_ok, "an array of GLNs" },
	[KIND_KEYS] = { NULL, "an array of {key, may[]}" },
	[KIND_ROLE] = { role_ok, "device or gateway" },
	[KIND_ISSUANCE] = { issuance_ok, "before or during" },
	[KIND_USE] = { use_ok, "receipt, answer or ingest" },
	[KIND_GTIN] = { registry_gtin_ok, "14 digits, check digit right" },
	[KIND_STEPS] = { step_ok,
	    "an array of one or more bizSteps of CBV 2.0 or URIs" },
	[KIND_VISIBILITY] = { visibility_ok,
	    "public, parties, brand or authority (sealed is for fields, 1.6)" },
};

/* Place of the first element that is none; their number when there is none. */
static size_t
first_bad(const struct json *list, text_check good)
{
	size_t i;

	for (i = 0; i < json_count(list); i++) {
		const char *text = json_text(json_at(list, i));

		if (text == NULL || !good(text))
			break;
	}
	return i;
}

static bool
texts_good(const struct json *list, text_check good)
{
	return list != NULL && json_is_array(list) &&
	       first_bad(list, good) == json_count(list);
}

static bool
keys_good(const struct json *list)
{
	size_t i;

	if (!json_is_array(list))
		return false;
	for (i = 0; i < json_count(list); i++) {
		const struct json *v = json_at(list, i);
		const char *key;

		if (!json_is_object(v))
			return false;
		key = json_text(json_get(v, "key"));
		if (key == NULL || !key_ok(key) ||
		    !texts_good(json_get(v, "may"), text_ok))
			return false;
	}
	return true;
}

static bool
value_good(const struct json *body, const struct rule *r)
{
	const struct json *v = json_get(body, r->member);
	const char *text = json_text(v);

	switch (r->kind) {
	case KIND_INT:
		return int_in(body, r->member, INT64_MIN, INT64_MAX);
	case KIND_EPOCH:
		return int_in(body, r->member, 1, INT64_MAX);
	case KIND_LAT:
		return int_in(body, r->member, -LAT7_MAX, LAT7_MAX);
	case KIND_LON:
		return int_in(body, r->member, -LON7_MAX, LON7_MAX);
	case KIND_ARRAY:
		return json_is_array(v);
	case KIND_TEXTS:
	case KIND_GLNS:
		return texts_good(v, forms[r->kind].text);
	case KIND_STEPS:
		return texts_good(v, step_ok) && json_count(v) > 0;
	case KIND_KEYS:
		return keys_good(v);
	default:
		return text != NULL && forms[r->kind].text(text);
	}
}

/* Names the member, of an array the element, and what stands there. */
static enum err
bad_value(const struct registry *r, const struct rule *rule, struct diag *d)
{
	const struct json *v = json_get(r->body, rule->member);
	const struct form *f = &forms[rule->kind];
	char at[24] = "";
	const char *text;

	if (f->text != NULL && json_is_array(v)) {
		size_t i = first_bad(v, f->text);

		if (i < json_count(v)) {
			(void)snprintf(at, sizeof(at), "/%zu", i);
			v = json_at(v, i);
		}
	}
	text = json_text(v);
	return diag_fail(d, ERR_SCHEMA, "formats 1.7",
	    "%s%s of %s: got %.60s, wanted %s", rule->member, at, r->type_word,
	    text == NULL ? "something else" : text, f->wanted);
}

static enum err
check_rule(const struct registry *r, const struct rule *rule, struct diag *d)
{
	const char *text = NULL;

	if (json_get(r->body, rule->member) == NULL) {
		if (r->op == REGISTRY_SET && (rule->flags & NEEDED) != 0)
			return diag_fail(d, ERR_SCHEMA, "formats 1.7",
			    "%s of %s: got none, wanted %s", rule->member,
			    r->type_word, forms[rule->kind].wanted);
		return ERR_OK;
	}
	if (!value_good(r->body, rule))
		return bad_value(r, rule, d);
	text = json_text(json_get(r->body, rule->member));
	if ((rule->flags & IS_ID) != 0 && strcmp(text, r->id) != 0)
		return diag_fail(d, ERR_SCHEMA, "formats 1.7",
		    "%s of %s: got another than the id, wanted it equal",
		    rule->member, r->type_word);
	return ERR_OK;
}

static bool
goods_id_good(const struct registry *r)
{
	const char *gtin = json_text(json_get(r->body, "gtin"));
	const char *prefix = json_text(json_get(r->body, "prefix"));

	/* Of the two the one that 5.4 touches, or the effect would stand under
	 * a subject that the entry does not touch. */
	if (gtin != NULL)
		return strcmp(gtin, r->id) == 0;
	return prefix != NULL && strcmp(prefix, r->id) == 0;
}

struct span
registry_policy_of(const struct registry *r)
{
	return span_of(r->id, strcspn(r->id, "/"));
}

/* An organisation's ids are its own, so that no other can take one over. */
static bool
policy_id_good(const struct registry *r)
{
	const char *name = json_text(json_get(r->body, "organisation"));
	struct span of = registry_policy_of(r);

	return name_valid(of) && (name == NULL || span_is(of, name));
}

/* formats 1.7: what the id of a type is. */
static enum err
check_id(const struct registry *r, struct diag *d)
{
	const char *wanted;
	bool good;

	switch (r->type) {
	case REGISTRY_ORGANISATION:
	case REGISTRY_DEVICE:
	case REGISTRY_HEARTBEAT:
		good = name_ok(r->id);
		wanted = forms[KIND_NAME].wanted;
		break;
	case REGISTRY_DELEGATION:
	case REGISTRY_SERVICE:
		good = key_ok(r->id);
		wanted = forms[KIND_KEY].wanted;
		break;
	case REGISTRY_PLACE:
		good = registry_gln_ok(r->id);
		wanted = forms[KIND_GLN].wanted;
		break;
	case REGISTRY_GOODS:
		good = goods_id_good(r);
		wanted = "the gtin or prefix";
		break;
	case REGISTRY_POLICY:
		good = policy_id_good(r);
		wanted = "the organisation's name, or that and /…";
		break;
	default:
		return ERR_OK;
	}
	if (!good)
		return diag_fail(d, ERR_SCHEMA, "formats 1.7",
		    "id of %s: got %.60s, wanted %s", r->type_word, r->id,
		    wanted);
	return ERR_OK;
}

enum err
registry_check(const struct registry *r, struct diag *d)
{
	size_t i;
	enum err e;

	/* formats 1.7: an unlisted type has no effect */
	if (r->type == REGISTRY_UNLISTED)
		return diag_fail(d, ERR_SCHEMA, "formats 1.7",
		    "type: got %s, wanted a listed one", r->type_word);
	e = check_id(r, d);
	for (i = 0; e == ERR_OK && i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (rules[i].type == r->type)
			e = check_rule(r, &rules[i], d);
	}
	if (e == ERR_OK && r->type == REGISTRY_POLICY &&
	    json_get(r->body, "gtin") != NULL &&
	    json_get(r->body, "prefix") != NULL)
		e = diag_fail(d, ERR_SCHEMA, "formats 1.7",
		    "prefix of policy: got one beside gtin, wanted one of "
		    "them");
	return e;
}
