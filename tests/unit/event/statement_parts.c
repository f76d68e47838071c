/* SPDX-License-Identifier: Apache-2.0 */
#include "statement_parts.h"

#include <assert.h>
#include <stdlib.h>

#include "base/text.h"

#include "base/banned.h"

#define SPACE 65536
#define Z32 "0000000000000000000000000000000000000000000000000000000000000000"
#define HEAD64 "qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo="
#define LEAF64 "u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7s="

static const char *const good_statement[PARTS] = {
	[PART_TAG] = "d2",
	[PART_ARRAY] = "84",
	[PART_MAP] = "a4",
	[PART_ALG_LABEL] = "01",
	[PART_ALG] = "27",
	[PART_TYPE_LABEL] = "03",
	[PART_TYPE] = "\"application/ld+json",
	[PART_KID_LABEL] = "04",
	[PART_CLAIMS_LABEL] = "0f",
	[PART_CLAIMS] = "aa",
	[PART_ISS_LABEL] = "01",
	[PART_ISS] = "\"did:web:example.com:device:line-1",
	[PART_SUB_LABEL] = "02",
	[PART_SUB] = "\"did:web:example.com:device:line-1",
	[PART_IAT_LABEL] = "06",
	[PART_IAT] = "1a6925a900", /* 1764075776 */
	[PART_SEQ_KEY] = "\"seq",
	[PART_SEQ] = "01",
	[PART_BOOT_KEY] = "\"boot",
	[PART_BOOT] = "'0123456789abcdef",
	[PART_MONO_KEY] = "\"mono",
	[PART_MONO] = "191388",
	[PART_PREV_KEY] = "\"prev",
	[PART_PREV] = "5820" Z32,
	[PART_SEEN_KEY] = "",
	[PART_SEEN] = "",
	[PART_WALL_KEY] = "\"wall",
	[PART_WALL] = "1b0000019abb1c287b", /* 1764075776123 */
	[PART_CLOCK_KEY] = "\"clock",
	[PART_CLOCK] = "02",
	[PART_EPOCH_KEY] = "\"epoch",
	[PART_EPOCH] = "01",
	[PART_HEADER_TAIL] = "",
	[PART_UNPROTECTED] = "a0",
	[PART_PAYLOAD] = "'{\"type\":\"EPCISDocument\"}",
	[PART_TAIL] = "",
};

/* A receipt's JSON in the order of formats 3.2. */
#define RECEIPT(log, device, epoch, upto, head, index, at, log_epoch, nacks)   \
	"'{\"log\":" log ",\"device\":" device ",\"epoch\":" epoch             \
	",\"upto_seq\":" upto ",\"head\":" head ",\"index\":" index            \
	",\"at\":" at ",\"log_epoch\":" log_epoch ",\"nacks\":" nacks "}"
#define LOG "\"demo\""
#define DEVICE "\"line-1\""
#define HEAD "\"" HEAD64 "\""
#define AT "1764075776500"
#define LOG_EPOCH "{\"index\":40,\"leaf\":\"" LEAF64 "\"}"
#define NACKS "[{\"seq\":3,\"code\":\"schema\",\"detail\":\"no eventTime\"}]"

/* Only what differs from a statement: no claims, its own content type. */
static const struct change receipt_changes[] = {
	{ PART_MAP, "a3" },
	{ PART_TYPE, "\"application/vnd.countermark.receipt+json" },
	{ PART_PAYLOAD,
	    RECEIPT(LOG, DEVICE, "1", "7", HEAD, "42", AT, LOG_EPOCH, NACKS) },
};

static void
put_string(struct buf *b, uint8_t major, const char *text)
{
	size_t n = strlen(text);

	if (n < 24) {
		buf_byte(b, (uint8_t)(major | n));
	} else if (n < 256) {
		buf_byte(b, major | 24);
		buf_byte(b, (uint8_t)n);
	} else {
		buf_byte(b, major | 25);
		buf_u16be(b, (uint16_t)n);
	}
	buf_put(b, span_of(text, n));
}

