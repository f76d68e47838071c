/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/service.h"
#include "base/text.h"

#include "base/banned.h"

/* An import of as many statements as it may have. */
#define OUT_MAX ((size_t)1 << 24)

const struct conf_key cli_conf_keys[] = {
	{ "database", "uri", CONF_TEXT, false, true, NULL, 0, 0, NULL,
	    "connection string or URI of the database's owner" },
	{ "database", "schema", CONF_PATH, false, false, NULL, 0, 0, NULL,
	    "folder of the schema files; unset: the one installed beside the "
	    "program" },
	{ "log", "name", CONF_TEXT, false, true, NULL, 0, 0, NULL,
	    "name of the log" },
	{ "keys", "dir", CONF_PATH, false, true, NULL, 0, 0, NULL,
	    "folder of the keys and of the policy file, mode 0700" },
	{ "gateway", "socket", CONF_PATH, false, false, NULL, 0, 0, NULL,
	    "Unix socket of the gateway that signs for the authority" },
	{ "gateway", "identity", CONF_TEXT, false, false, NULL, 0, 0, NULL,
	    "identity of the gateway that signs what import brings, unless "
	    "--as names another" },
	{ "tls", "ca", CONF_PATH, false, false, NULL, 0, 0, NULL,
	    "certificate of the CA for devices; with ca_key and dir, device "
	    "enrol issues certificates" },
	{ "tls", "ca_key", CONF_PATH, false, false, NULL, 0, 0, NULL,
	    "key of that CA" },
	{ "tls", "dir", CONF_PATH, false, false, NULL, 0, 0, NULL,
	    "folder that takes NAME.crt and NAME.key of each device" },
};
const size_t cli_conf_key_count =
    sizeof cli_conf_keys / sizeof cli_conf_keys[0];

static const struct cli_option no_options[] = { { NULL, NULL, false, false } };
static const struct cli_option init_options[] = {
	{ "authority", "HOST", true, false },
	{ "log", "NAME", true, false },
	{ "distributed", NULL, false, false },
	{ "witness", "VKEY=URL", false, true },
	{ "quorum", "any|all|N|NAME", false, false },
	{ NULL, NULL, false, false },
};
static const struct cli_option migrate_options[] = {
	{ "distributed", NULL, false, false },
	{ NULL, NULL, false, false },
};
static const struct cli_option org_options[] = {
	{ "gln", "N", false, true },
	{ NULL, NULL, false, false },
};
static const struct cli_option device_options[] = {
	{ "org", "ORG", true, false },
	{ "public-key", "HEX|did:key", true, false },
	{ "epoch", "N", false, false },
	{ NULL, NULL, false, false },
};
static const struct cli_option goods_options[] = {
	{ "org", "ORG", true, false },
	{ "right", "ST13", false, false },
	{ "issuance", "before|during", false, false },
	{ NULL, NULL, false, false },
};
static const struct cli_option service_options_[] = {
	{ "use", "receipt|answer|ingest", true, false },
	{ NULL, NULL, false, false },
};
static const struct cli_option place_options[] = {
	{ "country", "CC", true, false },
	{ "lat", "D", true, false },
	{ "lon", "D", true, false },
	{ "kind", "K", true, false },
	{ NULL, NULL, false, false },
};
static const struct cli_option token_options[] = {
	{ "role", "R", true, false },
	{ "org", "ORG", false, false },
	{ "scope", "read|capture|subscribe", false, true },
	{ "days", "N", false, false },
	{ NULL, NULL, false, false },
};

static const struct cli_option link_options_[] = {
	{ "type", "gs1:NAME|URI", true, false },
	{ "href", "URL", true, false },
	{ "title", "TEXT", true, false },
	{ "lang", "TAG", false, true },
	{ "media", "TYPE", false, false },
	{ "context", "WORD", false, true },
	{ "default", NULL, false, false },
	{ NULL, NULL, false, false },
};
static const struct cli_option revoke_options[] = {
	{ "from", "MS", true, false },
	{ "reason", "TEXT", true, false },
	{ NULL, NULL, false, false },
};
static const struct cli_option import_options_[] = {
	{ "as", "IDENTITY", false, false },
	{ NULL, NULL, false, false },
};
static const struct cli_option audit_options[] = {
	{ "since", "N", false, false },
	{ "from-tiles", "URL", false, false },
	{ "token-file", "F", false, false },
	{ "policy", "F", false, false },
	{ "ca", "F", false, false },
	{ NULL, NULL, false, false },
};

static const struct cli_option witness_options[] = {
	{ "key", "FILE", false, false },
	{ "name", "NAME", false, false },
	{ "show", NULL, false, false },
	{ "listen", "HOST:PORT", false, false },
	{ "log", "VKEY", false, true },
	{ "replay", "URL", false, false },
	{ "check", NULL, false, false },
	{ "monitor", "URL", false, true },
	{ "policy", "F", false, false },
	{ "token-file", "F", false, false },
	{ "ca", "F", false, false },
	{ "state", "F", false, false },
	{ "stalled", "SECONDS", false, false },
	{ "once", NULL, false, false },
	{ NULL, NULL, false, false },
};

