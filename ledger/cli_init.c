/* SPDX-License-Identifier: Apache-2.0 */
/* Commands that make a log and show it: init, migrate, log show, keygen. */
#include "cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "event/did.h"
#include "ledger/note.h"
#include "ledger/policy.h"

#include "base/banned.h"

#define SCHEMA_UNDER "/../share/countermark/schema"
#define PATH_BYTES 4096

/* ---- schema ---- */
/* The configured folder, or the one installed beside the program. */
static enum err
schema_folder(char *out, size_t cap, struct cli *c)
{
	const char *given = conf_text(c->conf, "database", NULL, "schema");
	char exe[PATH_BYTES];
	ssize_t n;
	char *slash;

	if (given != NULL) {
		(void)snprintf(out, cap, "%s", given);
		return ERR_OK;
	}
	n = readlink("/proc/self/exe", exe, sizeof exe - 1);
	if (n <= 0)
		return diag_fail(&c->d, ERR_CONFIG, "",
		    "[database] schema: wanted the folder of the schema files");
	exe[n] = '\0';
	slash = strrchr(exe, '/');
	if (slash != NULL)
		*slash = '\0';
	if (snprintf(out, cap, "%s%s", exe, SCHEMA_UNDER) >= (int)cap)
		return diag_fail(&c->d, ERR_CONFIG, "",
		    "[database] schema: wanted a shorter path");
	return ERR_OK;
}

static enum err
migrate(struct cli *c, unsigned *ran)
{
	const char *uri = conf_text(c->conf, "database", NULL, "uri");
	char dir[PATH_BYTES + sizeof SCHEMA_UNDER];
	enum err e;

	if ((e = schema_folder(dir, sizeof dir, c)) != ERR_OK)
		return e;
	return store_migrate(
	    uri, dir, cli_option(&c->args, "distributed") != NULL, ran, &c->d);
}

enum err
cli_migrate(struct cli *c)
{
	unsigned ran = 0;
	enum err e;

	if ((e = migrate(c, &ran)) != ERR_OK)
		return e;
	json_out_int(&c->json, "ran", ran);
	return ERR_OK;
}

/* ---- policy ---- */
enum err
cli_policy_key(
    struct note_key *out, struct span text, const char *origin, struct diag *d)
{
	const struct note_key *key;
	struct policy *p;
	enum err e = policy_parse(&p, text, d);

	if (e != ERR_OK)
		return e;
	key = policy_log(p, span_str(origin));
	if (key == NULL)
		e = diag_fail(d, ERR_NOT_FOUND, "C2SP tlog-policy",
		    "policy: no log line for %.150s", origin);
	else
		*out = *key;
	policy_free(p);
	return e;
}

/* `VKEY=URL`: no vkey holds an equals sign behind its name. */
static enum err
witness_line(
    struct buf *out, struct buf *names, const char *value, struct cli *c)
{
	const char *plus = strchr(value, '+');
	const char *equals = plus == NULL ? NULL : strchr(plus, '=');
	struct note_key key;
	enum err e;

	if (equals == NULL || equals[1] == '\0')
		return diag_fail(&c->d, ERR_USAGE, "C2SP tlog-policy",
		    "--witness: wanted VKEY=URL");
	struct span vkey = span_of(value, (size_t)(equals - value));
	if ((e = note_vkey_parse(&key, vkey, &c->d)) != ERR_OK ||
	    key.type != NOTE_COSIGNATURE)
		return diag_fail(&c->d, ERR_USAGE, "C2SP tlog-cosignature",
		    "--witness: wanted the vkey of a witness (type 4)");
	buf_printf(out, "witness %s ", key.name);
	buf_put(out, vkey);
	buf_printf(out, " %s\n", equals + 1);
	buf_printf(names, " %s", key.name);
	return ERR_OK;
}

enum err
cli_policy_witnesses(struct buf *out, struct cli *c)
{
	struct buf names = buf_heap(POLICY_BYTES);
	const char *quorum = cli_option(&c->args, "quorum");
	bool group;
	enum err e = ERR_OK;

	for (size_t i = 0; e == ERR_OK && i < c->args.count; i++)
		if (strcmp(c->args.given[i].option->name, "witness") == 0)
			e = witness_line(
			    out, &names, c->args.given[i].value, c);
	if (e == ERR_OK && names.n == 0) {
		if (quorum != NULL && strcmp(quorum, "none") != 0)
			e = diag_fail(&c->d, ERR_USAGE, "C2SP tlog-policy",
			    "--quorum: there is no --witness");
		buf_str(out, "quorum none\n");
	} else if (e == ERR_OK) {
		if (quorum == NULL)
			quorum = "all";
		group = strcmp(quorum, "any") == 0 ||
			strcmp(quorum, "all") == 0 ||
			quorum[strspn(quorum, "0123456789")] == '\0';
		if (group) {
			buf_printf(out, "group witnesses %s", quorum);
			buf_put(out, buf_span(&names));
			buf_str(out, "\n");
		}
		buf_printf(out, "quorum %s\n", group ? "witnesses" : quorum);
	}
	if (e == ERR_OK)
		e = buf_error(out);
	buf_free(&names);
	return e;
}

