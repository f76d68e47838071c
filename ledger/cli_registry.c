/* SPDX-License-Identifier: Apache-2.0 */
/* Commands that register something: the gateway signs, the ledger confirms. */
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "event/did.h"
#include "event/registry.h"
#include "event/statement.h"
#include "gs1/gs1.h"

#include "ledger/handover.h"
#include "x509.h"

#include "base/banned.h"

#define IDENTITY "authority"
#define EPOCH_MAX INT32_MAX
#define GTIN_DIGITS 14
#define GLN_DIGITS 13

/* What one of these commands works with. */
struct work {
	struct cli_log log;
	struct buf payload;
	struct buf did;
};

static void
work_free(struct work *w)
{
	if (w == NULL)
		return;
	store_close(w->log.store);
	buf_free(&w->payload);
	buf_free(&w->did);
	free(w);
}

static enum err
work_new(struct work **out, struct cli *c)
{
	struct work *w = calloc(1, sizeof *w);
	enum err e;

	*out = NULL;
	if (w == NULL)
		return diag_fail(&c->d, ERR_NOMEM, "", "out of memory");
	w->payload = buf_heap(STATEMENT_MAX);
	w->did = buf_heap(DID_WEB_CHARS + 1);
	if ((e = cli_log_open(&w->log, c)) != ERR_OK) {
		work_free(w);
		return e;
	}
	*out = w;
	return ERR_OK;
}

/* Checks the payload as ingest will, has it signed, waits for the receipt,
 * finds its index. */
static enum err
submit(struct work *w, struct cli *c, uint64_t *index)
{
	struct registry r;
	struct store_device_head found;
	struct handover_put put;
	const char *path;
	enum err e;

	if ((e = buf_error(&w->payload)) != ERR_OK ||
	    (e = registry_parse(&r, buf_span(&w->payload), &c->d)) != ERR_OK)
		return e;
	e = registry_check(&r, &c->d);
	registry_clear(&r);
	if (e != ERR_OK ||
	    (e = cli_need(&path, c, "gateway", "socket")) != ERR_OK)
		return e;
	e = handover_register(
	    &put, path, IDENTITY, buf_span(&w->payload), c->deadline_ms, &c->d);
	if (e != ERR_OK)
		return e;
	e = store_device_statement(w->log.store, span_str(put.device),
	    put.epoch, put.seq, &found, &c->d);
	if (e == ERR_OK)
		*index = found.index;
	return e;
}

/* ---- org add ---- */
static bool
gln_ok(const char *text)
{
	return strlen(text) == GLN_DIGITS &&
	       strspn(text, "0123456789") == GLN_DIGITS &&
	       gs1_check_digit_ok(span_str(text));
}

enum err
cli_org_add(struct cli *c)
{
	const char *name = c->args.positional, *glns[CLI_OPTIONS];
	struct work *w = NULL;
	uint64_t index = 0;
	size_t n = 0;
	enum err e;

	if ((e = cli_name(c, "organisation", name)) != ERR_OK)
		return e;
	for (size_t i = 0; i < c->args.count; i++) {
		glns[n] = c->args.given[i].value;
		if (!gln_ok(glns[n++]))
			return diag_fail(&c->d, ERR_USAGE, "formats 1.7",
			    "--gln %.40s: wanted 13 digits, check digit right",
			    c->args.given[i].value);
	}
	if ((e = work_new(&w, c)) != ERR_OK)
		return e;
	e = did_web_org(&w->did, w->log.host, span_str(name));
	if (e == ERR_OK && buf_text(&w->did) != NULL)
		e = registry_put_organisation(&w->payload, name,
		    buf_text(&w->did), glns, n, clock_wall_ms());
	if (e == ERR_OK)
		e = submit(w, c, &index);
	if (e == ERR_OK) {
		json_out_str(&c->json, "organisation", name);
		json_out_string(&c->json, "did", buf_span(&w->did));
		json_out_int(&c->json, "index", (int64_t)index);
	}
	work_free(w);
	return e;
}

/* ---- device enrol ---- */
/* With a [tls] section the device also gets a key and a certificate. */
static enum err
make_certificate(struct cli *c, const char *name)
{
	const char *ca = conf_text(c->conf, "tls", NULL, "ca");
	const char *ca_key = conf_text(c->conf, "tls", NULL, "ca_key");
	const char *dir = conf_text(c->conf, "tls", NULL, "dir");
	char crt[4096], key[4096];

	if (ca == NULL || ca_key == NULL || dir == NULL)
		return ERR_OK;
	if (snprintf(crt, sizeof crt, "%s/%s.crt", dir, name) >=
		(int)sizeof crt ||
	    snprintf(key, sizeof key, "%s/%s.key", dir, name) >=
		(int)sizeof key)
		return diag_fail(
		    &c->d, ERR_CONFIG, "", "[tls] dir: wanted a shorter path");
	if (access(crt, F_OK) == 0)
		return ERR_OK;
	return x509_issue(crt, key, ca, ca_key, name, &c->d);
}

