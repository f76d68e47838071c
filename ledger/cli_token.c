/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/text.h"

#include "base/banned.h"

#define TOKEN_PREFIX "cm_"
#define TOKEN_BYTES 32
#define TOKEN_CHARS (sizeof TOKEN_PREFIX + BASE64_CHARS(TOKEN_BYTES))
#define DAY_MS 86400000LL
#define DAYS_MAX 3660

/* 256 random bits in base64url (RFC 4648 section 5) without padding. */
static void
make_token(char out[TOKEN_CHARS])
{
	uint8_t secret[TOKEN_BYTES];
	char *text = out + sizeof TOKEN_PREFIX - 1;

	random_bytes(secret, sizeof secret);
	memcpy(out, TOKEN_PREFIX, sizeof TOKEN_PREFIX - 1);
	base64_print(text, span_of(secret, sizeof secret));
	secret_wipe(secret, sizeof secret);
	for (; *text != '\0' && *text != '='; text++) {
		if (*text == '+')
			*text = '-';
		else if (*text == '/')
			*text = '_';
	}
	*text = '\0';
}

/* One of the words of list, which is ended by NULL. */
static bool
is_word(struct span s, const char *const *list)
{
	for (; *list != NULL; list++) {
		if (span_is(s, *list))
			return true;
	}
	return false;
}

static enum err
read_role(struct store_token *t, struct cli *c)
{
	static const char *const roles[] = { "brand", "partner", "authority",
		"auditor", "operator", NULL };
	const char *role = cli_option(&c->args, "role");
	const char *org = cli_option(&c->args, "org");
	bool party = strcmp(role, "brand") == 0 || strcmp(role, "partner") == 0;
	enum err e;

	if (!is_word(span_str(role), roles))
		return diag_fail(&c->d, ERR_USAGE, "",
		    "--role %.40s: wanted brand, partner, authority, auditor "
		    "or operator",
		    role);
	(void)snprintf(t->role, sizeof t->role, "%s", role);
	if (org == NULL)
		return !party ? ERR_OK
			      : diag_fail(&c->d, ERR_USAGE, "api Access",
				    "--role %s: sees what concerns its "
				    "organisation, wanted --org ORG",
				    role);
	if ((e = cli_name(c, "--org", org)) != ERR_OK)
		return e;
	(void)snprintf(t->organisation, sizeof t->organisation, "%s", org);
	return ERR_OK;
}

/* --scope may stand several times; without it a token may all its role may. */
static enum err
read_scopes(struct store_token *t, struct cli *c)
{
	static const char *const scopes[] = { "read", "capture", "subscribe",
		NULL };
	struct buf out = buf_fixed(t->scopes, sizeof t->scopes - 1);

	for (size_t i = 0; i < c->args.count; i++) {
		const struct cli_given *g = &c->args.given[i];

		if (strcmp(g->option->name, "scope") != 0)
			continue;
		if (!is_word(span_str(g->value), scopes))
			return diag_fail(&c->d, ERR_USAGE, "",
			    "--scope %.40s: wanted read, capture or subscribe",
			    g->value);
		if (out.n > 0)
			buf_byte(&out, ' ');
		buf_str(&out, g->value);
	}
	if (out.n == 0)
		buf_str(&out, "read capture subscribe");
	if (buf_error(&out) != ERR_OK)
		return diag_fail(
		    &c->d, ERR_USAGE, "", "--scope: given too often");
	t->scopes[out.n] = '\0';
	return ERR_OK;
}

static enum err
read_days(struct store_token *t, struct cli *c)
{
	const char *days = cli_option(&c->args, "days");
	uint64_t n;

	if (days == NULL)
		return ERR_OK;
	if (u64_parse(&n, span_str(days), DAYS_MAX) != ERR_OK || n == 0)
		return diag_fail(&c->d, ERR_USAGE, "",
		    "--days %.20s: wanted a number from 1 to %d", days,
		    DAYS_MAX);
	t->expires_ms = clock_wall_ms() + (int64_t)n * DAY_MS;
	return ERR_OK;
}

