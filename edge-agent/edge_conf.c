/* SPDX-License-Identifier: Apache-2.0 */
#include "edge_conf.h"

#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "event/did.h"
#include "gs1/gs1.h"

#include "pack.h"

#include "base/banned.h"

#define MODES "single|pack|batch"
#define KINDS "stdin|fifo|file|document|socket|serial|evdev|pcsc|http|mqtt"

static const struct conf_key edge_keys[] = {
	{ "agent", "name", CONF_TEXT, false, false, NULL, 0, 0, NULL,
	    "what people call this box" },
	{ "agent", "authority", CONF_TEXT, false, true, NULL, 0, 0, NULL,
	    "host of the authority's did:web" },
	{ "agent", "log", CONF_TEXT, false, true, NULL, 0, 0, NULL,
	    "name of the ledger's log" },
	{ "agent", "state", CONF_PATH, false, true, NULL, 0, 0, NULL,
	    "folder of the outboxes, mode 0700" },
	{ "agent", "outbox_bytes", CONF_INT, false, false, "1073741824", 65536,
	    INT64_C(1) << 40, NULL, "a fuller outbox refuses scans" },
	{ "agent", "outbox_rows", CONF_INT, false, false, "1000000", 1,
	    INT64_C(1) << 40, NULL, "statements waiting at most" },
	{ "agent", "exit_when_drained", CONF_BOOL, false, false, "no", 0, 0,
	    NULL, "end when all inputs ended and all is receipted" },
	{ "agent", "metrics_file", CONF_PATH, false, false, NULL, 0, 0, NULL,
	    "OpenMetrics text, replaced every 10 seconds and at the end" },
	{ "identity", "key", CONF_PATH, true, true, NULL, 0, 0, NULL,
	    "file of the signing key, hex seed, mode 0600" },
	{ "identity", "organisation", CONF_TEXT, true, false, NULL, 0, 0, NULL,
	    "name of the organisation it signs for" },
	{ "ledger", "receipt_key", CONF_TEXT, false, true, NULL, 0, 0, NULL,
	    "did:key or hex of the ledger's receipt key, or a file of it" },
	{ "mqtt", "host", CONF_TEXT, false, false, "127.0.0.1", 0, 0, NULL,
	    "broker" },
	{ "mqtt", "port", CONF_INT, false, false, "1883", 1, 65535, NULL,
	    "broker's port" },
	{ "mqtt", "ca", CONF_PATH, false, false, NULL, 0, 0, NULL,
	    "CA certificates; without it no TLS" },
	{ "mqtt", "cert", CONF_PATH, false, false, NULL, 0, 0, NULL,
	    "client certificate; {identity} is replaced" },
	{ "mqtt", "key", CONF_PATH, false, false, NULL, 0, 0, NULL,
	    "its key; {identity} is replaced" },
	{ "station", "mode", CONF_CHOICE, false, false, "single", 0, 0, MODES,
	    "single: one event a scan; pack: an SSCC, then its items; "
	    "batch: new items" },
	{ "station", "bizStep", CONF_TEXT, false, false, NULL, 0, 0, NULL,
	    "business step of each event" },
	{ "station", "action", CONF_CHOICE, false, false, "OBSERVE", 0, 0,
	    "ADD|OBSERVE|DELETE", "action of each event" },
	{ "station", "disposition", CONF_TEXT, false, false, NULL, 0, 0, NULL,
	    "state of the item afterwards" },
	{ "station", "readPoint", CONF_TEXT, false, false, NULL, 0, 0, NULL,
	    "URI of this place" },
	{ "station", "bizLocation", CONF_TEXT, false, false, NULL, 0, 0, NULL,
	    "URI of where the item is afterwards" },
	{ "station", "end", CONF_TEXT, false, false, NULL, 0, 0, NULL,
	    "pack: a code that closes the container when scanned" },
	{ "station", "packSize", CONF_INT, false, false, "0", 0, PACK_CHILDREN,
	    NULL, "pack: so many items close the container; 0 never" },
	{ "station", "gtin", CONF_TEXT, false, false, NULL, 0, 0, NULL,
	    "batch: GTIN of the new items" },
	{ "station", "count", CONF_INT, false, false, "0", 0, 10000000, NULL,
	    "batch: how many each run makes" },
	{ "input", "kind", CONF_CHOICE, true, true, NULL, 0, 0, KINDS,
	    "stdin, fifo, file: a line a code; file: or CSV with a header; "
	    "document: EPCISDocuments in a folder; socket: gateway" },
	{ "input", "path", CONF_PATH, true, false, NULL, 0, 0, NULL,
	    "file, named pipe, folder or socket" },
	{ "input", "identity", CONF_TEXT, true, false, NULL, 0, 0, NULL,
	    "who signs its scans; the first identity if not given" },
};
#define EDGE_KEYS (sizeof(edge_keys) / sizeof(edge_keys[0]))

