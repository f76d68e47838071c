/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "event/touch.h"

#include "api.h"

#include "base/banned.h"

/*
 * did:web documents (formats 2.2): each key stands twice, as JsonWebKey and as
 * Multikey (both forms in one method are prohibited). Past keys stay listed
 * with the moment they ended, but assert nothing new.
 */
#define METHODS_MAX 256
#define METHOD_ID 520

struct document {
	struct call *c;
	struct json_out *o;
	const char *did;
	/* methods that may assert now */
	unsigned asserting;
	char assertion[METHODS_MAX][2][METHOD_ID];
	unsigned methods;
};

static void
put_base64url(struct json_out *o, const char *key, const uint8_t k[KEY_BYTES])
{
	char text[BASE64_CHARS(KEY_BYTES) + 1];

	base64_print(text, span_of(k, KEY_BYTES));
	for (char *p = text; *p != '\0'; p++) {
		if (*p == '+')
			*p = '-';
		else if (*p == '/')
			*p = '_';
		else if (*p == '=')
			*p = '\0';
	}
	json_out_str(o, key, text);
}

struct method {
	const char *fragment;
	const uint8_t *key;
	char ended[RFC3339_CHARS + 1]; /* "" open */
	bool revoked;
};

static void
put_head(struct document *doc, const char *id, const char *type,
    const struct method *m)
{
	json_out_object(doc->o, NULL);
	json_out_str(doc->o, "id", id);
	json_out_str(doc->o, "type", type);
	json_out_str(doc->o, "controller", doc->did);
	if (m->ended[0] != '\0')
		json_out_str(
		    doc->o, m->revoked ? "revoked" : "expires", m->ended);
}

static void
put_method(struct document *doc, const struct method *m)
{
	char did_key[DID_KEY_CHARS + 1], id[2][METHOD_ID];
	const char *multibase = did_key + sizeof("did:key:") - 1;

	if (doc->methods == METHODS_MAX)
		return;
	doc->methods++;
	did_key_print(did_key, m->key);
	(void)snprintf(
	    id[0], sizeof(id[0]), "%.400s#%.100s", doc->did, m->fragment);
	(void)snprintf(
	    id[1], sizeof(id[1]), "%.400s#%.100s", doc->did, multibase);
	put_head(doc, id[0], "JsonWebKey", m);
	json_out_object(doc->o, "publicKeyJwk");
	json_out_str(doc->o, "kty", "OKP");
	json_out_str(doc->o, "crv", "Ed25519");
	put_base64url(doc->o, "x", m->key);
	json_out_end_object(doc->o);
	json_out_end_object(doc->o);
	put_head(doc, id[1], "Multikey", m);
	json_out_str(doc->o, "publicKeyMultibase", multibase);
	json_out_end_object(doc->o);
	if (m->ended[0] != '\0')
		return;
	memcpy(doc->assertion[doc->asserting++], id, sizeof(id));
}

/* The keys of a device; fragment `<prefix>-<epoch>`. */
static enum err
put_device(
    struct document *doc, const struct roster_device *dev, const char *prefix)
{
	enum err e = ERR_OK;

	for (unsigned i = 0; e == ERR_OK && i < dev->key_count; i++) {
		const struct roster_key *k = &dev->keys[i];
		char fragment[96];
		struct method m = { fragment, k->key, "", false };
		int64_t before, after;

		(void)snprintf(fragment, sizeof(fragment), "%s-%" PRIu64,
		    prefix, k->epoch);
		if (k->until_index != 0) {
			e = store_recorded(doc->c->store, k->until_index,
			    &before, &after, &doc->c->d);
			if (e == ERR_OK)
				rfc3339_print(m.ended, after);
		} else if (dev->revoked) {
			rfc3339_print(m.ended, dev->revoked_from_ms);
			m.revoked = true;
		}
		if (e == ERR_OK)
			put_method(doc, &m);
	}
	return e == ERR_NOT_FOUND ? ERR_STATE : e;
}

static void
open_document(struct document *doc, struct call *c, struct json_out *o,
    const char *did, const char *controller)
{
	doc->c = c;
	doc->o = o;
	doc->did = did;
	doc->asserting = 0;
	doc->methods = 0;
	answer_json(c->res, o);
	json_out_object(o, NULL);
	json_out_array(o, "@context");
	json_out_str(o, NULL, "https://www.w3.org/ns/did/v1");
	json_out_str(o, NULL, "https://w3id.org/security/jwk/v1");
	json_out_str(o, NULL, "https://w3id.org/security/multikey/v1");
	json_out_end_array(o);
	json_out_str(o, "id", did);
	if (controller != NULL)
		json_out_str(o, "controller", controller);
	json_out_array(o, "verificationMethod");
}

static enum err
close_document(struct document *doc)
{
	struct json_out *o = doc->o;
	struct http_response *res = doc->c->res;

	json_out_end_array(o);
	json_out_array(o, "assertionMethod");
	for (unsigned i = 0; i < doc->asserting; i++) {
		json_out_str(o, NULL, doc->assertion[i][0]);
		json_out_str(o, NULL, doc->assertion[i][1]);
	}
	json_out_end_array(o);
	json_out_end_object(o);
	answer_cache(res, CACHE_CHECK);
	http_header(res, "Access-Control-Allow-Origin", "*");
	return answer_done(res, 200, "application/did+json");
}

