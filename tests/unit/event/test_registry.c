/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "event/did.h"
#include "event/registry.h"

#include "base/banned.h"

#define KEY "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp"
#define GTIN "09506000134352"
#define GLN "9506000111117"
#define SIG64                                                                  \
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" \
	"AAAAAAAAAAAAAAAAAA=="

/* {"type":T,"id":I,"op":"set","from":1764075776123 and the rest} */
#define SET(type, id, rest)                                                    \
	"{\"type\":\"" type "\",\"id\":\"" id                                  \
	"\",\"op\":\"set\",\"from\":1764075776123" rest "}"
#define END(type, id, rest)                                                    \
	"{\"type\":\"" type "\",\"id\":\"" id                                  \
	"\",\"op\":\"end\",\"from\":1764075776123" rest "}"
#define TEXT(name, value) ",\"" name "\":\"" value "\""
#define RAW(name, value) ",\"" name "\":" value

#define ORG(rest) SET("organisation", "demo", rest)
#define ORG_GOOD TEXT("name", "demo") TEXT("did", "did:web:h:org:demo")
#define DEVICE(organisation, epoch, key, role, rest)                           \
	SET("device", "line-1",                                                \
	    TEXT("organisation", organisation)                                 \
		TEXT("did", "did:web:h:device:line-1") RAW("epoch", epoch)     \
		    TEXT("key", key) TEXT("role", role) rest)
#define PLACE(rest) SET("place", GLN, rest)
#define PLACE_GOOD TEXT("gln", GLN) RAW("lat7", "0") RAW("lon7", "0")

struct row {
	const char *json;
	const char *member; /* named in the refusal; NULL accepted */
};

static void
named(const struct row *row, enum err e, const struct diag *d)
{
	if (row->member == NULL) {
		if (e != ERR_OK)
			fail_msg("%s: refused: %s", row->json, d->text);
		return;
	}
	if (e != ERR_SCHEMA)
		fail_msg("%s: got %s, wanted schema", row->json, err_name(e));
	assert_int_equal(d->code, ERR_SCHEMA);
	if (strstr(d->text, row->member) == NULL)
		fail_msg("%s: got %s, wanted %s named", row->json, d->text,
		    row->member);
}

static void
shapes(const struct row *rows, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		struct registry r;
		struct diag d = { 0 };
		enum err e = registry_parse(&r, span_str(rows[i].json), &d);

		named(&rows[i], e, &d);
		if (e != ERR_OK)
			assert_null(r.body);
		registry_clear(&r);
	}
}

static void
effects(const struct row *rows, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		struct registry r;
		struct diag d = { 0 };

		if (registry_parse(&r, span_str(rows[i].json), &d) != ERR_OK)
			fail_msg("%s: no shape: %s", rows[i].json, d.text);
		named(&rows[i], registry_check(&r, &d), &d);
		registry_clear(&r);
	}
}

#define SHAPES(rows) shapes(rows, sizeof(rows) / sizeof((rows)[0]))
#define EFFECTS(rows) effects(rows, sizeof(rows) / sizeof((rows)[0]))
#define I50 "iiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiii"

static void
test_shape(void **state)
{
	static const struct row rows[] = {
		{ "", "payload" },
		{ "{", "payload" },
		{ "[]", "payload" },
		{ "\"x\"", "payload" },
		{ SET("heartbeat", "a", "") " x", "payload" },
		{ SET("heartbeat", "a", RAW("op", "\"set\"")), "payload" },
		{ SET("heartbeat", "a", TEXT("x", "\xff")), "payload" },
		{ "{\"id\":\"a\",\"op\":\"set\",\"from\":1}", "type" },
		{ SET("", "a", ""), "type" },
		{ SET("Device", "a", ""), "type" },
		{ SET("tag-read", "a", ""), "type" },
		{ SET("abcdefghijklmnopqrstuvwxyzabcdefg", "a", ""), "type" },
		{ SET("abcdefghijklmnopqrstuvwxyzabcdef", "a", ""), NULL },
		{ "{\"type\":1,\"id\":\"a\",\"op\":\"set\",\"from\":1}",
		    "type" },
		{ "{\"type\":\"usage\",\"op\":\"set\",\"from\":1}", "id" },
		{ SET("usage", "", ""), "id" },
		{ SET("usage", "a b", ""), "id" },
		{ SET("usage", "a%20", ""), "id" },
		{ SET("usage", "\xc3\xbc", ""), "id" },
		{ SET("usage", I50 I50 I50 I50 "i", ""), "id" },
		{ SET("usage", I50 I50 I50 I50, ""), NULL },
		{ SET("usage", "AZaz09._~:/-", ""), NULL },
		{ "{\"type\":\"usage\",\"id\":\"a\",\"from\":1}", "op" },
		{ "{\"type\":\"usage\",\"id\":\"a\",\"op\":\"SET\",\"from\":1}",
		    "op" },
		{ "{\"type\":\"usage\",\"id\":\"a\",\"op\":\"suspend\","
		  "\"from\":0}",
		    NULL },
		{ "{\"type\":\"usage\",\"id\":\"a\",\"op\":\"end\"}", "from" },
		{ "{\"type\":\"usage\",\"id\":\"a\",\"op\":\"end\","
		  "\"from\":\"1\"}",
		    "from" },
		{ "{\"type\":\"usage\",\"id\":\"a\",\"op\":\"end\","
		  "\"from\":1.5}",
		    "from" },
	};

	(void)state;
	SHAPES(rows);
}

