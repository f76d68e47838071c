/* SPDX-License-Identifier: Apache-2.0 */
/* The program countermark without database: words, policy, gateway, x509. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"

#include "cli.h"
#include "ledger/handover.h"
#include "x509.h"

#include "base/banned.h"

static char folder[] = "/tmp/cm-cli-XXXXXX";

/* ---- words ---- */
/* text: words with single blanks; the parts stay in space. */
static enum err
parse(struct cli_args *a, char space[512], const char *text)
{
	char *argv[40] = { space };
	struct diag d;
	int argc = 1;

	(void)snprintf(space, 512, "x %s", text);
	for (char *p = space; *p != '\0'; p++) {
		if (*p != ' ')
			continue;
		*p = '\0';
		if (argc < 40)
			argv[argc++] = p + 1;
	}
	return cli_parse(a, argc, argv, cli_commands, cli_command_count, &d);
}

static void
options_stand_anywhere(void **state)
{
	struct cli_args a;
	char s[512];

	(void)state;
	assert_int_equal(parse(&a, s,
			     "--config f --timeout=5 org add acme --gln 1 "
			     "--gln=2"),
	    ERR_OK);
	assert_string_equal(a.config, "f");
	assert_int_equal(a.timeout_ms, 5000);
	assert_string_equal(a.positional, "acme");
	assert_int_equal(a.count, 2);
	assert_string_equal(a.given[1].value, "2");
	assert_int_equal(parse(&a, s,
			     "device enrol --org o d --public-key k --config "
			     "f --timeout 60"),
	    ERR_OK);
	assert_string_equal(a.positional, "d");
	assert_string_equal(cli_option(&a, "org"), "o");
	assert_null(cli_option(&a, "epoch"));
	assert_int_equal(parse(&a, s, "keygen f"), ERR_OK);
	assert_int_equal(a.timeout_ms, 30000);
}

static void
wrong_words_are_refused(void **state)
{
	static const char *const wrong[] = {
		"--config f",                   /* no command */
		"--config f device",            /* half a command */
		"--config f nothing",           /* unknown */
		"--config f log show x",        /* one word too many */
		"--config f org add",           /* no name */
		"log show",                     /* no configuration */
		"--config f --bad log show",    /* unknown option */
		"--config f log show --org x",  /* not of this command */
		"--config f goods add 1",       /* required option */
		"--config f goods add 1 --org", /* no value */
		"--config f goods add 1 --org a --org b",
		"--config f migrate --distributed=1", /* a flag */
		"--config f --timeout x log show",
		"--config f --timeout 99999999 log show",
		"--config",
	};
	struct cli_args a;
	char s[512];

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		if (parse(&a, s, wrong[i]) != ERR_USAGE)
			fail_msg("taken: %s", wrong[i]);
	}
}

static void
degrees_are_read_exactly(void **state)
{
	static const struct {
		const char *text;
		int64_t limit, want; /* want INT64_MAX: refused */
	} cases[] = {
		{ "48.8583701", 90, 488583701 },
		{ "-33.8567844", 90, -338567844 },
		{ "0", 90, 0 },
		{ "-0.5", 90, -5000000 },
		{ "90", 90, 900000000 },
		{ "180.0000000", 180, 1800000000 },
		{ "90.0000001", 90, INT64_MAX },
		{ "-90.0000001", 90, INT64_MAX },
		{ "1.12345678", 90, INT64_MAX },
		{ "1234", 180, INT64_MAX },
		{ "", 90, INT64_MAX },
		{ "-", 90, INT64_MAX },
		{ ".5", 90, INT64_MAX },
		{ "5.", 90, INT64_MAX },
		{ "1.2.3", 90, INT64_MAX },
		{ "+1", 90, INT64_MAX },
		{ "1e1", 90, INT64_MAX },
		{ " 1", 90, INT64_MAX },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		int64_t got = INT64_MAX;
		enum err e = cli_degrees(&got, cases[i].text, cases[i].limit);
		if (got != cases[i].want || (e == ERR_OK) != (got != INT64_MAX))
			fail_msg("%s: got %lld", cases[i].text, (long long)got);
	}
}