static enum err
read_device(struct registry_device *v, uint8_t key[KEY_BYTES], struct cli *c)
{
	const char *epoch = cli_option(&c->args, "epoch");
	enum err e;

	v->name = c->args.positional;
	v->organisation = cli_option(&c->args, "org");
	v->epoch = 1;
	v->key = key;
	v->role = "device";
	if ((e = cli_name(c, "device", v->name)) != ERR_OK ||
	    (e = cli_name(c, "--org", v->organisation)) != ERR_OK)
		return e;
	if (did_key_or_hex(key, span_str(cli_option(&c->args, "public-key"))) !=
	    ERR_OK)
		return diag_fail(&c->d, ERR_USAGE, "formats 2.1",
		    "--public-key: wanted 64 hex digits or did:key:z6Mk…");
	if (epoch != NULL &&
	    (u64_parse(&v->epoch, span_str(epoch), EPOCH_MAX) != ERR_OK ||
		v->epoch == 0))
		return diag_fail(&c->d, ERR_USAGE, "formats 1.4",
		    "--epoch %.40s: wanted a number from 1", epoch);
	return ERR_OK;
}

enum err
cli_device_enrol(struct cli *c)
{
	struct registry_device v = { .name = NULL };
	uint8_t key[KEY_BYTES];
	struct work *w = NULL;
	uint64_t index = 0;
	enum err e;

	if ((e = read_device(&v, key, c)) != ERR_OK ||
	    (e = make_certificate(c, v.name)) != ERR_OK ||
	    (e = work_new(&w, c)) != ERR_OK)
		return e;
	e = did_web_device(&w->did, w->log.host, span_str(v.name));
	v.did = e == ERR_OK ? buf_text(&w->did) : NULL;
	if (v.did != NULL)
		e = registry_put_device(
		    &w->payload, &v, REGISTRY_SET, clock_wall_ms());
	if (e == ERR_OK)
		e = submit(w, c, &index);
	if (e == ERR_OK) {
		json_out_str(&c->json, "device", v.name);
		json_out_string(&c->json, "did", buf_span(&w->did));
		json_out_int(&c->json, "epoch", (int64_t)v.epoch);
		json_out_int(&c->json, "index", (int64_t)index);
	}
	work_free(w);
	return e;
}

/* ---- goods add ---- */
/* A GTIN of 13 or 14 digits (padded), or a company prefix of 4 to 12. */
static enum err
goods_key(char out[GTIN_DIGITS + 1], struct cli *c)
{
	const char *given = c->args.positional;
	size_t n = strlen(given);

	if (strspn(given, "0123456789") != n || n < 4 || n > GTIN_DIGITS)
		return diag_fail(&c->d, ERR_USAGE, "formats 7.3",
		    "goods %.40s: wanted a GTIN of 13 or 14 digits or a "
		    "prefix of 4 to 12",
		    given);
	(void)snprintf(out, GTIN_DIGITS + 1, "%s%s",
	    n == GTIN_DIGITS - 1 ? "0" : "", given);
	if (n >= GTIN_DIGITS - 1 && !gs1_check_digit_ok(span_str(out)))
		return diag_fail(&c->d, ERR_USAGE, "formats 1.7",
		    "goods %s: the check digit is wrong", given);
	return ERR_OK;
}

enum err
cli_goods_add(struct cli *c)
{
	const char *org = cli_option(&c->args, "org");
	const char *issuance = cli_option(&c->args, "issuance");
	char key[GTIN_DIGITS + 1];
	struct work *w = NULL;
	uint64_t index = 0;
	enum err e;

	if ((e = goods_key(key, c)) != ERR_OK ||
	    (e = cli_name(c, "--org", org)) != ERR_OK)
		return e;
	if (issuance != NULL && strcmp(issuance, "before") != 0 &&
	    strcmp(issuance, "during") != 0)
		return diag_fail(&c->d, ERR_USAGE, "formats 1.7",
		    "--issuance %.40s: wanted before or during", issuance);
	if ((e = work_new(&w, c)) != ERR_OK)
		return e;
	e = registry_put_goods(&w->payload, key, org,
	    cli_option(&c->args, "right"), issuance, clock_wall_ms());
	if (e == ERR_OK)
		e = submit(w, c, &index);
	if (e == ERR_OK) {
		json_out_str(&c->json, "goods", key);
		json_out_str(&c->json, "organisation", org);
		json_out_int(&c->json, "index", (int64_t)index);
	}
	work_free(w);
	return e;
}

/* ---- service add ---- */
static enum err
service_key(uint8_t pub[KEY_BYTES], struct cli *c)
{
	const char *given = c->args.positional;
	struct sign_key key;
	enum err e;

	if (did_key_or_hex(pub, span_str(given)) == ERR_OK)
		return ERR_OK;
	if ((e = key_load(&key, given, &c->d)) != ERR_OK)
		return e;
	memcpy(pub, key.pub, KEY_BYTES);
	key_clear(&key);
	return ERR_OK;
}

