/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/crypto.h"
#include "event/epcis.h"
#include "event/statement.h"
#include "event/touch.h"

#include "base/banned.h"

/* formats 5.4 over whole entries: what each kind of payload touches. */
#define ISS "did:web:h:device:line-1"
#define DEVICE "device/" ISS "\n"
#define DOC(events)                                                            \
	"{'type':'EPCISDocument','epcisBody':{'eventList':[" events "]}}"
#define ITEM "https://id.gs1.org/01/09506000134352/21/"

static struct touch touch;
static struct buf told;

static void
tell(void *ctx, struct span subject)
{
	(void)ctx;
	buf_put(&told, subject);
	buf_byte(&told, '\n');
}

static void
make(struct buf *entry, enum content content, const char *source)
{
	struct claims c = { .iss = span_str(ISS),
		.epoch = 1,
		.seq = 1,
		.wall = 1764075776000,
		.clock = 2 };
	struct buf payload = buf_heap(1 << 16);
	struct sign_key key;
	uint8_t seed[KEY_BYTES] = { 1 };

	c.sub = c.iss;
	for (; *source != '\0'; source++)
		buf_byte(&payload, *source == '\'' ? '"' : (uint8_t)*source);
	key_from_seed(&key, seed);
	assert_int_equal(
	    statement_make(entry, &c, content, buf_span(&payload), &key, NULL),
	    ERR_OK);
	buf_free(&payload);
}

static void
entry_is(struct span entry, const char *want)
{
	buf_reset(&told);
	assert_int_equal(touch_entry(&touch, entry, tell, NULL), ERR_OK);
	if (!span_is(buf_span(&told), want))
		fail_msg(
		    "got: %.*s wanted: %s", SPAN_ARG(buf_span(&told)), want);
}

static void
touches(enum content content, const char *source, const char *want)
{
	struct buf entry = buf_heap(1 << 16);

	make(&entry, content, source);
	assert_int_equal(entry_kind(buf_span(&entry)), ENTRY_STATEMENT);
	entry_is(buf_span(&entry), want);
	buf_free(&entry);
}

#define PRODUCT(source, want) touches(CONTENT_IS_PRODUCT, source, DEVICE want)
#define REGISTRY(source, want) touches(CONTENT_IS_REGISTRY, source, DEVICE want)

static void
test_lists(void **state)
{
	(void)state;
	PRODUCT(DOC("{'type':'x',"
		    "'epcList':['urn:epc:id:sgtin:9506000.013435.A',"
		    "'https://a/01/9506000134352/21/%41','goods/1','urn:x:1'],"
		    "'childEPCs':['" ITEM "B'],'parentID':'urn:x:2',"
		    "'inputEPCList':['urn:x:3'],"
		    "'outputEPCList':['urn:x:4','urn:\\u0078:1']}"),
	    ITEM "A\nurn:x:1\n" ITEM "B\nurn:x:2\nurn:x:3\nurn:x:4\n");
	/* a class in an EPC list touches nothing, nor do other members */
	PRODUCT(DOC("{'type':'x','epcList':["
		    "'urn:epc:class:lgtin:9506000.013435.L'],"
		    "'readPoint':{'id':'urn:x:1'},'eventID':'urn:x:2',"
		    "'ex:epcList':['urn:x:3'],'ilmd':{'epcList':["
		    "'urn:x:4']}}"),
	    "");
	/* over all events, once an entry */
	PRODUCT(DOC("{'type':'x','epcList':['urn:x:1']},"
		    "{'type':'y','\\u0065pcList':['urn:x:1','urn:x:2']}"),
	    "urn:x:1\nurn:x:2\n");
}

