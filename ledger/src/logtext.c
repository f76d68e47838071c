/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/logtext.h"

#include "base/text.h"
#include "event/did.h"
#include "event/statement.h"

#include "base/banned.h"

#define GENESIS_LINE "countermark/genesis/v1"
#define EPOCH_LINE "countermark/epoch/v1"
#define FORK_LINE "countermark/fork/v1"
#define MAP_FUNCTION "1"
#define ORIGIN_MAX 320

static const char genesis_clause[] = "formats 4.3";
static const char epoch_clause[] = "formats 4.5";

/*
 * Lines of an entry, one after the other. The first failure sticks and is
 * asked for once.
 */
struct lines {
	struct span rest;
	const char *clause;
	enum err failed;
	struct diag *d;
};

static enum err
lines_fail(struct lines *l, const char *what, const char *wanted)
{
	if (l->failed == ERR_OK)
		l->failed = diag_fail(l->d, ERR_BAD_ENCODING, l->clause,
		    "%s: wanted %s", what, wanted);
	return l->failed;
}

/* The next line without its LF; empty, never NULL, after a failure. */
static struct span
lines_take(struct lines *l, const char *what)
{
	const uint8_t *lf =
	    l->rest.n == 0 ? NULL : memchr(l->rest.p, '\n', l->rest.n);
	struct span line = span_str("");

	if (l->failed != ERR_OK)
		return line;
	if (lf == NULL) {
		(void)lines_fail(l, what, "a line ended by LF");
		return line;
	}
	line = span_of(l->rest.p, (size_t)(lf - l->rest.p));
	l->rest = span_skip(l->rest, line.n + 1);
	return line;
}

static void
lines_fixed(struct lines *l, const char *text)
{
	if (!span_is(lines_take(l, text), text))
		(void)lines_fail(l, "line", text);
}

static uint64_t
lines_u64(struct lines *l, const char *what, uint64_t max)
{
	uint64_t v = 0;

	if (u64_parse(&v, lines_take(l, what), max) != ERR_OK)
		(void)lines_fail(l, what, "a decimal number in range");
	return v;
}

static void
lines_hash(
    struct lines *l, struct hash *out, const char *prefix, const char *what)
{
	struct span line = lines_take(l, what);
	size_t n = 0, skip = strlen(prefix);

	if (!span_starts(line, prefix) || line.n != skip + HASH64_CHARS ||
	    base64_parse(out->b, HASH_BYTES, &n, span_skip(line, skip)) !=
		ERR_OK ||
	    n != HASH_BYTES)
		(void)lines_fail(l, what, "the base64 of 32 bytes");
}

static void
lines_key(struct lines *l, uint8_t pub[KEY_BYTES], const char *prefix)
{
	struct span line = lines_take(l, prefix);
	size_t skip = strlen(prefix);

	if (!span_starts(line, prefix) ||
	    did_key_parse(pub, span_skip(line, skip)) != ERR_OK)
		(void)lines_fail(l, prefix, "a did:key");
}

static enum err
lines_end(struct lines *l)
{
	if (l->failed == ERR_OK && l->rest.n != 0)
		(void)lines_fail(l, "entry", "no byte after its last line");
	return l->failed;
}

/* A host of a did:web: letters, digits, dots, hyphens and perhaps a port. */
static bool
host_valid(struct span host)
{
	size_t i = 0;
	uint64_t port;

	for (; i < host.n && host.p[i] != ':'; i++) {
		uint8_t c = host.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
		    c != '.' && c != '-')
			return false;
	}
	if (i == 0)
		return false;
	return i == host.n ||
	       u64_parse(&port, span_skip(host, i + 1), 65535) == ERR_OK;
}

/* `<host>/<log>`; the length of the host, 0 when it is none. */
static size_t
origin_host(struct span origin)
{
	const uint8_t *slash =
	    origin.n == 0 ? NULL : memchr(origin.p, '/', origin.n);
	size_t n;

	if (slash == NULL || origin.n > ORIGIN_MAX)
		return 0;
	n = (size_t)(slash - origin.p);
	if (!host_valid(span_of(origin.p, n)) ||
	    !name_valid(span_skip(origin, n + 1)))
		return 0;
	return n;
}