static enum err
edge_conf_receipt_key(struct edge_conf *c, struct diag *d)
{
	const char *text = conf_text(c->conf, "ledger", NULL, "receipt_key");
	struct buf b = buf_heap(1024);
	struct span s = span_str(text);
	enum err e = did_key_or_hex(c->receipt_key, s);

	if (e != ERR_OK && access(text, F_OK) == 0) {
		e = file_read(&b, text, 1024, d);
		s = buf_span(&b);
		while (s.n > 0 && s.p[s.n - 1] <= ' ')
			s.n--;
		if (e == ERR_OK)
			e = did_key_or_hex(c->receipt_key, s);
	}
	buf_free(&b);
	if (e != ERR_OK)
		return diag_fail(d, ERR_CONFIG, "formats 2.1",
		    "[ledger] receipt_key: wanted a did:key, 64 hex digits or "
		    "a file of one");
	return ERR_OK;
}

/* Mode batch makes items instead of reading codes. */
static enum err
edge_conf_batch(struct edge_conf *c, struct diag *d)
{
	const char *gtin = conf_text(c->conf, "station", NULL, "gtin");
	int64_t count = conf_int(c->conf, "station", NULL, "count");
	struct diag why;

	diag_clear(&why);
	if (c->mode != EDGE_BATCH) {
		if (gtin != NULL || count != 0)
			return diag_fail(d, ERR_CONFIG, "interface Edge",
			    "[station] gtin and count are for mode = batch");
		return ERR_OK;
	}
	if (gtin == NULL || count == 0)
		return diag_fail(d, ERR_CONFIG, "interface Edge",
		    "[station] mode = batch: gtin or count is missing");
	if (gs1_gtin14(c->batch_gtin, span_str(gtin), &why) != ERR_OK)
		return diag_fail(
		    d, ERR_CONFIG, why.clause, "[station] gtin: %s", why.text);
	c->batch_count = (uint64_t)count;
	/* A service that is started again would issue them again. */
	if (!c->exit_when_drained)
		return diag_fail(d, ERR_CONFIG, "interface Edge",
		    "[station] mode = batch wants exit_when_drained = yes: "
		    "each run issues count items");
	if (conf_count(c->conf, "input") != 0)
		return diag_fail(d, ERR_CONFIG, "interface Edge",
		    "[station] mode = batch takes no [input]");
	return ERR_OK;
}

static enum err
edge_conf_station(struct edge_conf *c, struct diag *d)
{
	const char *mode = conf_text(c->conf, "station", NULL, "mode");

	c->mode = strcmp(mode, "pack") == 0    ? EDGE_PACK
		  : strcmp(mode, "batch") == 0 ? EDGE_BATCH
					       : EDGE_SINGLE;
	c->pack_end = conf_text(c->conf, "station", NULL, "end");
	c->pack_size = (size_t)conf_int(c->conf, "station", NULL, "packSize");
	if (c->mode != EDGE_PACK && (c->pack_end != NULL || c->pack_size != 0))
		return diag_fail(d, ERR_CONFIG, "interface Edge",
		    "[station] end and packSize are for mode = pack");
	c->station = (struct station){
		.biz_step = conf_text(c->conf, "station", NULL, "bizStep"),
		.action = conf_text(c->conf, "station", NULL, "action"),
		.disposition =
		    conf_text(c->conf, "station", NULL, "disposition"),
		.read_point = conf_text(c->conf, "station", NULL, "readPoint"),
		.biz_location =
		    conf_text(c->conf, "station", NULL, "bizLocation"),
	};
	return edge_conf_batch(c, d);
}

static enum err
edge_conf_kind(struct edge_input *in, const char *kind, struct diag *d)
{
	if (strcmp(kind, "stdin") == 0)
		in->kind = EDGE_STDIN;
	else if (strcmp(kind, "fifo") == 0)
		in->kind = EDGE_FIFO;
	else if (strcmp(kind, "file") == 0)
		in->kind = EDGE_FILE;
	else if (strcmp(kind, "document") == 0)
		in->kind = EDGE_DOCUMENT;
	else if (strcmp(kind, "socket") == 0)
		in->kind = EDGE_SOCKET;
	else
		return diag_fail(d, ERR_UNSUPPORTED, "interface Edge",
		    "[input %s] kind = %s is not in this release", in->name,
		    kind);
	return ERR_OK;
}