/* The members that formats 5.4 reads belong to the shape. */
static void
test_shape_of_what_is_touched(void **state)
{
	static const struct row rows[] = {
		{ SET("licence", "l", ""), "right" },
		{ SET("licence", "l", RAW("right", "1")), "right" },
		{ SET("licence", "l", TEXT("right", "r")), NULL },
		{ SET("recall", "r", ""), "gtin" },
		{ SET("recall", "r", RAW("gtin", "1")), "gtin" },
		{ SET("recall", "r", TEXT("gtin", "9506000134352")), "gtin" },
		{ SET("recall", "r", TEXT("gtin", "09506000134353")), "gtin" },
		{ SET("recall", "r", TEXT("gtin", "0950600013435x")), "gtin" },
		{ SET("recall", "r", TEXT("gtin", GTIN)), NULL },
		{ SET("recall", "r", TEXT("gtin", GTIN) TEXT("lots", "A")),
		    "lots" },
		{ SET("recall", "r",
		      TEXT("gtin", GTIN) RAW("lots", "[\"A\",1]")),
		    "lots" },
		{ SET("recall", "r", TEXT("gtin", GTIN) RAW("lots", "{}")),
		    "lots" },
		{ SET("recall", "r", TEXT("gtin", GTIN) RAW("lots", "[]")),
		    NULL },
		{ SET("recall", "r",
		      TEXT("gtin", GTIN) RAW("lots", "[\"A\",\"B/1\"]")),
		    NULL },
		{ SET("goods", GTIN, ""), "prefix" },
		{ SET("goods", GTIN, TEXT("gtin", "0950600013435")), "gtin" },
		{ SET("goods", GTIN, TEXT("gtin", GTIN)), NULL },
		{ SET("goods", "950", TEXT("prefix", "950")), NULL },
		{ END("goods", "9506", ""), "prefix" },
	};

	(void)state;
	SHAPES(rows);
}

static void
test_unlisted(void **state)
{
	struct registry r;
	struct diag d = { 0 };

	(void)state;
	assert_int_equal(
	    registry_parse(&r, span_str(SET("novelty", "x", "")), &d), ERR_OK);
	assert_int_equal(r.type, REGISTRY_UNLISTED);
	assert_string_equal(r.type_word, "novelty");
	assert_string_equal(r.id, "x");
	assert_true(r.from_ms == 1764075776123);
	assert_int_equal(registry_check(&r, &d), ERR_SCHEMA);
	registry_clear(&r);
	registry_clear(&r);
}

static void
test_organisation(void **state)
{
	static const struct row rows[] = {
		{ ORG(ORG_GOOD), NULL },
		{ ORG(ORG_GOOD RAW("glns", "[\"" GLN "\"]") RAW(
		      "keys", "[{\"key\":\"" KEY "\",\"may\":[\"licence\"]}]")),
		    NULL },
		{ ORG(TEXT("did", "did:web:h:org:demo")), "name" },
		{ ORG(TEXT("name", "demo2") TEXT("did", "d")), "name" },
		{ ORG(TEXT("name", "Demo") TEXT("did", "d")), "name" },
		{ ORG(TEXT("name", "demo")), "did" },
		{ ORG(TEXT("name", "demo") TEXT("did", "")), "did" },
		{ ORG(ORG_GOOD TEXT("glns", GLN)), "glns" },
		{ ORG(ORG_GOOD RAW("glns", "[\"9506000111118\"]")), "glns" },
		{ ORG(ORG_GOOD RAW("keys", "[1]")), "keys" },
		{ ORG(ORG_GOOD RAW("keys", "{}")), "keys" },
		{ ORG(ORG_GOOD RAW("keys", "[{\"may\":[]}]")), "keys" },
		{ ORG(ORG_GOOD RAW("keys", "[{\"key\":\"" KEY "\"}]")),
		    "keys" },
		{ SET("organisation", "De", ORG_GOOD), "id" },
		{ END("organisation", "demo", ""), NULL },
		{ END("organisation", "De", ""), "id" },
	};

	(void)state;
	EFFECTS(rows);
}

