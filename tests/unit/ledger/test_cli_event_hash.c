/* SPDX-License-Identifier: Apache-2.0 */
/* countermark event-hash: what it prints and what it refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/text.h"

#include "cli.h"

#include "base/banned.h"

static char folder[] = "/tmp/cm-event-hash-XXXXXX";
static char path[64];

/* The command over a file of that content; out is the object. */
static enum err
run(struct cli *c, const char *content)
{
	struct diag d = { 0 };
	enum err e;

	assert_int_equal(
	    file_replace(path, span_str(content), 0600, &d), ERR_OK);
	memset(c, 0, sizeof *c);
	c->args.positional = path;
	c->out = buf_heap(1 << 24); /* as cli_run() has */
	json_out_init(&c->json, &c->out);
	json_out_object(&c->json, NULL);
	e = cli_event_hash(c);
	json_out_end_object(&c->json);
	return e;
}

#define DOC(events)                                                            \
	"{\"type\":\"EPCISDocument\",\"epcisBody\":{\"eventList\":[" events    \
	"]}}"

static void
hash_text(char out[2 * HASH_BYTES + 1], const char *pre)
{
	struct hash sum = hash_bytes(span_str(pre));

	hex_print(out, hash_span(&sum));
}

static void
events_are_named(void **state)
{
	char first[2 * HASH_BYTES + 1], second[2 * HASH_BYTES + 1];
	char want[1024];
	struct cli c;

	(void)state;
	assert_int_equal(run(&c, DOC("{\"action\":\"ADD\","
				     "\"type\":\"ObjectEvent\"},"
				     "{\"type\":\"ObjectEvent\",\"k\":1,"
				     "\"eventID\":\"ni:///sha-256;0\"}")),
	    ERR_OK);
	hash_text(first, "eventType=ObjectEventaction=ADD");
	hash_text(second, "eventType=ObjectEventk=1");
	(void)snprintf(want, sizeof want,
	    "{\"events\":[{\"pos\":0,\"hash\":\"ni:///sha-256;%s"
	    "?ver=CBV2.0\",\"comparable\":true},"
	    "{\"pos\":1,\"hash\":\"ni:///sha-256;%s?ver=CBV2.0\","
	    "\"comparable\":false,"
	    "\"reason\":\"a member that is no extension\","
	    "\"eventID\":\"opaque\"}]}",
	    first, second);
	assert_string_equal(buf_text(&c.out), want);
	buf_free(&c.out);
}

/* An event that bears the hash of itself. */
static void
own_hashes_are_seen(void **state)
{
	static const struct {
		const char *pre, *fit;
	} rows[] = {
		{ "eventType=xparentID=urn:pepcListepc=urn:e",
		    "\"eventID\":\"reference\"" },
		{ "eventType=xepcListepc=urn:eparentID=urn:p",
		    "\"eventID\":\"text\"" },
	};
	char hex[2 * HASH_BYTES + 1], content[1024];
	struct cli c;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		hash_text(hex, rows[i].pre);
		(void)snprintf(content, sizeof content,
		    DOC("{\"type\":\"x\",\"parentID\":\"urn:p\","
			"\"epcList\":[\"urn:e\"],\"eventID\":"
			"\"ni:///sha-256;%s?ver=CBV2.0\"}"),
		    hex);
		assert_int_equal(run(&c, content), ERR_OK);
		assert_non_null(strstr(buf_text(&c.out), rows[i].fit));
		buf_free(&c.out);
	}
}

static void
refusals_name_the_place(void **state)
{
	static const struct {
		const char *content;
		enum err e;
		const char *says;
	} rows[] = {
		{ "{", ERR_JSON, "byte 1" },
		{ "{\"type\":\"ObjectEvent\"}", ERR_SCHEMA, "EPCISDocument" },
		{ DOC("{\"type\":\"x\"},{\"type\":\"x\",\"a:b\":1e9999}"),
		    ERR_LIMIT, "event 1: " },
	};
	struct cli c;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_int_equal(run(&c, rows[i].content), rows[i].e);
		assert_non_null(strstr(c.d.text, rows[i].says));
		buf_free(&c.out);
	}
	memset(&c, 0, sizeof c);
	c.args.positional = folder;
	c.out = buf_heap(1 << 10);
	json_out_init(&c.json, &c.out);
	json_out_object(&c.json, NULL);
	assert_int_equal(cli_event_hash(&c), ERR_IO);
	buf_free(&c.out);
}

static void
files_have_a_limit(void **state)
{
	struct buf b = buf_heap(1 << 20);
	struct cli c;

	(void)state;
	for (unsigned n = 65536; n <= 65537; n++) {
		buf_reset(&b);
		buf_str(&b, "{\"type\":\"EPCISDocument\",\"epcisBody\":{"
			    "\"eventList\":[");
		for (unsigned i = 0; i < n; i++)
			buf_str(&b, i == 0 ? "{}" : ",{}");
		buf_str(&b, "]}}");
		assert_non_null(buf_text(&b));
		if (n == 65537) {
			assert_int_equal(run(&c, buf_text(&b)), ERR_LIMIT);
			assert_non_null(strstr(c.d.text, "65537 events"));
		} else {
			/* The answer has room. */
			assert_int_equal(run(&c, buf_text(&b)), ERR_OK);
			assert_int_equal(buf_error(&c.out), ERR_OK);
		}
		buf_free(&c.out);
	}
	buf_free(&b);
}

static int
make_folder(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return 1;
	(void)snprintf(path, sizeof path, "%s/f", folder);
	return 0;
}

static int
remove_folder(void **state)
{
	(void)state;
	(void)unlink(path);
	return rmdir(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_are_named),
		cmocka_unit_test(own_hashes_are_seen),
		cmocka_unit_test(refusals_name_the_place),
		cmocka_unit_test(files_have_a_limit),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
