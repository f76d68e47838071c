/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LEDGER_CLI_H
#define LEDGER_CLI_H

#include "base/conf.h"
#include "base/json_out.h"
#include "event/receipt.h"
#include "ledger/logtext.h"
#include "ledger/note.h"
#include "ledger/store.h"

/*
 * The program countermark without its main(): options, configuration and one
 * function a command. A command writes its object into c->out and returns;
 * cli_run() prints it and turns the result into the exit code of interface.md.
 */
#define CLI_DONE 0
#define CLI_REFUSED 1
#define CLI_UNCONFIRMED 2

#define CLI_POSITIONAL 2
#define CLI_OPTIONS 32

struct cli;

struct cli_option {
	const char *name;  /* without the two dashes */
	const char *value; /* word for the usage line, NULL: a flag */
	bool required;
	bool repeat;
};

struct cli_command {
	const char *words[2];   /* "device", "enrol"; second may be NULL */
	const char *positional; /* its word, NULL none */
	const struct cli_option *options; /* ended by a NULL name */
	bool bare;                        /* needs no configuration */
	enum err (*run)(struct cli *c);
};

struct cli_given {
	const struct cli_option *option;
	const char *value; /* "" for a flag */
};

struct cli_args {
	const char *config;
	int64_t timeout_ms;
	const struct cli_command *command;
	const char *positional;
	struct cli_given given[CLI_OPTIONS];
	size_t count;
};

struct cli {
	struct cli_args args;
	struct conf *conf;   /* NULL where none is needed or given */
	int64_t deadline_ms; /* monotonic: --timeout */
	struct buf out;
	struct json_out json;
	struct diag d;
	bool lines; /* the command has printed its lines itself */
	int code;   /* exit code of a command that came to its end: it has
		     * printed lines, or its object tells of errors too */
};

extern const struct cli_command cli_commands[];
extern const size_t cli_command_count;
extern const struct conf_key cli_conf_keys[];
extern const size_t cli_conf_key_count;

/* Options may stand anywhere. ERR_USAGE (d says which word). */
enum err cli_parse(struct cli_args *out, int argc, char **argv,
    const struct cli_command *commands, size_t n, struct diag *d) CM_MUST_USE;
/* Usage lines of all commands. */
void cli_usage(struct buf *out, const struct cli_command *commands, size_t n);
/* Value of an option, NULL when it was not given. */
const char *cli_option(const struct cli_args *a, const char *name);
/* Who looks at a log from outside and brings its policy needs none. */
bool cli_needs_conf(const struct cli_args *a);
/* Everything: returns the exit code. */
int cli_run(int argc, char **argv);

/* ---- what commands share ---- */
/* A value of the configuration that this command cannot do without. */
enum err cli_need(const char **out, struct cli *c, const char *section,
    const char *key) CM_MUST_USE;
/* `dir/name` in the key folder. */
enum err cli_key_path(
    char *out, size_t cap, struct cli *c, const char *name) CM_MUST_USE;
/* A name of formats.md; what: "organisation", … ERR_USAGE. */
enum err cli_name(
    struct cli *c, const char *what, const char *name) CM_MUST_USE;

/* The log of the configuration with its genesis; close with store_close(). */
struct cli_log {
	struct store *store;
	struct genesis genesis;
	uint8_t entry[ENTRY_MAX];
	size_t entry_bytes;
	char host[321], log[321];
};
enum err cli_log_open(struct cli_log *out, struct cli *c) CM_MUST_USE;

/* The key on the line of the tlog-policy text that names this origin.
 * ERR_NOT_FOUND, or what policy_parse() says. */
enum err cli_policy_key(struct note_key *out, struct span policy,
    const char *origin, struct diag *d) CM_MUST_USE;
/* Appends the witness, group and quorum lines that --witness and --quorum ask
 * for; policy_parse() judges them afterwards. ERR_USAGE, ERR_NOMEM. */
enum err cli_policy_witnesses(struct buf *out, struct cli *c) CM_MUST_USE;

/* --policy, or `policy` in the key folder; hash: SHA-256 of the file. */
struct policy;
enum err cli_policy_open(
    struct policy **out, struct hash *hash, struct cli *c) CM_MUST_USE;
/* What --token-file holds, without its line's end; nothing without it. */
#define CLI_TOKEN_MAX 4096
enum err cli_token_read(struct buf *out, struct cli *c) CM_MUST_USE;

/* ---- commands ---- */
enum err cli_init(struct cli *c);
enum err cli_migrate(struct cli *c);
enum err cli_log_show(struct cli *c);
enum err cli_keygen(struct cli *c);
enum err cli_token_create(struct cli *c);
enum err cli_token_list(struct cli *c);
enum err cli_token_revoke(struct cli *c);
enum err cli_org_add(struct cli *c);
enum err cli_device_enrol(struct cli *c);
enum err cli_goods_add(struct cli *c);
enum err cli_service_add(struct cli *c);
enum err handover_place_add(struct cli *c);
enum err cli_right_add(struct cli *c);
enum err cli_licence_add(struct cli *c);
enum err cli_recall_add(struct cli *c);
enum err cli_policy_add(struct cli *c);
/* Decimal degrees ("-33.8567844", at most 7 digits after the point, |v| up to
 * limit degrees) in units of 1e-7 degree, exactly. ERR_USAGE. */
enum err cli_degrees(int64_t *out, const char *text, int64_t limit) CM_MUST_USE;
enum err cli_link_add(struct cli *c);
enum err cli_link_list(struct cli *c);
enum err cli_link_remove(struct cli *c);
enum err cli_audit(struct cli *c);
enum err cli_audit_tiles(struct cli *c);
enum err cli_witness(struct cli *c);
/* witness --monitor: called by cli_witness(). */
enum err cli_monitor(struct cli *c);
enum err cli_event_hash(struct cli *c);
enum err cli_import(struct cli *c);
enum err cli_rebuild(struct cli *c);
enum err cli_device_list(struct cli *c);
enum err cli_device_revoke(struct cli *c);

#endif