static enum err
no_such(struct call *c, const char *what)
{
	answer_problem(c->res, 404, "unknown_did", "name", NULL,
	    "no such %s is registered here", what);
	return ERR_OK;
}

static enum err
authority_did(char out[DID_WEB_CHARS + 1], struct call *c)
{
	struct buf b = buf_fixed(out, DID_WEB_CHARS + 1);
	enum err e = did_web_authority(&b, view_host(c->api->view));

	return e == ERR_OK && buf_text(&b) == NULL ? ERR_SPACE : e;
}

static enum err
authority_document(struct call *c, struct roster *roster)
{
	char did[DID_WEB_CHARS + 1];
	struct document *doc = malloc(sizeof(*doc));
	struct json_out o;
	enum err e = doc == NULL ? ERR_NOMEM : authority_did(did, c);

	if (e == ERR_OK)
		open_document(doc, c, &o, did, NULL);
	for (size_t i = 0; e == ERR_OK && i < roster_device_count(roster);
	     i++) {
		const struct roster_device *dev = roster_device_at(roster, i);

		if (strcmp(dev->role, "authority") == 0)
			e = put_device(doc, dev, dev->name);
	}
	if (e == ERR_OK)
		e = close_document(doc);
	free(doc);
	return e;
}

enum err
did_authority(struct call *c)
{
	enum err e = call_snapshot(c);

	if (e != ERR_OK)
		return e;
	e = authority_document(c, view_roster(c->api->view));
	view_unlock(c->api->view);
	return e;
}

static enum err
device_document(struct call *c, struct roster *roster)
{
	char did[DID_WEB_CHARS + 1], authority[DID_WEB_CHARS + 1];
	const struct roster_device *dev = roster_device(roster, c->wild[0]);
	struct buf b = buf_fixed(did, sizeof(did));
	struct document *doc;
	struct json_out o;
	enum err e;

	if (dev == NULL)
		return no_such(c, "device");
	e = did_web_device(&b, view_host(c->api->view), c->wild[0]);
	if (e == ERR_OK)
		e = buf_text(&b) == NULL ? ERR_SPACE
					 : authority_did(authority, c);
	if (e != ERR_OK)
		return e;
	doc = malloc(sizeof(*doc));
	if (doc == NULL)
		return ERR_NOMEM;
	open_document(doc, c, &o, did, authority);
	e = put_device(doc, dev, "key");
	if (e == ERR_OK)
		e = close_document(doc);
	free(doc);
	return e;
}

enum err
did_device(struct call *c)
{
	enum err e = call_snapshot(c);

	if (e != ERR_OK)
		return e;
	e = device_document(c, view_roster(c->api->view));
	view_unlock(c->api->view);
	return e;
}

/* Keys that the newest organisation statement names (formats 1.7). */
static enum err
on_organisation(void *ctx, uint64_t index, struct span entry)
{
	struct document *doc = ctx;
	struct statement s;
	struct registry reg;
	const struct json *keys;

	(void)index;
	if (entry_kind(entry) != ENTRY_STATEMENT ||
	    statement_parse(&s, entry, NULL) != ERR_OK ||
	    registry_parse(&reg, s.payload, NULL) != ERR_OK)
		return ERR_OK;
	keys = json_get(reg.body, "keys");
	for (size_t i = 0; keys != NULL && i < json_count(keys); i++) {
		const struct json *item = json_at(keys, i);
		const char *text = json_is_object(item)
				       ? json_text(json_get(item, "key"))
				       : NULL;
		uint8_t key[KEY_BYTES];
		char fragment[32];
		struct method m = { fragment, key, "", false };

		if (text == NULL ||
		    did_key_or_hex(key, span_str(text)) != ERR_OK)
			continue;
		(void)snprintf(fragment, sizeof(fragment), "key-%zu", i + 1);
		put_method(doc, &m);
	}
	registry_clear(&reg);
	return ERR_OK;
}

static enum err
organisation_document(struct call *c, struct roster *roster)
{
	char authority[DID_WEB_CHARS + 1];
	const struct roster_org *org = roster_org(roster, c->wild[0]);
	struct document *doc;
	struct json_out o;
	enum err e;

	if (org == NULL)
		return no_such(c, "organisation");
	e = authority_did(authority, c);
	if (e != ERR_OK)
		return e;
	doc = malloc(sizeof(*doc));
	if (doc == NULL)
		return ERR_NOMEM;
	open_document(doc, c, &o, org->did, authority);
	if (!org->ended)
		e = store_entries(
		    c->store, org->index, 1, on_organisation, doc, &c->d);
	if (e == ERR_OK)
		e = close_document(doc);
	free(doc);
	return e;
}

enum err
did_organisation(struct call *c)
{
	enum err e = call_snapshot(c);

	if (e != ERR_OK)
		return e;
	e = organisation_document(c, view_roster(c->api->view));
	view_unlock(c->api->view);
	return e;
}