static void
test_quantities(void **state)
{
	(void)state;
	PRODUCT(DOC("{'type':'x','quantityList':["
		    "{'epcClass':'urn:epc:class:lgtin:9506000.013435.L1'},"
		    "{'epcClass':'https://a/01/9506000134352/10/L%2f2'},"
		    "{'epcClass':'https://a/01/9506000134352'},"
		    "{'epcClass':'urn:x:1'},{'epcClass':'" ITEM "A'},"
		    "{'epcClass':'https://a/8006/095060001343520102/10/L'},"
		    "{'epcClass':5},{},7]}"),
	    "https://id.gs1.org/01/09506000134352/10/L1\n"
	    "https://id.gs1.org/01/09506000134352/10/L%2F2\n");
	PRODUCT(DOC("{'type':'x','childQuantityList':["
		    "{'epcClass':'https://a/01/9506000134352/10/1'}],"
		    "'inputQuantityList':["
		    "{'epcClass':'https://a/01/9506000134352/10/2'}],"
		    "'outputQuantityList':["
		    "{'epcClass':'https://a/01/9506000134352/10/3'}]}"),
	    "https://id.gs1.org/01/09506000134352/10/1\n"
	    "https://id.gs1.org/01/09506000134352/10/2\n"
	    "https://id.gs1.org/01/09506000134352/10/3\n");
	PRODUCT(DOC("{'type':'x','quantityList':'none'}"), "");
}

static void
test_part(void **state)
{
	(void)state;
	PRODUCT(DOC("{'type':'x','epcList':['urn:x:1'],'cm:part':{"
		    "'of':'urn:uuid:1','n':1,'total':2}}"),
	    "urn:x:1\npart/urn:uuid:1\n");
	PRODUCT(DOC("{'type':'x','cm:part':{'of':1}}"), "");
	PRODUCT(DOC("{'type':'x','cm:part':5}"), "");
}

static void
test_no_shape(void **state)
{
	(void)state;
	PRODUCT("", "reject/\n");
	PRODUCT("{}", "reject/\n");
	PRODUCT(DOC(""), "reject/\n");
	PRODUCT(DOC("{'type':'x','epcList':['urn:x:1',2]}"), "reject/\n");
	PRODUCT(DOC("{'type':'x','epcList':['urn:x:\\u0000']}"), "reject/\n");
	REGISTRY("{}", "reject/\n");
	REGISTRY("{'type':'goods','id':'1','op':'set','from':1}", "reject/\n");
}

#define SET(type, id, rest)                                                    \
	"{'type':'" type "','id':'" id "','op':'set','from':1" rest "}"

static void
test_registry(void **state)
{
	(void)state;
	REGISTRY(SET("device", "line-2", ""), "registry/device/line-2\n");
	REGISTRY(SET("newtype", "a:b/c", ""), "registry/newtype/a:b/c\n");
	REGISTRY(SET("goods", "09506000134352", ",'gtin':'09506000134352'"),
	    "registry/goods/09506000134352\ngoods/09506000134352\n");
	REGISTRY(SET("goods", "9506000", ",'prefix':'9506000'"),
	    "registry/goods/9506000\ngoods/9506000\n");
	REGISTRY(SET("recall", "r-1",
		     ",'gtin':'09506000134352','lots':['L/1','L2','L2']"),
	    "registry/recall/r-1\ngoods/09506000134352\n"
	    "goods/09506000134352/L%2F1\ngoods/09506000134352/L2\n");
	REGISTRY(SET("recall", "r-1", ",'gtin':'09506000134352'"),
	    "registry/recall/r-1\ngoods/09506000134352\n");
	REGISTRY(SET("licence", "l-1", ",'right':'XX-1'"),
	    "registry/licence/l-1\nregistry/right/XX-1\n");
}

static void
test_entries(void **state)
{
	struct buf fork = buf_heap(1 << 16);

	(void)state;
	assert_int_equal(
	    entry_kind(span_str("countermark/genesis/v1\nx")), ENTRY_GENESIS);
	assert_int_equal(
	    entry_kind(span_str("countermark/epoch/v1\nx")), ENTRY_EPOCH);
	entry_is(span_str("countermark/genesis/v1\nx"), "");
	entry_is(span_str("countermark/epoch/v1\nx"), "");
	entry_is(span_str("countermark/fork/v1\nx"), "reject/\n");
	entry_is(span_str("no statement"), "reject/\n");
	entry_is(SPAN_NONE, "reject/\n");
	buf_str(&fork, "countermark/fork/v1\n");
	make(&fork, CONTENT_IS_PRODUCT,
	    DOC("{'type':'x','epcList':['urn:x:1']}"));
	assert_int_equal(entry_kind(buf_span(&fork)), ENTRY_FORK);
	assert_int_equal(entry_fork_statement(buf_span(&fork)).n,
	    fork.n - strlen("countermark/fork/v1\n"));
	entry_is(buf_span(&fork), DEVICE "reject/\n");
	buf_free(&fork);
}