static void
put_key(struct buf *out, const char *word, const uint8_t pub[KEY_BYTES])
{
	char did[DID_KEY_CHARS + 1];

	did_key_print(did, pub);
	buf_printf(out, "%s %s\n", word, did);
}

static void
put_hash(struct buf *out, const struct hash *h)
{
	base64_put(out, hash_span(h));
	buf_byte(out, '\n');
}

enum err
genesis_print(struct buf *out, const struct genesis *g)
{
	if (origin_host(span_str(g->origin)) == 0 || g->authority_count == 0 ||
	    g->authority_count > GENESIS_AUTHORITIES)
		return ERR_USAGE;
	buf_printf(out, GENESIS_LINE "\n%s\n", g->origin);
	for (unsigned i = 0; i < g->authority_count; i++)
		put_key(out, "authority", g->authority[i]);
	put_key(out, "receipt", g->receipt);
	put_key(out, "service", g->service);
	buf_str(out, "map " MAP_FUNCTION "\npolicy ");
	put_hash(out, &g->policy);
	return buf_error(out);
}

static void
lines_origin(struct lines *l, struct genesis *out)
{
	struct span origin = lines_take(l, "origin");

	if (origin_host(origin) == 0) {
		(void)lines_fail(l, "origin", "<host>/<log>");
		return;
	}
	memcpy(out->origin, origin.p, origin.n);
	out->origin[origin.n] = '\0';
}

enum err
genesis_parse(struct genesis *out, struct span entry, struct diag *d)
{
	struct lines l = { entry, genesis_clause, ERR_OK, d };

	memset(out, 0, sizeof(*out));
	lines_fixed(&l, GENESIS_LINE);
	lines_origin(&l, out);
	do {
		if (out->authority_count == GENESIS_AUTHORITIES)
			return lines_fail(&l, "authority", "at most 8 keys");
		lines_key(
		    &l, out->authority[out->authority_count++], "authority ");
	} while (span_starts(l.rest, "authority "));
	lines_key(&l, out->receipt, "receipt ");
	lines_key(&l, out->service, "service ");
	lines_fixed(&l, "map " MAP_FUNCTION);
	lines_hash(&l, &out->policy, "policy ", "policy");
	return lines_end(&l);
}

void
genesis_names(const struct genesis *g, char *host, char *log)
{
	struct span origin = span_str(g->origin);
	size_t n = origin_host(origin);

	host[0] = '\0';
	log[0] = '\0';
	if (n == 0)
		return;
	memcpy(host, origin.p, n);
	host[n] = '\0';
	memcpy(log, g->origin + n + 1, origin.n - n);
}

enum err
epoch_print(struct buf *out, const struct epoch *e)
{
	if (e->time_ms < 0)
		return ERR_USAGE;
	buf_printf(out, EPOCH_LINE "\n%llu\n%lld\n",
	    (unsigned long long)e->covered, (long long)e->time_ms);
	put_hash(out, &e->map_root);
	buf_printf(out, "%llu\n%llu\n" MAP_FUNCTION "\n",
	    (unsigned long long)e->keys, (unsigned long long)e->previous);
	put_hash(out, &e->chain);
	return buf_error(out);
}

enum err
epoch_parse(struct epoch *out, struct span entry, struct diag *d)
{
	struct lines l = { entry, epoch_clause, ERR_OK, d };

	memset(out, 0, sizeof(*out));
	lines_fixed(&l, EPOCH_LINE);
	out->covered = lines_u64(&l, "covered size", INT64_MAX);
	out->time_ms = (int64_t)lines_u64(&l, "time", INT64_MAX);
	lines_hash(&l, &out->map_root, "", "map root");
	out->keys = lines_u64(&l, "number of keys", INT64_MAX);
	out->previous = lines_u64(&l, "previous epoch", INT64_MAX);
	lines_fixed(&l, MAP_FUNCTION);
	lines_hash(&l, &out->chain, "", "chain");
	return lines_end(&l);
}

enum err
fork_print(struct buf *out, struct span statement)
{
	if (statement.n > STATEMENT_MAX)
		return ERR_TOO_LARGE;
	buf_str(out, FORK_LINE "\n");
	buf_put(out, statement);
	return buf_error(out);
}