const struct cli_command cli_commands[] = {
	{ { "init", NULL }, NULL, init_options, false, cli_init },
	{ { "migrate", NULL }, NULL, migrate_options, false, cli_migrate },
	{ { "log", "show" }, NULL, no_options, false, cli_log_show },
	{ { "keygen", NULL }, "FILE", no_options, true, cli_keygen },
	{ { "org", "add" }, "NAME", org_options, false, cli_org_add },
	{ { "device", "enrol" }, "NAME", device_options, false,
	    cli_device_enrol },
	{ { "goods", "add" }, "GTIN|PREFIX", goods_options, false,
	    cli_goods_add },
	{ { "service", "add" }, "FILE|did:key", service_options_, false,
	    cli_service_add },
	{ { "place", "add" }, "GLN", place_options, false, handover_place_add },
	{ { "right", "add" }, "FILE", no_options, false, cli_right_add },
	{ { "licence", "add" }, "FILE", no_options, false, cli_licence_add },
	{ { "recall", "add" }, "FILE", no_options, false, cli_recall_add },
	{ { "policy", "add" }, "FILE", no_options, false, cli_policy_add },
	{ { "token", "create" }, NULL, token_options, false, cli_token_create },
	{ { "token", "list" }, NULL, no_options, false, cli_token_list },
	{ { "token", "revoke" }, "ID", no_options, false, cli_token_revoke },
	{ { "link", "add" }, "CODE", link_options_, false, cli_link_add },
	{ { "link", "list" }, NULL, no_options, false, cli_link_list },
	{ { "link", "remove" }, "N", no_options, false, cli_link_remove },
	{ { "device", "list" }, NULL, no_options, false, cli_device_list },
	{ { "device", "revoke" }, "NAME", revoke_options, false,
	    cli_device_revoke },
	{ { "import", NULL }, "FILE", import_options_, false, cli_import },
	{ { "event-hash", NULL }, "FILE", no_options, true, cli_event_hash },
	{ { "rebuild", NULL }, NULL, no_options, false, cli_rebuild },
	{ { "audit", NULL }, NULL, audit_options, false, cli_audit },
	{ { "witness", NULL }, NULL, witness_options, false, cli_witness },
};
const size_t cli_command_count = sizeof cli_commands / sizeof cli_commands[0];

/* ---- what commands share ---- */
enum err
cli_need(const char **out, struct cli *c, const char *section, const char *key)
{
	*out = conf_text(c->conf, section, NULL, key);
	if (*out != NULL)
		return ERR_OK;
	return diag_fail(&c->d, ERR_CONFIG, "", "%.300s: [%s] %s is missing",
	    c->args.config, section, key);
}

enum err
cli_key_path(char *out, size_t cap, struct cli *c, const char *name)
{
	int n = snprintf(
	    out, cap, "%s/%s", conf_text(c->conf, "keys", NULL, "dir"), name);

	if (n < 0 || (size_t)n >= cap)
		return diag_fail(
		    &c->d, ERR_CONFIG, "", "[keys] dir: wanted a shorter path");
	return ERR_OK;
}

enum err
cli_name(struct cli *c, const char *what, const char *name)
{
	if (name_valid(span_str(name)))
		return ERR_OK;
	return diag_fail(&c->d, ERR_USAGE, "formats",
	    "%s %.80s: wanted 1 to 63 of a-z, 0-9 and -", what, name);
}

static enum err
take_genesis(void *ctx, uint64_t index, struct span entry)
{
	struct cli_log *l = ctx;

	(void)index;
	if (entry.n > sizeof l->entry)
		return ERR_TOO_LARGE;
	memcpy(l->entry, entry.p, entry.n);
	l->entry_bytes = entry.n;
	return ERR_OK;
}

enum err
cli_log_open(struct cli_log *out, struct cli *c)
{
	const struct store_options o = {
		.conninfo = conf_text(c->conf, "database", NULL, "uri"),
		.log = conf_text(c->conf, "log", NULL, "name"),
		.program = "countermark",
		.timeout_ms = (int)c->args.timeout_ms,
	};
	enum err e;

	memset(out, 0, sizeof *out);
	if ((e = store_open(&out->store, &o, &c->d)) != ERR_OK)
		return e;
	e = store_entries(out->store, 0, 1, take_genesis, out, &c->d);
	if (e == ERR_OK)
		e = genesis_parse(&out->genesis,
		    span_of(out->entry, out->entry_bytes), &c->d);
	if (e != ERR_OK) {
		store_close(out->store);
		out->store = NULL;
		return e;
	}
	genesis_names(&out->genesis, out->host, out->log);
	return ERR_OK;
}