/* The table grows, and a later entry sees nothing of it. */
static void
test_many(void **state)
{
	struct buf events = buf_heap(1 << 16), want = buf_heap(1 << 16);

	(void)state;
	buf_str(&events, "{'type':'EPCISDocument','epcisBody':{'eventList':["
			 "{'type':'x','epcList':['urn:x:0'");
	buf_str(&want, DEVICE "urn:x:0\n");
	for (unsigned i = 1; i < 2000; i++) {
		buf_printf(&events, ",'urn:x:%u','urn:x:%u'", i, i / 2);
		buf_printf(&want, "urn:x:%u\n", i);
	}
	buf_str(&events, "]}]}}");
	touches(CONTENT_IS_PRODUCT, buf_text(&events), buf_text(&want));
	PRODUCT(DOC("{'type':'x','epcList':['urn:x:7']}"), "urn:x:7\n");
	buf_free(&events);
	buf_free(&want);
}

static void
test_open_document(void **state)
{
	static const char text[] =
	    "{\"type\":\"EPCISDocument\",\"epcisBody\":{\"eventList\":[{"
	    "\"type\":\"x\",\"epcList\":[\"urn:x:1\"]}]}}";
	struct epcis_doc doc;

	(void)state;
	assert_int_equal(
	    epcis_open(&doc, span_str(text), touch.nodes, touch.capacity, NULL),
	    ERR_OK);
	buf_reset(&told);
	assert_int_equal(touch_product(&touch, &doc, tell, NULL), ERR_OK);
	assert_true(span_is(buf_span(&told), "urn:x:1\n"));
}

/* What touch_entry() tells of it, and the document where there is one. */
static void
test_statement(void **state)
{
	static const struct {
		enum content content;
		const char *source, *want;
		bool open;
	} cases[] = {
		{ CONTENT_IS_PRODUCT, DOC("{'type':'x','epcList':['urn:x:1']}"),
		    DEVICE "urn:x:1\n", true },
		{ CONTENT_IS_PRODUCT, "{}", DEVICE "reject/\n", false },
		{ CONTENT_IS_REGISTRY,
		    "{'type':'goods','id':'1','op':'set','from':1}",
		    DEVICE "reject/\n", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf entry = buf_heap(1 << 16);
		const struct epcis_doc *doc;
		struct statement s;

		make(&entry, cases[i].content, cases[i].source);
		assert_int_equal(
		    statement_parse(&s, buf_span(&entry), NULL), ERR_OK);
		buf_reset(&told);
		assert_int_equal(
		    touch_statement(&touch, &s, &doc, tell, NULL), ERR_OK);
		assert_true(span_is(buf_span(&told), cases[i].want));
		assert_int_equal(doc != NULL, cases[i].open);
		if (doc != NULL)
			assert_int_equal(doc->event_count, 1);
		buf_free(&entry);
	}
}

static int
set_up(void **state)
{
	(void)state;
	told = buf_heap(1 << 20);
	if (crypto_start() != ERR_OK)
		return -1;
	return touch_init(&touch) == ERR_OK ? 0 : -1;
}

static int
tear_down(void **state)
{
	(void)state;
	buf_free(&told);
	touch_clear(&touch);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_quantities),
		cmocka_unit_test(test_part),
		cmocka_unit_test(test_no_shape),
		cmocka_unit_test(test_registry),
		cmocka_unit_test(test_entries),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_open_document),
		cmocka_unit_test(test_statement),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