static void
test_device(void **state)
{
	static const struct row rows[] = {
		{ DEVICE("demo", "1", KEY, "device", ""), NULL },
		{ DEVICE("demo", "2", KEY, "gateway",
		      RAW("steps", "[\"packing\"]") TEXT("reason", "rotation")
			  TEXT("possession", SIG64)),
		    NULL },
		{ DEVICE("Demo", "1", KEY, "device", ""), "organisation" },
		{ DEVICE("demo", "0", KEY, "device", ""), "epoch" },
		{ DEVICE("demo", "\"1\"", KEY, "device", ""), "epoch" },
		{ DEVICE("demo", "1", "did:key:z", "device", ""), "key" },
		{ DEVICE("demo", "1", KEY, "robot", ""), "role" },
		{ DEVICE("demo", "1", KEY, "device", TEXT("steps", "all")),
		    "steps" },
		{ DEVICE("demo", "1", KEY, "device", RAW("steps", "[1]")),
		    "steps" },
		{ DEVICE("demo", "1", KEY, "device", RAW("reason", "1")),
		    "reason" },
		{ DEVICE(
		      "demo", "1", KEY, "device", TEXT("possession", "QQ==")),
		    "possession" },
		{ DEVICE("demo", "1", KEY, "device", RAW("unknown", "[{}]")),
		    NULL },
		{ SET("device", "line-1", ""), "organisation" },
		{ SET("device", "line-1", TEXT("organisation", "demo")),
		    "did" },
		{ SET("device", "Line-1", ""), "id" },
		{ END("device", "line-1", ""), NULL },
		{ END("device", "line-1", TEXT("reason", "lost")), NULL },
		{ END("device", "line-1", RAW("reason", "null")), "reason" },
	};

	(void)state;
	EFFECTS(rows);
}

static void
test_goods_and_places(void **state)
{
	static const struct row rows[] = {
		{ SET("goods", GTIN,
		      TEXT("gtin", GTIN) TEXT("organisation", "demo")),
		    NULL },
		{ SET("goods", "9506000",
		      TEXT("prefix", "9506000") TEXT("organisation", "demo")
			  TEXT("right", "X1") TEXT("issuance", "during")),
		    NULL },
		{ SET("goods", GTIN, TEXT("gtin", GTIN)), "organisation" },
		{ SET("goods", "x",
		      TEXT("gtin", GTIN) TEXT("organisation", "demo")),
		    "id" },
		{ SET("goods", "950",
		      TEXT("prefix", "950") TEXT("organisation", "demo")),
		    "prefix" },
		{ SET("goods", "9506000134352",
		      TEXT("prefix", "9506000134352")
			  TEXT("organisation", "demo")),
		    "prefix" },
		{ SET("goods", "95a6",
		      TEXT("prefix", "95a6") TEXT("organisation", "demo")),
		    "prefix" },
		{ SET("goods", GTIN,
		      TEXT("gtin", GTIN) TEXT("organisation", "demo")
			  TEXT("issuance", "after")),
		    "issuance" },
		{ SET("goods", GTIN,
		      TEXT("gtin", GTIN) TEXT("organisation", "demo")
			  RAW("right", "[]")),
		    "right" },
		{ END("goods", GTIN, TEXT("gtin", GTIN)), NULL },
		{ PLACE(PLACE_GOOD), NULL },
		{ PLACE(TEXT("gln", GLN) RAW("lat7", "-900000000") RAW("lon7",
		      "1800000000") TEXT("country", "DE") TEXT("kind", "port")),
		    NULL },
		{ PLACE(RAW("lat7", "0") RAW("lon7", "0")), "gln" },
		{ SET("place", "9506000134352", PLACE_GOOD), "gln" },
		{ SET("place", "9506000111118", ""), "id" },
		{ PLACE(TEXT("gln", GLN) RAW("lon7", "0")), "lat7" },
		{ PLACE(TEXT("gln", GLN) RAW("lat7", "0")), "lon7" },
		{ PLACE(TEXT("gln", GLN) RAW("lat7", "900000001")
			  RAW("lon7", "0")),
		    "lat7" },
		{ PLACE(TEXT("gln", GLN) RAW("lat7", "0")
			  RAW("lon7", "-1800000001")),
		    "lon7" },
		{ PLACE(PLACE_GOOD RAW("country", "49")), "country" },
	};

	(void)state;
	EFFECTS(rows);
}