static void
the_example_file_is_what_the_program_prints(void **state)
{
	struct buf want = buf_heap(65536), got = buf_heap(65536);
	struct diag d;

	(void)state;
	conf_example(&want, cli_conf_keys, cli_conf_key_count);
	assert_int_equal(file_read(&got, CM_EXAMPLE, 65536, &d), ERR_OK);
	assert_true(span_equal(buf_span(&want), buf_span(&got)));
	buf_free(&want);
	buf_free(&got);
}

/* ---- policy ---- */
static void
the_policy_names_the_log(void **state)
{
	static const char vkey[] =
	    "countermark.example/demo+f0941280+"
	    "AR9Sjr4E0DH7uzMfzz0rRAEsebCX3tptFpgRxZjYHhbx";
	char text[400];
	struct note_key got;
	struct diag d;

	(void)state;
	(void)snprintf(text, sizeof text,
	    "# one log\n\n \tlog \t%s  https://x\nquorum none\n", vkey);
	assert_int_equal(cli_policy_key(&got, span_str(text),
			     "countermark.example/demo", &d),
	    ERR_OK);
	assert_string_equal(got.name, "countermark.example/demo");
	assert_int_equal(cli_policy_key(&got, span_str(text),
			     "countermark.example/other", &d),
	    ERR_NOT_FOUND);
	assert_int_equal(
	    cli_policy_key(&got, span_str("log x\n"), "x", &d), ERR_SYNTAX);
}

/* vkey of the key whose bytes are all n */
static void
vkey_of(char out[200], const char *name, unsigned char type, unsigned char n)
{
	uint8_t pub[KEY_BYTES];
	struct buf b = buf_heap(200);

	memset(pub, n, sizeof pub);
	assert_int_equal(note_vkey_print(&b, name, type, pub), ERR_OK);
	(void)snprintf(out, 200, "%s", buf_text(&b));
	buf_free(&b);
}

/* The lines that init writes for these options; e: what it says of them. */
static void
lines_of(char out[1000], enum err want, const char *options)
{
	struct buf text = buf_heap(4096);
	char words[512], space[512];
	static struct cli c;

	memset(&c, 0, sizeof c);
	(void)snprintf(words, sizeof words,
	    "--config f init --authority h --log l%s%s",
	    options[0] == '\0' ? "" : " ", options);
	assert_int_equal(parse(&c.args, space, words), ERR_OK);
	assert_int_equal(cli_policy_witnesses(&text, &c), want);
	assert_true(want == ERR_OK || c.d.text[0] != '\0');
	(void)snprintf(out, 1000, "%s", text.n == 0 ? "" : buf_text(&text));
	buf_free(&text);
}

/* What a reader says of a policy with these lines. */
static enum err
judged(const char *lines)
{
	char log[200], whole[1300];
	struct note_key key;
	struct diag d;

	vkey_of(log, "h/l", NOTE_ED25519, 4);
	(void)snprintf(whole, sizeof whole, "log %s\n%s", log, lines);
	return cli_policy_key(&key, span_str(whole), "h/l", &d);
}

static void
the_policy_names_the_witnesses(void **state)
{
	char a[200], b[200], given[500], got[1000], want[1000];

	(void)state;
	vkey_of(a, "a.example/w", NOTE_COSIGNATURE, 2);
	vkey_of(b, "b.example/map", NOTE_COSIGNATURE, 3);
	lines_of(got, ERR_OK, "");
	assert_string_equal(got, "quorum none\n");
	lines_of(got, ERR_OK, "--quorum none");
	assert_string_equal(got, "quorum none\n");

	static const char *const quorums[][2] = {
		{ "", "group witnesses all a.example/w b.example/map\n"
		      "quorum witnesses\n" },
		{ " --quorum any",
		    "group witnesses any a.example/w b.example/map\n"
		    "quorum witnesses\n" },
		{ " --quorum 1", "group witnesses 1 a.example/w b.example/map\n"
				 "quorum witnesses\n" },
		{ " --quorum b.example/map", "quorum b.example/map\n" },
	};
	for (size_t i = 0; i < sizeof quorums / sizeof quorums[0]; i++) {
		(void)snprintf(given, sizeof given,
		    "--witness %s=http://127.0.0.1:1 --witness "
		    "%s=https://b.example/x%s",
		    a, b, quorums[i][0]);
		(void)snprintf(want, sizeof want,
		    "witness a.example/w %s http://127.0.0.1:1\n"
		    "witness b.example/map %s https://b.example/x\n%s",
		    a, b, quorums[i][1]);
		lines_of(got, ERR_OK, given);
		assert_string_equal(got, want);
		assert_int_equal(judged(got), ERR_OK);
	}
	/* more than there are: the whole policy is refused */
	(void)snprintf(
	    given, sizeof given, "--witness %s=http://x --quorum 2", a);
	lines_of(got, ERR_OK, given);
	assert_int_equal(judged(got), ERR_SYNTAX);
}

