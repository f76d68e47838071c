/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/conf.h"
#include "base/file.h"

#include "base/banned.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static const struct conf_key keys[] = {
	{ .section = "agent",
	    .key = "name",
	    .type = CONF_TEXT,
	    .required = true,
	    .help = "name of this agent" },
	{ .section = "agent",
	    .key = "state",
	    .type = CONF_PATH,
	    .fallback = "/var/lib/x",
	    .help = "folder of the state" },
	{ .section = "mqtt",
	    .key = "port",
	    .type = CONF_INT,
	    .fallback = "1883",
	    .min = 1,
	    .max = 65535,
	    .help = "port" },
	{ .section = "mqtt",
	    .key = "offset",
	    .type = CONF_INT,
	    .min = -5,
	    .max = 5,
	    .help = "a signed number" },
	{ .section = "mqtt",
	    .key = "tls",
	    .type = CONF_BOOL,
	    .fallback = "no",
	    .help = "TLS" },
	{ .section = "station",
	    .key = "mode",
	    .type = CONF_CHOICE,
	    .fallback = "single",
	    .choices = "single|pack|batch",
	    .help = "how codes are taken" },
	{ .section = "identity",
	    .key = "key",
	    .type = CONF_PATH,
	    .named = true,
	    .required = true,
	    .help = "key file" },
	{ .section = "identity",
	    .key = "organisation",
	    .type = CONF_TEXT,
	    .named = true,
	    .help = "its organisation" },
};

static char path[] = "/tmp/cm-conf-XXXXXX";

static enum err
load_span(struct conf **c, struct span text, struct diag *d)
{
	assert_int_equal(file_replace(path, text, 0600, d), ERR_OK);
	diag_clear(d);
	return conf_load(c, path, keys, COUNT(keys), d);
}

static enum err
load(struct conf **c, const char *text, struct diag *d)
{
	return load_span(c, span_str(text), d);
}

static void
values_and_fallbacks(void **state)
{
	struct conf *c = NULL;
	struct diag d;

	(void)state;
	assert_int_equal(load(&c,
			     "# comment\n; another\n\n[agent]\r\n"
			     "name = a b ; c # d = e : f\r\n"
			     "[mqtt]\nport=8883\noffset = -5\ntls=yes\n"
			     "[identity line-4]\nkey = /k4\n"
			     "[identity line-5]\nkey=/k5\norganisation=acme",
			     &d),
	    ERR_OK);
	assert_string_equal(
	    conf_text(c, "agent", NULL, "name"), "a b ; c # d = e : f");
	assert_string_equal(conf_text(c, "agent", NULL, "state"), "/var/lib/x");
	assert_int_equal(conf_int(c, "mqtt", NULL, "port"), 8883);
	assert_int_equal(conf_int(c, "mqtt", NULL, "offset"), -5);
	assert_true(conf_bool(c, "mqtt", NULL, "tls"));
	assert_string_equal(conf_text(c, "station", NULL, "mode"), "single");
	assert_int_equal(conf_count(c, "identity"), 2);
	assert_string_equal(conf_name(c, "identity", 0), "line-4");
	assert_string_equal(conf_name(c, "identity", 1), "line-5");
	assert_null(conf_name(c, "identity", 2));
	assert_string_equal(conf_text(c, "identity", "line-5", "key"), "/k5");
	assert_null(conf_text(c, "identity", "line-4", "organisation"));
	assert_int_equal(conf_count(c, "agent"), 0);
	conf_free(c);
	assert_int_equal(load(&c, "[agent]\nname=x\n", &d), ERR_OK);
	assert_int_equal(conf_int(c, "mqtt", NULL, "port"), 1883);
	assert_int_equal(conf_int(c, "mqtt", NULL, "offset"), 0);
	assert_false(conf_bool(c, "mqtt", NULL, "tls"));
	conf_free(c);
	conf_free(NULL);
}