static void
test_keys_and_others(void **state)
{
	static const struct row rows[] = {
		{ SET("delegation", KEY, TEXT("key", KEY) RAW("may", "[]")),
		    NULL },
		{ SET("delegation", KEY, RAW("may", "[]")), "key" },
		{ SET("delegation", KEY, TEXT("key", KEY)), "may" },
		{ SET("delegation", KEY, TEXT("key", KEY) RAW("may", "[\"\"]")),
		    "may" },
		{ SET("delegation", "k", ""), "id" },
		{ SET("service", KEY, TEXT("key", KEY) TEXT("use", "answer")),
		    NULL },
		{ SET("service", KEY, TEXT("key", KEY) TEXT("use", "other")),
		    "use" },
		{ SET("service", KEY, TEXT("key", KEY)), "use" },
		{ END("service", KEY, ""), NULL },
		{ SET("service", "k", ""), "id" },
		{ SET("right", "DE1",
		      TEXT("st13", "DE1") RAW("classes", "[25]")),
		    NULL },
		{ SET("right", "DE1", TEXT("st13", "DE2")), "st13" },
		{ SET("right", "DE1", RAW("classes", "25")), "classes" },
		{ SET("right", "DE1", TEXT("holder", "X Y")), "holder" },
		{ SET("licence", "l",
		      TEXT("right", "r") RAW("countries", "[\"DE\"]")
			  RAW("quantity", "5")),
		    NULL },
		{ SET("licence", "l",
		      TEXT("right", "r") RAW("quantity", "\"5\"")),
		    "quantity" },
		{ SET("licence", "l", TEXT("right", "r") RAW("to", "1.5")),
		    "to" },
		{ SET("recall", "r",
		      TEXT("gtin", GTIN) RAW("serials", "[\"1\"]")),
		    NULL },
		{ SET("recall", "r", TEXT("gtin", GTIN) RAW("serials", "1")),
		    "serials" },
		{ SET("usage", "u", TEXT("licence", "l") RAW("at_index", "9")),
		    NULL },
		{ SET("usage", "u", RAW("at_index", "[]")), "at_index" },
		{ SET("tagread", "04A1", RAW("counter", "3")), NULL },
		{ SET("tagread", "04A1", TEXT("counter", "3")), "counter" },
		{ SET("heartbeat", "line-1", ""), NULL },
		{ SET("heartbeat", "Line", ""), "id" },
		{ SET("inspection", "i", ""), NULL },
		{ SET("pack", "p", ""), NULL },
		{ SET("erasure", "e", ""), NULL },
	};

	(void)state;
	EFFECTS(rows);
}

#define POLICY(rest) SET("policy", "demo", TEXT("organisation", "demo") rest)
#define BRAND TEXT("visibility", "brand")