/* ---- running ---- */
static int
code_of(enum err e)
{
	switch (e) {
	case ERR_OK:
		return CLI_DONE;
	case ERR_USAGE:
		return EXIT_USAGE;
	case ERR_CONFIG:
		return EXIT_BAD_CONFIG;
	case ERR_TIMEOUT:
		return CLI_UNCONFIRMED;
	default:
		return CLI_REFUSED;
	}
}

static int
print_out(struct buf *out)
{
	const char *text = buf_text(out);

	if (text == NULL)
		return CLI_REFUSED;
	return fputs(text, stdout) >= 0 && fflush(stdout) == 0 ? CLI_DONE
							       : CLI_REFUSED;
}

static int
print_usage(int code)
{
	struct buf b = buf_heap(OUT_MAX);
	const char *text;

	cli_usage(&b, cli_commands, cli_command_count);
	text = buf_text(&b);
	if (text != NULL)
		(void)fputs(text, code == 0 ? stdout : stderr);
	buf_free(&b);
	return code;
}

static int
check_config(const char *path)
{
	struct diag d = { .code = ERR_OK };
	struct conf *conf = NULL;
	enum err e =
	    conf_load(&conf, path, cli_conf_keys, cli_conf_key_count, &d);

	conf_free(conf);
	if (e != ERR_OK)
		log_diag(LOG_ERROR, "config", &d);
	return e == ERR_OK ? CLI_DONE : EXIT_BAD_CONFIG;
}

/* --help, --version, --example, --check: the exit code, or -1. */
static int
questions(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "--help";
	struct buf b;
	int code;

	if (argc == 1)
		return print_usage(EXIT_USAGE);
	if (strcmp(word, "--help") == 0)
		return print_usage(CLI_DONE);
	if (strcmp(word, "--version") == 0) {
		(void)printf("countermark %s\n", CM_VERSION);
		return fflush(stdout) == 0 ? CLI_DONE : CLI_REFUSED;
	}
	if (strcmp(word, "--example") == 0) {
		b = buf_heap(OUT_MAX);
		conf_example(&b, cli_conf_keys, cli_conf_key_count);
		code = print_out(&b);
		buf_free(&b);
		return code;
	}
	if (argc == 4 && strcmp(word, "--check") == 0 &&
	    strcmp(argv[2], "--config") == 0)
		return check_config(argv[3]);
	if (argc == 4 && strcmp(word, "--config") == 0 &&
	    strcmp(argv[3], "--check") == 0)
		return check_config(argv[2]);
	return -1;
}

static enum err
run_command(struct cli *c)
{
	enum err e;

	if ((e = crypto_start()) != ERR_OK)
		return diag_fail(&c->d, e, "", "no source of randomness");
	if (cli_needs_conf(&c->args) ||
	    (!c->args.command->bare && c->args.config != NULL)) {
		e = conf_load(&c->conf, c->args.config, cli_conf_keys,
		    cli_conf_key_count, &c->d);
		if (e != ERR_OK)
			return diag_fail(
			    &c->d, ERR_CONFIG, c->d.clause, "%s", c->d.text);
		e = cli_name(
		    c, "[log] name", conf_text(c->conf, "log", NULL, "name"));
		if (e != ERR_OK)
			return diag_fail(&c->d, ERR_CONFIG, "formats",
			    "[log] name: wanted 1 to 63 of a-z, 0-9 and -");
	}
	json_out_object(&c->json, NULL);
	if ((e = c->args.command->run(c)) != ERR_OK)
		return e;
	json_out_end_object(&c->json);
	buf_byte(&c->out, '\n');
	return buf_error(&c->out);
}

int
cli_run(int argc, char **argv)
{
	struct cli c = { .conf = NULL };
	int code = questions(argc, argv);
	enum err e;

	if (code >= 0)
		return code;
	e = cli_parse(
	    &c.args, argc, argv, cli_commands, cli_command_count, &c.d);
	if (e != ERR_OK) {
		(void)fprintf(stderr, "countermark: %s\n", c.d.text);
		return print_usage(EXIT_USAGE);
	}
	c.deadline_ms = clock_mono_ms() + c.args.timeout_ms;
	c.out = buf_heap(OUT_MAX);
	json_out_init(&c.json, &c.out);
	e = run_command(&c);
	if (e == ERR_OK)
		code = c.lines ? c.code : print_out(&c.out);
	if (e == ERR_OK && code == CLI_DONE)
		code = c.code;
	if (e != ERR_OK)
		code = code_of(e);
	/* interface: the audit's 1 says faults */
	if (e != ERR_OK && c.lines && code == CLI_REFUSED)
		code = CLI_UNCONFIRMED;
	if (e != ERR_OK && c.d.text[0] == '\0')
		(void)diag_fail(&c.d, e, "", "%s", err_name(e));
	if (e != ERR_OK || (code != CLI_DONE && !c.lines))
		log_diag(LOG_ERROR,
		    code == CLI_UNCONFIRMED ? "unconfirmed" : "refused", &c.d);
	buf_free(&c.out);
	conf_free(c.conf);
	return code;
}