enum err
cli_service_add(struct cli *c)
{
	const char *use = cli_option(&c->args, "use");
	char did[DID_KEY_CHARS + 1];
	uint8_t pub[KEY_BYTES];
	struct work *w = NULL;
	uint64_t index = 0;
	enum err e;

	if (strcmp(use, "receipt") != 0 && strcmp(use, "answer") != 0 &&
	    strcmp(use, "ingest") != 0)
		return diag_fail(&c->d, ERR_USAGE, "formats 1.7",
		    "--use %.40s: wanted receipt, answer or ingest", use);
	if ((e = service_key(pub, c)) != ERR_OK ||
	    (e = work_new(&w, c)) != ERR_OK)
		return e;
	did_key_print(did, pub);
	e = registry_put_service(&w->payload, pub, use, clock_wall_ms());
	if (e == ERR_OK)
		e = submit(w, c, &index);
	if (e == ERR_OK) {
		json_out_str(&c->json, "service", did);
		json_out_str(&c->json, "use", use);
		json_out_int(&c->json, "index", (int64_t)index);
	}
	work_free(w);
	return e;
}

/* ---- place add ---- */
enum err
cli_degrees(int64_t *out, const char *text, int64_t limit)
{
	const bool minus = text[0] == '-';
	const char *point = strchr(text, '.');
	const size_t n = strlen(text) - minus;
	const size_t whole = point != NULL ? (size_t)(point - text) - minus : n;
	const size_t decimals = point != NULL ? n - whole - 1 : 0;
	int64_t v = 0;

	if (whole < 1 || whole > 3 || decimals > 7 ||
	    (point != NULL && decimals == 0))
		return ERR_USAGE;
	for (const char *p = text + minus; *p != '\0'; p++) {
		if (p == point)
			continue;
		if (*p < '0' || *p > '9')
			return ERR_USAGE;
		v = v * 10 + (*p - '0');
	}
	for (size_t i = decimals; i < 7; i++)
		v *= 10;
	if (v > limit * 10000000)
		return ERR_USAGE;
	*out = minus ? -v : v;
	return ERR_OK;
}

static enum err
degrees(int64_t *out, struct cli *c, const char *option, int64_t limit)
{
	const char *text = cli_option(&c->args, option);

	if (cli_degrees(out, text, limit) == ERR_OK)
		return ERR_OK;
	return diag_fail(&c->d, ERR_USAGE, "formats 1.7",
	    "--%s %.40s: wanted decimal degrees up to %lld, at most 7 "
	    "digits after the point",
	    option, text, (long long)limit);
}

enum err
handover_place_add(struct cli *c)
{
	const char *gln = c->args.positional;
	const char *country = cli_option(&c->args, "country");
	int64_t lat7, lon7;
	struct work *w = NULL;
	uint64_t index = 0;
	enum err e;

	if (!gln_ok(gln))
		return diag_fail(&c->d, ERR_USAGE, "formats 1.7",
		    "place %.40s: wanted 13 digits, check digit right", gln);
	if (strlen(country) != 2 ||
	    strspn(country, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 2)
		return diag_fail(&c->d, ERR_USAGE, "ISO 3166-1",
		    "--country %.40s: wanted two capital letters", country);
	if ((e = degrees(&lat7, c, "lat", 90)) != ERR_OK ||
	    (e = degrees(&lon7, c, "lon", 180)) != ERR_OK ||
	    (e = work_new(&w, c)) != ERR_OK)
		return e;
	e = registry_put_place(&w->payload, gln, country, lat7, lon7,
	    cli_option(&c->args, "kind"), clock_wall_ms());
	if (e == ERR_OK)
		e = submit(w, c, &index);
	if (e == ERR_OK) {
		json_out_str(&c->json, "place", gln);
		json_out_int(&c->json, "index", (int64_t)index);
	}
	work_free(w);
	return e;
}

/* ---- right, licence, recall, policy add: a payload of formats 1.7 in a file
 * ---- */
static enum err
add_file(struct cli *c, enum registry_type type)
{
	const char *word = registry_word(type), *path = c->args.positional;
	struct registry r;
	struct work *w = NULL;
	uint64_t index = 0;
	enum err e;

	if ((e = work_new(&w, c)) != ERR_OK)
		return e;
	e = file_read(&w->payload, path, STATEMENT_MAX, &c->d);
	if (e == ERR_OK &&
	    (e = registry_parse(&r, buf_span(&w->payload), &c->d)) == ERR_OK) {
		if (r.type != type)
			e = diag_fail(&c->d, ERR_SCHEMA, "formats 1.7",
			    "%.60s: type: wanted %s", path, word);
		else
			e = submit(w, c, &index);
		if (e == ERR_OK) {
			json_out_str(&c->json, word, r.id);
			json_out_int(&c->json, "index", (int64_t)index);
		}
		registry_clear(&r);
	}
	work_free(w);
	return e;
}

enum err
cli_right_add(struct cli *c)
{
	return add_file(c, REGISTRY_RIGHT);
}

enum err
cli_licence_add(struct cli *c)
{
	return add_file(c, REGISTRY_LICENCE);
}

enum err
cli_recall_add(struct cli *c)
{
	return add_file(c, REGISTRY_RECALL);
}

enum err
cli_policy_add(struct cli *c)
{
	return add_file(c, REGISTRY_POLICY);
}
