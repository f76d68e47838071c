/* SPDX-License-Identifier: Apache-2.0 */
#include "api_conf.h"

#include "base/text.h"

#include "base/banned.h"

const struct conf_key api_conf_keys[] = {
	{ "http", "listen", CONF_TEXT, false, false, "127.0.0.1", 0, 0, NULL,
	    "address to listen on, IPv4 or IPv6" },
	{ "http", "port", CONF_INT, false, false, "8080", 1, 65535, NULL,
	    "port to listen on" },
	{ "http", "threads", CONF_INT, false, false, "4", 1, 64, NULL,
	    "threads that answer" },
	{ "http", "connections", CONF_INT, false, false, "1000", 1, 60000, NULL,
	    "connections at a time" },
	{ "http", "timeout", CONF_INT, false, false, "30", 1, 3600, NULL,
	    "seconds after which an idle connection is closed" },
	{ "http", "rate_per_s", CONF_INT, false, false, "1000", 0, 1000000,
	    NULL,
	    "requests a second that a token, and an address but loopback, may "
	    "make; 0: no limit" },
	{ "http", "burst", CONF_INT, false, false, "5000", 1, 1000000, NULL,
	    "requests that may come at once" },
	{ "http", "tls_cert", CONF_PATH, false, false, NULL, 0, 0, NULL,
	    "certificate chain, PEM; with tls_key the server speaks TLS" },
	{ "http", "tls_key", CONF_PATH, false, false, NULL, 0, 0, NULL,
	    "private key of the certificate, PEM" },
	{ "http", "cors", CONF_TEXT, false, false, NULL, 0, 0, NULL,
	    "origin that browsers may call from, or * for any" },
	{ "http", "public_url", CONF_TEXT, false, false, NULL, 0, 0, NULL,
	    "where clients reach this server, as https://verify.example; "
	    "without it links take the host of the request" },
	{ "http", "contact", CONF_TEXT, false, false, "the operator", 0, 0,
	    NULL, "who runs the resolver, in /.well-known/gs1resolver" },
	{ "database", "uri", CONF_TEXT, false, true, NULL, 0, 0, NULL,
	    "libpq connection string or URI" },
	{ "database", "pool", CONF_INT, false, false, "4", 1, 64, NULL,
	    "connections to the database; one a thread is enough" },
	{ "log", "name", CONF_TEXT, false, true, NULL, 0, 0, NULL,
	    "name of the log" },
	{ "log", "entries", CONF_CHOICE, false, false, "auditors", 0, 0,
	    "auditors|public", "who may read entry bundles" },
	{ "log", "policy", CONF_PATH, false, false, NULL, 0, 0, NULL,
	    "policy file of the log, made by countermark init; the page at / "
	    "takes the log's key from it" },
	{ "log", "max_age", CONF_INT, false, false, "1200", 1, 86400, NULL,
	    "seconds after which the newest checkpoint is stale (/readyz)" },
	{ "map", "follow", CONF_BOOL, false, false, "yes", 0, 0, NULL,
	    "whether this server keeps the map in memory, for proofs" },
	{ "keys", "answer", CONF_PATH, false, true, NULL, 0, 0, NULL,
	    "key that signs answers, 64 hex digits, mode 0600" },
	{ "gs1", "gcp_lengths", CONF_PATH, false, false, NULL, 0, 0, NULL,
	    "GS1's list of company prefix lengths, JSON; without it no EPC URN "
	    "is written" },
	{ "gateway", "socket", CONF_PATH, false, false, NULL, 0, 0, NULL,
	    "socket of the gateway that signs what is captured" },
	{ "gateway", "queue", CONF_INT, false, false, "256", 16, 65536, NULL,
	    "MiB of documents that captures under way may hold" },
	{ "capture", "identity", CONF_TEXT, true, true, NULL, 0, 0, NULL,
	    "identity of the gateway that signs for this organisation" },
	{ "subscriptions", "deliver", CONF_BOOL, false, false, "yes", 0, 0,
	    NULL, "whether this server sends subscribers their events" },
	{ "subscriptions", "private", CONF_BOOL, false, false, "no", 0, 0, NULL,
	    "whether subscribers may be in private networks, and reached "
	    "without TLS" },
	{ "subscriptions", "ca", CONF_PATH, false, false, NULL, 0, 0, NULL,
	    "certificates that receivers' are checked against, PEM; without "
	    "it the system's" },
};
const size_t api_conf_key_count =
    sizeof(api_conf_keys) / sizeof(api_conf_keys[0]);

static unsigned
number(const struct conf *c, const char *section, const char *key)
{
	return (unsigned)conf_int(c, section, NULL, key);
}