/* Reads the policy file, or writes one that names this log and the witnesses
 * that were given. */
static enum err
policy_make(struct buf *out, struct cli *c, const char *origin,
    const uint8_t pub[KEY_BYTES])
{
	struct buf text = buf_heap(POLICY_BYTES);
	struct note_key found;
	char path[PATH_BYTES];
	enum err e;

	buf_str(&text, "log ");
	if ((e = cli_key_path(path, sizeof path, c, "policy")) != ERR_OK ||
	    (e = note_vkey_print(&text, origin, NOTE_ED25519, pub)) != ERR_OK)
		goto out;
	buf_str(&text, "\n");
	if ((e = cli_policy_witnesses(&text, c)) != ERR_OK ||
	    (e = cli_policy_key(&found, buf_span(&text), origin, &c->d)) !=
		ERR_OK)
		goto out;
	if (access(path, F_OK) != 0) {
		buf_put(out, buf_span(&text));
		if ((e = buf_error(out)) == ERR_OK)
			e = file_create(path, buf_span(out), 0644, &c->d);
		goto out;
	}
	/* One made before, perhaps with witnesses: it must be of this log. */
	if ((e = file_read(out, path, POLICY_BYTES, &c->d)) != ERR_OK ||
	    (e = cli_policy_key(&found, buf_span(out), origin, &c->d)) !=
		ERR_OK)
		goto out;
	if (memcmp(found.pub, pub, KEY_BYTES) != 0)
		e = diag_fail(&c->d, ERR_EXISTS, "C2SP tlog-policy",
		    "policy: %.150s names another key of this log", path);
	else if (cli_option(&c->args, "witness") != NULL &&
		 !span_equal(buf_span(out), buf_span(&text)))
		e = diag_fail(&c->d, ERR_EXISTS, "C2SP tlog-policy",
		    "policy: %.150s is there with other witnesses", path);
out:
	buf_free(&text);
	return e;
}

/* ---- what init and log show print ---- */
static void
print_did(struct cli *c, const char *name, const uint8_t pub[KEY_BYTES])
{
	char did[DID_KEY_CHARS + 1];

	did_key_print(did, pub);
	json_out_str(&c->json, name, did);
}

static enum err
show(struct cli *c)
{
	struct buf policy = buf_heap(POLICY_BYTES);
	struct buf vkey = buf_heap(POLICY_BYTES);
	struct cli_log *l = calloc(1, sizeof *l);
	struct note_key key;
	char path[PATH_BYTES];
	struct hash got;
	enum err e = ERR_NOMEM;

	if (l == NULL || (e = cli_log_open(l, c)) != ERR_OK ||
	    (e = cli_key_path(path, sizeof path, c, "policy")) != ERR_OK ||
	    (e = file_read(&policy, path, POLICY_BYTES, &c->d)) != ERR_OK)
		goto out;
	got = hash_bytes(buf_span(&policy));
	if (!hash_equal(&got, &l->genesis.policy)) {
		e = diag_fail(&c->d, ERR_PROOF, "formats 4.3",
		    "policy: %.150s is not the file of the genesis", path);
		goto out;
	}
	if ((e = cli_policy_key(&key, buf_span(&policy), l->genesis.origin,
		 &c->d)) != ERR_OK ||
	    (e = note_vkey_print(&vkey, key.name, key.type, key.pub)) != ERR_OK)
		goto out;
	json_out_str(&c->json, "log", l->log);
	json_out_str(&c->json, "origin", l->genesis.origin);
	json_out_string(&c->json, "vkey", buf_span(&vkey));
	print_did(c, "receipt_key", l->genesis.receipt);
	json_out_array(&c->json, "authority");
	for (unsigned i = 0; i < l->genesis.authority_count; i++)
		print_did(c, NULL, l->genesis.authority[i]);
	json_out_end_array(&c->json);
	json_out_base64(&c->json, "genesis", span_of(l->entry, l->entry_bytes));
out:
	if (l != NULL)
		store_close(l->store);
	free(l);
	buf_free(&vkey);
	buf_free(&policy);
	return e;
}

enum err
cli_log_show(struct cli *c)
{
	return show(c);
}