static void
test_policy(void **state)
{
	static const struct row rows[] = {
		{ POLICY(BRAND), NULL },
		{ POLICY(TEXT("visibility", "public")), NULL },
		{ POLICY(TEXT("visibility", "parties")), NULL },
		{ POLICY(TEXT("visibility", "authority")), NULL },
		{ POLICY(""), "visibility of policy: got none" },
		{ POLICY(TEXT("visibility", "Brand")),
		    "visibility of policy: got Brand" },
		{ POLICY(TEXT("visibility", "sealed")),
		    "got sealed, wanted public, parties, brand or authority "
		    "(sealed is for fields, 1.6)" },
		{ POLICY(RAW("visibility", "1")), "got something else" },
		{ SET("policy", "demo", BRAND), "organisation of policy" },
		{ SET("policy", "demo/at-the-dock",
		      TEXT("organisation", "demo") BRAND),
		    NULL },
		/* whose it is stands in the id */
		{ SET("policy", "other", TEXT("organisation", "demo") BRAND),
		    "id of policy: got other" },
		{ SET("policy", "demo-2/x", TEXT("organisation", "demo") BRAND),
		    "id of policy" },
		{ SET("policy", "/demo", TEXT("organisation", "demo") BRAND),
		    "id of policy" },
		{ END("policy", "demo/x", ""), NULL },
		{ END("policy", "demo/x", TEXT("organisation", "other")),
		    "id of policy" },
		{ END("policy", "Demo", ""), "id of policy" },
		{ POLICY(BRAND TEXT("gtin", GTIN)), NULL },
		{ POLICY(BRAND TEXT("gtin", "09506000134353")),
		    "gtin of policy: got 09506000134353" },
		{ POLICY(BRAND TEXT("prefix", "9506000")), NULL },
		{ POLICY(BRAND TEXT("prefix", "950")),
		    "prefix of policy: got 950" },
		{ POLICY(BRAND TEXT("gtin", GTIN) TEXT("prefix", "9506000")),
		    "prefix of policy: got one beside gtin" },
		{ POLICY(BRAND RAW("bizSteps", "[\"shipping\",\"https://"
					       "ref.gs1.org/cbv/"
					       "BizStep-receiving\","
					       "\"https://a.example/mend\"]")),
		    NULL },
		{ POLICY(BRAND RAW("bizSteps", "[\"shipping\",\"shiping\"]")),
		    "bizSteps/1 of policy: got shiping" },
		{ POLICY(BRAND RAW("bizSteps", "[\"https://ref.gs1.org/cbv/"
					       "BizStep-shiping\"]")),
		    "bizSteps/0 of policy" },
		{ POLICY(BRAND RAW("bizSteps", "[\"a:" I50 I50 I50 I50 "\"]")),
		    "bizSteps/0 of policy" },
		{ POLICY(BRAND RAW("bizSteps", "[7]")),
		    "bizSteps/0 of policy: got something else" },
		{ POLICY(BRAND RAW("bizSteps", "[]")),
		    "bizSteps of policy: got something else" },
		{ POLICY(BRAND TEXT("bizSteps", "shipping")),
		    "bizSteps of policy: got shipping" },
		{ POLICY(BRAND TEXT("other", "x")), NULL },
	};
	struct registry r;

	(void)state;
	EFFECTS(rows);
	assert_int_equal(
	    registry_parse(&r, span_str(END("policy", "demo/x/y", "")), NULL),
	    ERR_OK);
	assert_true(span_is(registry_policy_of(&r), "demo"));
	registry_clear(&r);
}

static void
test_words(void **state)
{
	int t;

	(void)state;
	for (t = 0; t < REGISTRY_UNLISTED; t++) {
		char json[120];
		struct buf b = buf_fixed(json, sizeof(json));
		const char *word = registry_word((enum registry_type)t);
		struct registry r;

		buf_printf(&b,
		    "{\"type\":\"%s\",\"id\":\"" GTIN
		    "\",\"op\":\"suspend\",\"from\":-1,\"gtin\":\"" GTIN
		    "\",\"right\":\"r\"}",
		    word);
		assert_int_equal(
		    registry_parse(&r, buf_span(&b), NULL), ERR_OK);
		assert_int_equal(r.type, t);
		assert_string_equal(r.type_word, word);
		assert_int_equal(r.op, REGISTRY_SUSPEND);
		assert_true(r.from_ms == -1);
		registry_clear(&r);
	}
	assert_string_equal(registry_word(REGISTRY_UNLISTED), "unlisted");
}

static void
printed(struct buf *b, enum err e, const char *want)
{
	assert_int_equal(e, ERR_OK);
	assert_string_equal(buf_text(b), want);
	buf_reset(b);
}