static void
put_part(struct buf *b, const char *part)
{
	size_t n = strlen(part) / 2, got = 0;
	uint8_t *place;

	if (part[0] == '\'' || part[0] == '"') {
		put_string(b, part[0] == '"' ? 0x60 : 0x40, part + 1);
		return;
	}
	place = n == 0 ? NULL : buf_reserve(b, n);
	if (place != NULL &&
	    hex_parse(place, n, &got, span_str(part)) != ERR_OK)
		abort();
}

static void
put_bytes(struct buf *b, struct span s)
{
	assert(s.n >= 24 && s.n < SPACE);
	buf_byte(b, s.n < 256 ? 0x58 : 0x59);
	if (s.n < 256)
		buf_byte(b, (uint8_t)s.n);
	else
		buf_u16be(b, (uint16_t)s.n);
	buf_put(b, s);
}

void
parts_key(struct sign_key *out)
{
	uint8_t seed[KEY_BYTES];

	memset(seed, 1, sizeof(seed));
	key_from_seed(out, seed);
}

static void
put_header(struct buf *b, const char *const *parts, const struct sign_key *k)
{
	uint8_t space[8192];
	struct buf inner = buf_fixed(space, sizeof(space));
	int i;

	if (parts[PART_HEADER] != NULL) {
		put_part(b, parts[PART_HEADER]);
		return;
	}
	for (i = PART_MAP; i <= PART_HEADER_TAIL; i++) {
		if (i == PART_KID && parts[i] == NULL)
			put_bytes(&inner, span_of(k->pub, KEY_BYTES));
		else
			put_part(&inner, parts[i]);
	}
	put_bytes(b, buf_span(&inner));
}

/* RFC 9052 4.4, written out. */
static void
sign(uint8_t sig[SIG_BYTES], const char *const *parts, const struct sign_key *k)
{
	static uint8_t space[SPACE];
	struct buf tbs = buf_fixed(space, sizeof(space));

	put_part(&tbs, "84");
	put_part(&tbs, "\"Signature1");
	put_header(&tbs, parts, k);
	put_part(&tbs, "40");
	put_part(&tbs, parts[PART_PAYLOAD]);
	ed25519_sign(sig, k, buf_span(&tbs));
}

static void
change(const char **parts, const struct change *changes, size_t n)
{
	size_t i;

	for (i = 0; i < n && changes[i].to != NULL; i++)
		parts[changes[i].part] = changes[i].to;
}

static void
put_message(struct buf *out, const char **parts, const struct part_case *c)
{
	uint8_t sig[SIG_BYTES];
	struct sign_key k;

	parts_key(&k);
	if (c->stale)
		sign(sig, parts, &k);
	change(parts, c->changes, PART_CHANGES);
	if (!c->stale)
		sign(sig, parts, &k);
	put_part(out, parts[PART_TAG]);
	put_part(out, parts[PART_ARRAY]);
	put_header(out, parts, &k);
	put_part(out, parts[PART_UNPROTECTED]);
	put_part(out, parts[PART_PAYLOAD]);
	if (parts[PART_SIGNATURE] != NULL)
		put_part(out, parts[PART_SIGNATURE]);
	else
		put_bytes(out, span_of(sig, SIG_BYTES));
	put_part(out, parts[PART_TAIL]);
}

void
parts_statement(struct buf *out, const struct part_case *c)
{
	const char *parts[PARTS];

	memcpy(parts, good_statement, sizeof(parts));
	put_message(out, parts, c);
}

void
parts_receipt(struct buf *out, const struct part_case *c)
{
	const char *parts[PARTS];
	int i;

	memcpy(parts, good_statement, sizeof(parts));
	for (i = PART_CLAIMS_LABEL; i < PART_HEADER_TAIL; i++)
		parts[i] = "";
	change(parts, receipt_changes,
	    sizeof(receipt_changes) / sizeof(receipt_changes[0]));
	put_message(out, parts, c);
}