static enum err
edge_conf_input(struct edge_conf *c, size_t i, struct diag *d)
{
	struct edge_input *in = &c->inputs[i];
	const char *who;
	size_t n;
	enum err e;

	in->name = conf_name(c->conf, "input", i);
	in->path = conf_text(c->conf, "input", in->name, "path");
	e = edge_conf_kind(
	    in, conf_text(c->conf, "input", in->name, "kind"), d);
	if (e != ERR_OK)
		return e;
	if (in->kind != EDGE_STDIN && in->path == NULL)
		return diag_fail(d, ERR_CONFIG, "interface Edge",
		    "[input %s]: path is missing", in->name);
	who = conf_text(c->conf, "input", in->name, "identity");
	for (n = 0; who != NULL && n < c->identity_count; n++)
		if (strcmp(who, edge_conf_identity(c, n)) == 0)
			break;
	if (n == c->identity_count)
		return diag_fail(d, ERR_CONFIG, "interface Edge",
		    "[input %s]: no [identity %s]", in->name, who);
	in->identity = n;
	return ERR_OK;
}

static enum err
edge_conf_lists(struct edge_conf *c, struct diag *d)
{
	enum err e = ERR_OK;

	c->identity_count = conf_count(c->conf, "identity");
	if (c->identity_count == 0 || c->identity_count > EDGE_IDENTITIES)
		return diag_fail(d, ERR_CONFIG, "interface Edge",
		    "got %zu identities, wanted 1 to %d", c->identity_count,
		    EDGE_IDENTITIES);
	for (size_t i = 0; i < c->identity_count; i++)
		if (!name_valid(span_str(edge_conf_identity(c, i))))
			return diag_fail(d, ERR_CONFIG, "formats",
			    "[identity %s]: wanted [a-z0-9-]{1,63}",
			    edge_conf_identity(c, i));
	c->input_count = conf_count(c->conf, "input");
	if (c->input_count > EDGE_INPUTS)
		return diag_fail(d, ERR_CONFIG, "interface Edge",
		    "got %zu inputs, wanted at most %d", c->input_count,
		    EDGE_INPUTS);
	for (size_t i = 0; e == ERR_OK && i < c->input_count; i++)
		e = edge_conf_input(c, i, d);
	return e;
}

static enum err
edge_conf_fill(struct edge_conf *c, struct diag *d)
{
	c->authority = conf_text(c->conf, "agent", NULL, "authority");
	c->log = conf_text(c->conf, "agent", NULL, "log");
	c->state = conf_text(c->conf, "agent", NULL, "state");
	c->outbox_bytes =
	    (uint64_t)conf_int(c->conf, "agent", NULL, "outbox_bytes");
	c->outbox_rows =
	    (uint64_t)conf_int(c->conf, "agent", NULL, "outbox_rows");
	c->exit_when_drained =
	    conf_bool(c->conf, "agent", NULL, "exit_when_drained");
	c->metrics_file = conf_text(c->conf, "agent", NULL, "metrics_file");
	c->mqtt_host = conf_text(c->conf, "mqtt", NULL, "host");
	c->mqtt_port = (int)conf_int(c->conf, "mqtt", NULL, "port");
	c->mqtt_ca = conf_text(c->conf, "mqtt", NULL, "ca");
	c->mqtt_cert = conf_text(c->conf, "mqtt", NULL, "cert");
	c->mqtt_key = conf_text(c->conf, "mqtt", NULL, "key");
	if (!name_valid(span_str(c->log)))
		return diag_fail(d, ERR_CONFIG, "formats",
		    "[agent] log: wanted [a-z0-9-]{1,63}");
	enum err e = edge_conf_receipt_key(c, d);
	if (e == ERR_OK)
		e = edge_conf_station(c, d);
	return e != ERR_OK ? e : edge_conf_lists(c, d);
}

enum err
edge_conf_load(struct edge_conf *out, const char *path, struct diag *d)
{
	enum err e;

	*out = (struct edge_conf){ .conf = NULL };
	e = conf_load(&out->conf, path, edge_keys, EDGE_KEYS, d);
	if (e == ERR_OK)
		e = edge_conf_fill(out, d);
	if (e != ERR_OK)
		edge_conf_clear(out);
	return e;
}

void
edge_conf_clear(struct edge_conf *c)
{
	conf_free(c->conf);
	c->conf = NULL;
}

const char *
edge_conf_identity(const struct edge_conf *c, size_t i)
{
	return conf_name(c->conf, "identity", i);
}

const char *
edge_conf_key(const struct edge_conf *c, size_t i)
{
	return conf_text(c->conf, "identity", edge_conf_identity(c, i), "key");
}

const char *
edge_conf_organisation(const struct edge_conf *c, size_t i)
{
	return conf_text(
	    c->conf, "identity", edge_conf_identity(c, i), "organisation");
}

enum err
edge_conf_path(struct buf *out, const char *path, const char *identity)
{
	static const char mark[] = "{identity}";
	const char *hit;

	if (path == NULL)
		return ERR_OK;
	while ((hit = strstr(path, mark)) != NULL) {
		buf_put(out, span_of(path, (size_t)(hit - path)));
		buf_str(out, identity);
		path = hit + sizeof(mark) - 1;
	}
	buf_str(out, path);
	return buf_error(out);
}

void
edge_conf_example(struct buf *out)
{
	conf_example(out, edge_keys, EDGE_KEYS);
}