static void
test_put(void **state)
{
	static const char *const glns[] = { GLN };
	uint8_t pub[KEY_BYTES], sig[SIG_BYTES] = { 0 };
	char space[1024];
	struct buf b = buf_fixed(space, sizeof(space));
	struct registry_device v = { .name = "line-1",
		.organisation = "demo",
		.did = "did:web:h:device:line-1",
		.epoch = 1,
		.key = pub,
		.role = "device" };
	struct registry_device gone = { .name = "line-1", .reason = "lost" };

	(void)state;
	assert_int_equal(did_key_parse(pub, span_str(KEY)), ERR_OK);
	printed(&b, registry_put_device(&b, &v, REGISTRY_SET, 1764075776123),
	    DEVICE("demo", "1", KEY, "device", ""));
	v.reason = "rotation";
	v.possession = sig;
	printed(&b, registry_put_device(&b, &v, REGISTRY_SET, 1764075776123),
	    DEVICE("demo", "1", KEY, "device",
		TEXT("reason", "rotation") TEXT("possession", SIG64)));
	printed(&b, registry_put_device(&b, &gone, REGISTRY_END, 1764075776123),
	    END("device", "line-1", TEXT("reason", "lost")));
	printed(&b,
	    registry_put_organisation(
		&b, "demo", "did:web:h:org:demo", glns, 1, 1764075776123),
	    ORG(ORG_GOOD RAW("glns", "[\"" GLN "\"]")));
	printed(&b,
	    registry_put_goods(&b, GTIN, "demo", NULL, NULL, 1764075776123),
	    SET("goods", GTIN,
		TEXT("gtin", GTIN) TEXT("organisation", "demo")));
	printed(&b,
	    registry_put_goods(
		&b, "9506000", "demo", "X1", "before", 1764075776123),
	    SET("goods", "9506000",
		TEXT("prefix", "9506000") TEXT("organisation", "demo")
		    TEXT("right", "X1") TEXT("issuance", "before")));
	printed(&b,
	    registry_put_place(
		&b, GLN, "AU", -338567844, 1512152967, "shop", 1764075776123),
	    SET("place", GLN,
		TEXT("gln", GLN) TEXT("country", "AU") RAW("lat7", "-338567844")
		    RAW("lon7", "1512152967") TEXT("kind", "shop")));
	printed(&b, registry_put_service(&b, pub, "ingest", 1764075776123),
	    SET("service", KEY, TEXT("key", KEY) TEXT("use", "ingest")));
}

static void
test_put_refused(void **state)
{
	static const char *const glns[] = { "1" };
	uint8_t pub[KEY_BYTES] = { 0 };
	char space[1024], tight[20];
	struct buf b = buf_fixed(space, sizeof(space));
	struct registry_device v = { .name = "line-1",
		.organisation = "demo",
		.did = "d",
		.epoch = 1,
		.key = pub,
		.role = "robot" };

	(void)state;
	buf_str(&b, "kept");
	assert_int_equal(
	    registry_put_device(&b, &v, REGISTRY_SET, 1), ERR_USAGE);
	v.role = "device";
	v.name = "Line";
	assert_int_equal(
	    registry_put_device(&b, &v, REGISTRY_SET, 1), ERR_USAGE);
	v.name = "line-1";
	v.epoch = 0;
	assert_int_equal(
	    registry_put_device(&b, &v, REGISTRY_SET, 1), ERR_USAGE);
	v.epoch = UINT64_MAX;
	assert_int_equal(
	    registry_put_device(&b, &v, REGISTRY_SET, 1), ERR_USAGE);
	assert_int_equal(
	    registry_put_organisation(&b, "demo", "d", glns, 1, 1), ERR_USAGE);
	assert_int_equal(
	    registry_put_goods(&b, "09506000134353", "demo", NULL, NULL, 1),
	    ERR_USAGE);
	assert_int_equal(
	    registry_put_goods(&b, "950", "demo", NULL, NULL, 1), ERR_USAGE);
	assert_int_equal(
	    registry_put_place(&b, GLN, "AU", 900000001, 0, "shop", 1),
	    ERR_USAGE);
	assert_int_equal(registry_put_service(&b, pub, "x", 1), ERR_USAGE);
	assert_string_equal(buf_text(&b), "kept");
	b = buf_fixed(tight, sizeof(tight));
	assert_int_equal(registry_put_service(&b, pub, "ingest", 1), ERR_SPACE);
}

static void
test_possession(void **state)
{
	static const char want[] =
	    "countermark/epoch-key/v1\0did:web:h:device:a\0"
	    "12";
	uint8_t space[100], tight[10];
	struct buf b = buf_fixed(space, sizeof(space));

	(void)state;
	/* formats 2.3 */
	assert_int_equal(
	    registry_possession(&b, "did:web:h:device:a", 12), ERR_OK);
	assert_true(span_equal(buf_span(&b), span_of(want, sizeof(want) - 1)));
	b = buf_fixed(tight, sizeof(tight));
	assert_int_equal(registry_possession(&b, "d", 1), ERR_SPACE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shape),
		cmocka_unit_test(test_shape_of_what_is_touched),
		cmocka_unit_test(test_unlisted),
		cmocka_unit_test(test_organisation),
		cmocka_unit_test(test_device),
		cmocka_unit_test(test_goods_and_places),
		cmocka_unit_test(test_keys_and_others),
		cmocka_unit_test(test_policy),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_put),
		cmocka_unit_test(test_put_refused),
		cmocka_unit_test(test_possession),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