static void
wrong_witnesses_are_refused(void **state)
{
	char a[200], log[200], given[500], got[1000];

	(void)state;
	vkey_of(a, "a.example/w", NOTE_COSIGNATURE, 2);
	vkey_of(log, "h/l", NOTE_ED25519, 4);
	lines_of(got, ERR_USAGE, "--quorum any"); /* of nobody */
	(void)snprintf(given, sizeof given, "--witness %s", a);
	lines_of(got, ERR_USAGE, given); /* no address */
	(void)snprintf(given, sizeof given, "--witness %s=", a);
	lines_of(got, ERR_USAGE, given);
	(void)snprintf(given, sizeof given, "--witness %s=http://x", log);
	lines_of(got, ERR_USAGE, given); /* a log's key */
	(void)snprintf(given, sizeof given, "--witness x%s=http://x", a);
	lines_of(got, ERR_USAGE, given); /* the name is not the key's */
}

/* ---- gateway ---- */
/* Answers one client with two lines; NULL: stays silent or hangs up. */
struct gateway {
	char path[128];
	int listener;
	const char *put, *wait;
	char asked[512];
	pthread_t thread;
};

static void *
serve(void *arg)
{
	struct gateway *g = arg;
	int fd = accept(g->listener, NULL, NULL);
	const char *answers[2] = { g->put, g->wait };
	size_t n = 0;

	for (int i = 0; i < 2 && fd >= 0; i++) {
		ssize_t got =
		    recv(fd, g->asked + n, sizeof g->asked - 1 - n, 0);

		/* head and body may come apart */
		while (
		    i == 0 && got > 0 && g->asked[n + (size_t)got - 1] != '}') {
			n += (size_t)got;
			got =
			    recv(fd, g->asked + n, sizeof g->asked - 1 - n, 0);
		}
		if (got <= 0 || answers[i] == NULL)
			break;
		n += (size_t)got;
		(void)!send(fd, answers[i], strlen(answers[i]), MSG_NOSIGNAL);
	}
	if (g->put != NULL && g->wait == NULL)
		(void)recv(fd, g->asked, 1, 0); /* until the client goes */
	(void)close(fd);
	return NULL;
}

static enum err
ask(struct gateway *g, const char *put, const char *wait, int ms,
    struct handover_put *out, struct diag *d)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	enum err e;

	memset(g, 0, sizeof *g);
	g->put = put;
	g->wait = wait;
	(void)snprintf(g->path, sizeof g->path, "%s/s", folder);
	(void)unlink(g->path);
	memcpy(to.sun_path, g->path, strlen(g->path) + 1);
	g->listener = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(
	    bind(g->listener, (const struct sockaddr *)&to, sizeof to), 0);
	assert_int_equal(listen(g->listener, 1), 0);
	assert_int_equal(pthread_create(&g->thread, NULL, serve, g), 0);
	e = handover_register(out, g->path, "authority", span_str("{\"a\":1}"),
	    clock_mono_ms() + ms, d);
	(void)pthread_join(g->thread, NULL);
	(void)close(g->listener);
	return e;
}

#define PUT "{\"device\":\"authority\",\"epoch\":1,\"seq\":7}\n"
#define RECEIPT(upto, nacks)                                                   \
	"{\"log\":\"l\",\"device\":\"authority\",\"epoch\":1,\"upto_"          \
	"seq\":" upto ",\"nacks\":[" nacks "]}\n"

static void
a_receipt_confirms(void **state)
{
	struct handover_put put;
	struct gateway g;
	struct diag d;

	(void)state;
	assert_int_equal(ask(&g, PUT,
			     RECEIPT("9", "{\"seq\":6,\"code\":\"schema\","
					  "\"detail\":\"other\"}"),
			     5000, &put, &d),
	    ERR_OK);
	assert_string_equal(put.device, "authority");
	assert_int_equal(put.epoch, 1);
	assert_int_equal(put.seq, 7);
	assert_string_equal(g.asked,
	    "put authority application/vnd.countermark.registry+json 7\n"
	    "{\"a\":1}wait authority 7\n");
}