/* ---- init ---- */
/* Loads a key of the folder, or makes it there; keeps the public half only. */
static enum err
key_half(uint8_t pub[KEY_BYTES], struct cli *c, const char *name)
{
	struct sign_key key;
	char path[PATH_BYTES];
	enum err e;

	if ((e = cli_key_path(path, sizeof path, c, name)) != ERR_OK)
		return e;
	if (access(path, F_OK) == 0) {
		e = key_load(&key, path, &c->d);
	} else {
		key_generate(&key);
		e = key_save(&key, path, &c->d);
	}
	memcpy(pub, key.pub, KEY_BYTES);
	key_clear(&key);
	return e;
}

static enum err
make_keys(struct genesis *g, uint8_t log[KEY_BYTES], struct cli *c)
{
	const char *dir = conf_text(c->conf, "keys", NULL, "dir");
	uint8_t answer[KEY_BYTES];
	enum err e;

	if (mkdir(dir, 0700) != 0 && errno != EEXIST)
		return diag_fail(&c->d, ERR_IO, "", "[keys] dir %.150s: %s",
		    dir, strerror(errno));
	g->authority_count = 1;
	if ((e = key_half(g->authority[0], c, "authority.key")) != ERR_OK ||
	    (e = key_half(log, c, "log.key")) != ERR_OK ||
	    (e = key_half(g->receipt, c, "receipt.key")) != ERR_OK ||
	    (e = key_half(g->service, c, "service.key")) != ERR_OK)
		return e;
	return key_half(answer, c, "answer.key");
}

/* ERR_NOT_FOUND is what init wants. */
static enum err
log_absent(struct cli *c)
{
	struct store_options o = {
		.conninfo = conf_text(c->conf, "database", NULL, "uri"),
		.log = conf_text(c->conf, "log", NULL, "name"),
		.program = "countermark",
	};
	struct store *s = NULL;
	enum err e = store_open(&s, &o, &c->d);

	store_close(s);
	if (e == ERR_NOT_FOUND) {
		diag_clear(&c->d);
		return ERR_OK;
	}
	return e != ERR_OK ? e
			   : diag_fail(&c->d, ERR_EXISTS, "",
				 "log %.63s: log exists", o.log);
}

static enum err
init_names(struct genesis *g, struct cli *c)
{
	const char *host = cli_option(&c->args, "authority");
	const char *log = cli_option(&c->args, "log");
	struct buf did = buf_heap(DID_WEB_CHARS);
	enum err e = did_web_authority(&did, host);
	int n;

	buf_free(&did);
	if (e != ERR_OK)
		return diag_fail(&c->d, ERR_USAGE, "formats 2.1",
		    "--authority %.80s: wanted a host name", host);
	if ((e = cli_name(c, "--log", log)) != ERR_OK)
		return e;
	if (strcmp(log, conf_text(c->conf, "log", NULL, "name")) != 0)
		return diag_fail(&c->d, ERR_CONFIG, "",
		    "--log %s: the configuration says %s", log,
		    conf_text(c->conf, "log", NULL, "name"));
	n = snprintf(g->origin, sizeof g->origin, "%s/%s", host, log);
	if (n < 0 || (size_t)n >= sizeof g->origin)
		return diag_fail(&c->d, ERR_USAGE, "formats 4.3",
		    "--authority: wanted a shorter name");
	return ERR_OK;
}

enum err
cli_init(struct cli *c)
{
	struct buf policy = buf_heap(POLICY_BYTES), entry = buf_heap(ENTRY_MAX);
	struct genesis g = { .authority_count = 0 };
	uint8_t log[KEY_BYTES];
	unsigned ran;
	enum err e;

	if ((e = init_names(&g, c)) != ERR_OK ||
	    (e = migrate(c, &ran)) != ERR_OK || (e = log_absent(c)) != ERR_OK ||
	    (e = make_keys(&g, log, c)) != ERR_OK ||
	    (e = policy_make(&policy, c, g.origin, log)) != ERR_OK)
		goto out;
	g.policy = hash_bytes(buf_span(&policy));
	if ((e = genesis_print(&entry, &g)) != ERR_OK)
		goto out;
	e = store_create_log(conf_text(c->conf, "database", NULL, "uri"),
	    conf_text(c->conf, "log", NULL, "name"), g.origin, buf_span(&entry),
	    &c->d);
	if (e == ERR_OK)
		e = show(c);
out:
	buf_free(&policy);
	buf_free(&entry);
	return e;
}

enum err
cli_keygen(struct cli *c)
{
	struct sign_key key;
	enum err e;

	key_generate(&key);
	e = key_save(&key, c->args.positional, &c->d);
	if (e == ERR_OK)
		print_did(c, "key", key.pub);
	key_clear(&key);
	return e;
}