static void
print_id(struct json_out *o, const struct hash *h)
{
	char id[2 * STORE_TOKEN_ID + 1];

	hex_print(id, span_of(h->b, STORE_TOKEN_ID));
	json_out_str(o, "id", id);
}

enum err
cli_token_create(struct cli *c)
{
	struct store_token t = { .expires_ms = 0 };
	struct cli_log *l = calloc(1, sizeof *l);
	char token[TOKEN_CHARS];
	struct hash h;
	enum err e = ERR_NOMEM;

	if (l == NULL || (e = read_role(&t, c)) != ERR_OK ||
	    (e = read_scopes(&t, c)) != ERR_OK ||
	    (e = read_days(&t, c)) != ERR_OK ||
	    (e = cli_log_open(l, c)) != ERR_OK)
		goto out;
	make_token(token);
	h = hash_bytes(span_str(token));
	e = store_token_add(l->store, &h, &t, &c->d);
	if (e == ERR_OK) {
		json_out_str(&c->json, "token", token);
		print_id(&c->json, &h);
	}
	secret_wipe(token, sizeof token);
out:
	if (l != NULL)
		store_close(l->store);
	free(l);
	return e;
}

static void
put_time(struct json_out *o, const char *key, int64_t ms)
{
	if (ms == 0)
		json_out_null(o, key);
	else
		json_out_int(o, key, ms);
}

static enum err
print_row(void *ctx, const struct store_token_row *row)
{
	struct json_out *o = ctx;
	const struct store_token *t = &row->token;

	json_out_object(o, NULL);
	print_id(o, &row->hash);
	json_out_str(o, "role", t->role);
	if (t->organisation[0] == '\0')
		json_out_null(o, "organisation");
	else
		json_out_str(o, "organisation", t->organisation);
	json_out_str(o, "scopes", t->scopes);
	json_out_int(o, "created", row->created_ms);
	put_time(o, "expires", t->expires_ms);
	put_time(o, "revoked", row->revoked_ms);
	json_out_end_object(o);
	return ERR_OK;
}

enum err
cli_token_list(struct cli *c)
{
	struct cli_log *l = calloc(1, sizeof *l);
	enum err e;

	if (l == NULL)
		return diag_fail(&c->d, ERR_NOMEM, "", "out of memory");
	if ((e = cli_log_open(l, c)) == ERR_OK) {
		json_out_array(&c->json, "tokens");
		e = store_token_list(l->store, print_row, &c->json, &c->d);
		json_out_end_array(&c->json);
	}
	store_close(l->store);
	free(l);
	return e;
}

enum err
cli_token_revoke(struct cli *c)
{
	struct cli_log *l = calloc(1, sizeof *l);
	uint8_t id[STORE_TOKEN_ID];
	size_t n = 0;
	enum err e;

	if (l == NULL)
		return diag_fail(&c->d, ERR_NOMEM, "", "out of memory");
	e = hex_parse(id, sizeof id, &n, span_str(c->args.positional));
	if (e != ERR_OK || n != sizeof id)
		e = diag_fail(&c->d, ERR_USAGE, "",
		    "token %.40s: wanted the id that token list shows, %d hex "
		    "digits",
		    c->args.positional, 2 * STORE_TOKEN_ID);
	else
		e = cli_log_open(l, c);
	if (e == ERR_OK)
		e = store_token_revoke(l->store, id, &c->d);
	if (e == ERR_NOT_FOUND)
		e = diag_fail(&c->d, e, "",
		    "token %s: there is none that is not revoked",
		    c->args.positional);
	if (e == ERR_OK)
		json_out_str(&c->json, "revoked", c->args.positional);
	store_close(l->store);
	free(l);
	return e;
}
