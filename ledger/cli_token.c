/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"

#include "base/banned.h"

#define TOKEN_PREFIX "cm_"
#define TOKEN_BYTES 32
#define TOKEN_CHARS (sizeof TOKEN_PREFIX + BASE64_CHARS(TOKEN_BYTES))

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

static enum err
read_role(struct store_token *t, struct cli *c)
{
	static const char *const roles[] = { "brand", "partner", "authority",
		"auditor", "operator" };
	const char *role = cli_option(&c->args, "role");
	const char *org = cli_option(&c->args, "org");
	enum err e;

	for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
		if (strcmp(role, roles[i]) == 0)
			(void)snprintf(t->role, sizeof t->role, "%s", roles[i]);
	}
	if (t->role[0] == '\0')
		return diag_fail(&c->d, ERR_USAGE, "",
		    "--role %.40s: wanted brand, partner, authority, auditor "
		    "or operator",
		    role);
	if (org == NULL)
		return ERR_OK;
	if ((e = cli_name(c, "--org", org)) != ERR_OK)
		return e;
	(void)snprintf(t->organisation, sizeof t->organisation, "%s", org);
	return ERR_OK;
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
	    (e = cli_log_open(l, c)) != ERR_OK)
		goto out;
	make_token(token);
	h = hash_bytes(span_str(token));
	e = store_token_add(l->store, &h, &t, &c->d);
	if (e == ERR_OK)
		json_out_str(&c->json, "token", token);
	secret_wipe(token, sizeof token);
out:
	if (l != NULL)
		store_close(l->store);
	free(l);
	return e;
}
