/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"

#include "api_conf.h"

#include "base/banned.h"

#define BASE "[database]\nuri = host=x\n[keys]\nanswer = /k\n"

static enum err
load(struct api_conf *c, const char *text)
{
	char path[] = "/tmp/cm-api-conf-XXXXXX";
	int fd = mkstemp(path);
	struct diag d;
	enum err e;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	(void)close(fd);
	diag_clear(&d);
	e = api_conf_load(c, path, &d);
	assert_int_equal(d.code, e);
	(void)unlink(path);
	return e;
}

static void
test_defaults(void **state)
{
	struct api_conf c;

	(void)state;
	assert_int_equal(load(&c, BASE "[log]\nname = demo\n"), ERR_OK);
	assert_string_equal(c.listen, "127.0.0.1");
	assert_int_equal(c.port, 8080);
	assert_int_equal(c.threads, 4);
	assert_int_equal(c.pool, 4);
	assert_int_equal(c.max_age_ms, 1200000);
	assert_int_equal(c.rate_per_s, 1000);
	assert_int_equal(c.burst, 5000);
	assert_true(c.follow);
	assert_false(c.entries_public);
	assert_null(c.tls_cert);
	assert_null(c.cors);
	assert_null(c.gcp_lengths);
	assert_null(c.gateway);
	assert_int_equal(c.capture_bytes, 256 << 20);
	assert_int_equal(c.capture_count, 0);
	assert_string_equal(c.uri, "host=x");
	assert_string_equal(c.log, "demo");
	assert_string_equal(c.answer_key, "/k");
	api_conf_clear(&c);
}

static void
test_refused(void **state)
{
	static const char *const bad[] = {
		BASE,
		"[log]\nname = demo\n[database]\nuri = x\n",
		BASE "[log]\nname = Demo\n",
		BASE "[log]\nname = demo\nentries = all\n",
		BASE "[log]\nname = demo\n[http]\nport = 0\n",
		BASE "[log]\nname = demo\n[http]\ntls_cert = /c\n",
		BASE "[log]\nname = demo\n[http]\ncors = https://a https://b\n",
		BASE "[log]\nname = demo\n[http]\nprot = 1\n",
		BASE "[log]\nname = demo\n[capture mill]\nidentity = g\n",
		BASE
		"[log]\nname = demo\n[gateway]\nsocket = /s\n[capture mill]\n"
		"identity = No name\n",
		BASE
		"[log]\nname = demo\n[gateway]\nsocket = /s\n[capture Mill]\n"
		"identity = g\n",
	};
	struct api_conf c;

	(void)state;
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(load(&c, bad[i]), ERR_CONFIG);
	assert_int_equal(
	    api_conf_load(&c, "/nonexistent/api.conf", NULL), ERR_IO);
}

static void
test_gcp_lengths(void **state)
{
	struct api_conf c;

	(void)state;
	assert_int_equal(
	    load(&c, BASE "[log]\nname = demo\n[gs1]\ngcp_lengths = /g.json\n"),
	    ERR_OK);
	assert_string_equal(c.gcp_lengths, "/g.json");
	api_conf_clear(&c);
}

/* The shipped example is what --example prints. */
static void
test_example(void **state)
{
	struct buf want = buf_heap(65536), got = buf_heap(65536);

	(void)state;
	conf_example(&want, api_conf_keys, api_conf_key_count);
	assert_int_equal(
	    file_read(&got, "dashboard-api/countermark-api.conf.example", 65536,
		NULL),
	    ERR_OK);
	assert_string_equal(buf_text(&got), buf_text(&want));
	buf_free(&want);
	buf_free(&got);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_gcp_lengths),
		cmocka_unit_test(test_example),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