/* http(s), a host, no slash at the end: paths are put behind it. */
static bool
url_ok(const char *url)
{
	size_t n = strlen(url);

	if (strncmp(url, "https://", 8) != 0 && strncmp(url, "http://", 7) != 0)
		return false;
	return n > 8 && n <= 250 && url[n - 1] != '/' &&
	       strpbrk(url, " \t\"<>?#@\\") == NULL;
}

static enum err
check_capture(const struct api_conf *c, struct diag *d)
{
	if (c->capture_count > 0 && c->gateway == NULL)
		return diag_fail(d, ERR_CONFIG, "interface Signing",
		    "[gateway] socket: wanted where there is [capture]");
	for (size_t i = 0; i < c->capture_count; i++) {
		const char *org = conf_name(c->conf, "capture", i);
		const char *identity =
		    conf_text(c->conf, "capture", org, "identity");

		if (!name_valid(span_str(org)))
			return diag_fail(d, ERR_CONFIG, "formats 0",
			    "[capture %.80s]: wanted [a-z0-9-]{1,63}", org);
		if (!name_valid(span_str(identity)))
			return diag_fail(d, ERR_CONFIG, "formats 0",
			    "[capture %.63s] identity: got %.80s, wanted "
			    "[a-z0-9-]{1,63}",
			    org, identity);
	}
	return ERR_OK;
}

static enum err
check(const struct api_conf *c, struct diag *d)
{
	if (c->public_url != NULL && !url_ok(c->public_url))
		return diag_fail(d, ERR_CONFIG, "",
		    "[http] public_url: got %.80s, wanted https://host without "
		    "a slash at the end",
		    c->public_url);
	if (!name_valid(span_str(c->log)))
		return diag_fail(d, ERR_CONFIG, "formats 0",
		    "[log] name: got %.80s, wanted [a-z0-9-]{1,63}", c->log);
	if ((c->tls_cert == NULL) != (c->tls_key == NULL))
		return diag_fail(d, ERR_CONFIG, "",
		    "[http] tls_cert and tls_key: wanted both or none");
	if (c->cors != NULL && strpbrk(c->cors, " \t,") != NULL)
		return diag_fail(
		    d, ERR_CONFIG, "", "[http] cors: wanted one origin or *");
	return check_capture(c, d);
}

enum err
api_conf_load(struct api_conf *out, const char *path, struct diag *d)
{
	struct conf *c;
	enum err e;

	memset(out, 0, sizeof(*out));
	e = conf_load(&c, path, api_conf_keys, api_conf_key_count, d);
	if (e != ERR_OK)
		return e;
	out->conf = c;
	out->listen = conf_text(c, "http", NULL, "listen");
	out->port = number(c, "http", "port");
	out->threads = number(c, "http", "threads");
	out->connections = number(c, "http", "connections");
	out->timeout_s = number(c, "http", "timeout");
	out->rate_per_s = number(c, "http", "rate_per_s");
	out->burst = number(c, "http", "burst");
	out->tls_cert = conf_text(c, "http", NULL, "tls_cert");
	out->tls_key = conf_text(c, "http", NULL, "tls_key");
	out->cors = conf_text(c, "http", NULL, "cors");
	out->public_url = conf_text(c, "http", NULL, "public_url");
	out->contact = conf_text(c, "http", NULL, "contact");
	out->uri = conf_text(c, "database", NULL, "uri");
	out->pool = number(c, "database", "pool");
	out->log = conf_text(c, "log", NULL, "name");
	out->entries_public =
	    strcmp(conf_text(c, "log", NULL, "entries"), "public") == 0;
	out->policy = conf_text(c, "log", NULL, "policy");
	out->max_age_ms = conf_int(c, "log", NULL, "max_age") * 1000;
	out->follow = conf_bool(c, "map", NULL, "follow");
	out->answer_key = conf_text(c, "keys", NULL, "answer");
	out->gcp_lengths = conf_text(c, "gs1", NULL, "gcp_lengths");
	out->gateway = conf_text(c, "gateway", NULL, "socket");
	out->capture_bytes = conf_int(c, "gateway", NULL, "queue") << 20;
	out->capture_count = conf_count(c, "capture");
	out->deliver = conf_bool(c, "subscriptions", NULL, "deliver");
	out->private_dest = conf_bool(c, "subscriptions", NULL, "private");
	out->ca = conf_text(c, "subscriptions", NULL, "ca");
	e = check(out, d);
	if (e != ERR_OK)
		api_conf_clear(out);
	return e;
}

void
api_conf_clear(struct api_conf *c)
{
	conf_free(c->conf);
	c->conf = NULL;
}