static void
a_nack_is_told_with_its_reason(void **state)
{
	struct handover_put put;
	struct gateway g;
	struct diag d;

	(void)state;
	assert_int_equal(
	    ask(&g, PUT,
		RECEIPT("7", "{\"seq\":7,\"code\":\"forbidden\","
			     "\"detail\":\"no such organisation\"}"),
		5000, &put, &d),
	    ERR_FORBIDDEN);
	assert_non_null(strstr(d.text, "no such organisation"));
	assert_int_equal(ask(&g, PUT,
			     RECEIPT("7", "{\"seq\":7,\"code\":\"schema\","
					  "\"detail\":\"x\"}"),
			     5000, &put, &d),
	    ERR_SCHEMA);
}

static void
other_answers_are_failures(void **state)
{
	struct handover_put put;
	struct gateway g;
	struct diag d;

	(void)state;
	assert_int_equal(ask(&g,
			     "{\"error\":{\"code\":\"full\",\"clause\":\"\","
			     "\"detail\":\"the outbox is full\"}}\n",
			     NULL, 5000, &put, &d),
	    ERR_FORBIDDEN);
	assert_non_null(strstr(d.text, "outbox is full"));
	assert_int_equal(
	    ask(&g, PUT, RECEIPT("6", ""), 5000, &put, &d), ERR_STATE);
	assert_int_equal(ask(&g, "nonsense\n", NULL, 5000, &put, &d), ERR_JSON);
	assert_int_equal(ask(&g, "{\"device\":\"A\",\"epoch\":1,\"seq\":1}\n",
			     NULL, 5000, &put, &d),
	    ERR_SCHEMA);
	assert_int_equal(ask(&g, NULL, NULL, 5000, &put, &d), ERR_NET);
}

static void
silence_ends_at_the_deadline(void **state)
{
	struct handover_put put;
	struct gateway g;
	struct diag d;

	(void)state;
	assert_int_equal(ask(&g, PUT, NULL, 200, &put, &d), ERR_TIMEOUT);
	assert_int_equal(handover_register(&put, "/nonexistent/s", "a",
			     SPAN_NONE, clock_mono_ms() + 200, &d),
	    ERR_NET);
}

/* ---- certificates ---- */
static void
a_certificate_needs_a_usable_ca(void **state)
{
	char crt[128], key[128], bad[128];
	struct diag d;

	(void)state;
	(void)snprintf(crt, sizeof crt, "%s/d.crt", folder);
	(void)snprintf(key, sizeof key, "%s/d.key", folder);
	(void)snprintf(bad, sizeof bad, "%s/bad", folder);
	assert_int_equal(
	    file_create(bad, span_str("not PEM\n"), 0600, &d), ERR_OK);
	assert_int_equal(x509_issue(crt, key, bad, bad, "d", &d), ERR_CONFIG);
	assert_int_not_equal(
	    x509_issue(crt, key, "/nonexistent", bad, "d", &d), ERR_OK);
	assert_int_not_equal(access(crt, F_OK), 0);
	assert_int_not_equal(access(key, F_OK), 0);
}

static int
make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) == NULL || crypto_start() != ERR_OK;
}

static int
remove_folder(void **state)
{
	static const char *const names[] = { "s", "bad" };
	char path[128];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		(void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
		(void)unlink(path);
	}
	return rmdir(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_stand_anywhere),
		cmocka_unit_test(wrong_words_are_refused),
		cmocka_unit_test(degrees_are_read_exactly),
		cmocka_unit_test(the_example_file_is_what_the_program_prints),
		cmocka_unit_test(the_policy_names_the_log),
		cmocka_unit_test(the_policy_names_the_witnesses),
		cmocka_unit_test(wrong_witnesses_are_refused),
		cmocka_unit_test(a_receipt_confirms),
		cmocka_unit_test(a_nack_is_told_with_its_reason),
		cmocka_unit_test(other_answers_are_failures),
		cmocka_unit_test(silence_ends_at_the_deadline),
		cmocka_unit_test(a_certificate_needs_a_usable_ca),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