static void
faults_name_file_and_line(void **state)
{
	static const struct {
		const char *text, *line, *what;
	} bad[] = {
		{ "[agent]\nname=x\nnmae=y\n", ":3:", "unknown key nmae" },
		{ "[agent]\nname=x\nname=y\n", ":3:", "repeated key name" },
		{ "[agent]\nname=x\n[agent]\n", ":3:", "repeated section" },
		{ "[agnt]\nname=x\n", ":1:", "unknown section agnt" },
		{ "[agent x]\nname=x\n", ":1:", "takes no name" },
		{ "[agent]\nname=x\n[identity]\n", ":3:", "needs a name" },
		{ "name=x\n", ":1:", "outside a section" },
		{ "[agent]\nname=x\n  state=/y\n", ":3:", "indented" },
		{ "[agent]\n\tname=x\n", ":2:", "indented" },
		{ "[agent]\nname\n", ":2:", "wanted key = value" },
		{ "[agent]\nname: x\n", ":2:", "wanted key = value" },
		{ "[agent]\n=x\n", ":2:", "wanted key = value" },
		{ "[agent\nname=x\n", ":1:", "wanted [section]" },
		{ "[]\n", ":1:", "wanted [section]" },
		{ "[identity ]\n", ":1:", "wanted [section]" },
		{ "[identity a b]\n", ":1:", "wanted [section]" },
		{ "[agent] x\n", ":1:", "wanted [section]" },
		{ "[agent]\nname=\xFF\n", ":2:", "UTF-8" },
		{ "[agent]\nname=x\nstate=\n", ":3:", "empty path" },
		{ "[agent]\nname=x\n[mqtt]\nport=0\n", ":4:", "1 to 65535" },
		{ "[agent]\nname=x\n[mqtt]\nport=65536\n",
		    ":4:", "1 to 65535" },
		{ "[agent]\nname=x\n[mqtt]\nport=1x\n", ":4:", "\"1x\"" },
		{ "[agent]\nname=x\n[mqtt]\noffset=-6\n", ":4:", "-5 to 5" },
		{ "[agent]\nname=x\n[mqtt]\ntls=maybe\n", ":4:", "yes or no" },
		{ "[agent]\nname=x\n[station]\nmode=pac\n",
		    ":4:", "single|pack|batch" },
		{ "[agent]\nname=x\n[station]\nmode=\n", ":4:", "wanted" },
		{ "[mqtt]\nport=1\n", "", "missing key name in [agent]" },
		{ "[agent]\nname=x\n[identity a]\norganisation=b\n", "",
		    "missing key key in [identity a]" },
		{ "\xEF\xBB\xBF[agent]\nname=x\n", ":1:", "wanted" },
	};
	struct conf *c = NULL;
	struct diag d;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_int_equal(load(&c, bad[i].text, &d), ERR_CONFIG);
		assert_int_equal(d.code, ERR_CONFIG);
		assert_non_null(strstr(d.text, path));
		assert_non_null(strstr(d.text, bad[i].line));
		assert_non_null(strstr(d.text, bad[i].what));
		assert_null(c);
	}
	assert_int_equal(
	    load_span(&c, span_of("[agent]\nname=a\0b\n", 17), &d), ERR_CONFIG);
	assert_int_equal(
	    conf_load(&c, "/nonexistent/file", keys, COUNT(keys), &d), ERR_IO);
	assert_int_equal(
	    conf_load(&c, NULL, keys, COUNT(keys), &d), ERR_CONFIG);
}

static void
long_lines(void **state)
{
	struct buf b = buf_heap(4000);
	struct conf *c = NULL;
	struct diag d;

	(void)state;
	buf_str(&b, "[agent]\nname=");
	for (int i = 0; i < 995; i++)
		buf_byte(&b, 'v');
	size_t n = b.n;
	buf_str(&b, "\n[mqtt]\nport=7\n");
	assert_int_equal(load_span(&c, buf_span(&b), &d), ERR_OK);
	assert_int_equal(strlen(conf_text(c, "agent", NULL, "name")), 995);
	assert_int_equal(conf_int(c, "mqtt", NULL, "port"), 7);
	conf_free(c);
	c = NULL;
	b.n = n;
	buf_str(&b, "v\n[mqtt]\nport=7\n");
	assert_int_equal(load_span(&c, buf_span(&b), &d), ERR_CONFIG);
	assert_non_null(strstr(d.text, ":2: line over 1000 bytes"));
	/* A section name longer than the library would keep. */
	buf_reset(&b);
	buf_str(&b, "[agent]\nname=x\n[identity ");
	for (int i = 0; i < 63; i++)
		buf_byte(&b, 'n');
	buf_str(&b, "]\nkey=/k\n");
	assert_int_equal(load_span(&c, buf_span(&b), &d), ERR_OK);
	assert_int_equal(strlen(conf_name(c, "identity", 0)), 63);
	assert_string_equal(
	    conf_text(c, "identity", conf_name(c, "identity", 0), "key"), "/k");
	conf_free(c);
	buf_free(&b);
}

static void
example_shows_every_key(void **state)
{
	struct buf b = buf_heap(4000);

	(void)state;
	conf_example(&b, keys, COUNT(keys));
	const char *text = buf_text(&b);
	for (size_t i = 0; i < COUNT(keys); i++) {
		assert_non_null(strstr(text, keys[i].key));
		assert_non_null(strstr(text, keys[i].help));
	}
	assert_non_null(strstr(text, "[agent]\n# name of this agent; required\n"
				     "name =\n"));
	assert_non_null(strstr(text, "\n#port = 1883\n"));
	assert_non_null(strstr(text, "\n[identity NAME]\n"));
	buf_free(&b);
}

static int
set_up(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int
tear_down(void **state)
{
	(void)state;
	return unlink(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_and_fallbacks),
		cmocka_unit_test(faults_name_file_and_line),
		cmocka_unit_test(long_lines),
		cmocka_unit_test(example_shows_every_key),
	};
	return cmocka_run_group_tests_name(
	    "base.conf", tests, set_up, tear_down);
}
