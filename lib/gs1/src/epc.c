/* SPDX-License-Identifier: Apache-2.0 */
#include "gs1/epc.h"

#include "base/text.h"

#include "gs1_internal.h"

#include "base/banned.h"

#define BYTES 26 /* SGTIN-198 in whole words of 16 bits */
#define CHARS 20 /* of an SGTIN-198's serial, seven bits each */
#define PARTITIONS 7

/*
 * gs1.md 8.1 and TDS chapter 14: behind header, filter and partition stand the
 * company prefix and the reference, which share a number of bits, and the last
 * field. A row of the partition tables is partition digits less in the prefix
 * and as many more in the reference.
 */
struct scheme {
	const char *name;
	const char *urn;
	uint8_t header;
	uint8_t hex;       /* digits that are written */
	uint8_t pair_bits; /* prefix and reference */
	uint8_t ref_more;  /* digits of the reference in partition 0 */
	uint8_t last_bits;
	bool unpadded; /* the reference is a number without leading zeros */
};

static const struct scheme schemes[] = {
	[EPC_SGTIN_96] = { "sgtin-96", "sgtin", 0x30, 24, 44, 1, 38, false },
	[EPC_SSCC_96] = { "sscc-96", "sscc", 0x31, 24, 58, 5, 0, false },
	[EPC_SGLN_96] = { "sgln-96", "sgln", 0x32, 24, 41, 0, 41, false },
	[EPC_GRAI_96] = { "grai-96", "grai", 0x33, 24, 44, 0, 38, false },
	[EPC_GIAI_96] = { "giai-96", "giai", 0x34, 24, 82, 0, 0, true },
	[EPC_SGTIN_198] = { "sgtin-198", "sgtin", 0x36, 50, 44, 1, CHARS * 7,
	    false },
};
#define SCHEMES (sizeof(schemes) / sizeof(schemes[0]))

static const uint8_t prefix_bits[PARTITIONS] = { 40, 37, 34, 30, 27, 24, 20 };

/* Headers of TDS that are named when they are refused. */
static const struct {
	uint8_t header;
	const char *name;
} others[] = {
	{ 0x2c, "GDTI-96" },
	{ 0x2d, "GSRN-96" },
	{ 0x2e, "GSRNP-96" },
	{ 0x2f, "USDOD-96" },
	{ 0x35, "GID-96" },
	{ 0x37, "GRAI-170" },
	{ 0x38, "GIAI-202" },
	{ 0x39, "SGLN-195" },
	{ 0x3c, "CPI-96" },
	{ 0x3e, "GDTI-174" },
	{ 0x3f, "SGCN-96" },
};
#define OTHERS (sizeof(others) / sizeof(others[0]))

const char *
epc_scheme_name(enum epc_scheme scheme)
{
	return schemes[scheme].name;
}

static const struct scheme *
by_header(unsigned header)
{
	for (size_t i = 0; i < SCHEMES; i++) {
		if (schemes[i].header == header)
			return &schemes[i];
	}
	return NULL;
}

static const char *
other_name(unsigned header)
{
	for (size_t i = 0; i < OTHERS; i++) {
		if (others[i].header == header)
			return others[i].name;
	}
	return NULL;
}

static const struct gs1_scheme *
urn_scheme(const struct scheme *s)
{
	size_t i = 0;

	while (strcmp(gs1_schemes[i].name, s->urn) != 0)
		i++;
	return &gs1_schemes[i];
}

bool
epc_is_binary(struct span text)
{
	unsigned header;

	if (text.n != 24 && text.n != 50 && text.n != 52)
		return false;
	for (size_t i = 0; i < text.n; i++) {
		if (gs1_hex(text.p[i]) < 0)
			return false;
	}
	header = (unsigned)(gs1_hex(text.p[0]) * 16 + gs1_hex(text.p[1]));
	if (by_header(header) != NULL)
		return true;
	/* A header of digits alone may be an AI; one with a letter is none. */
	return other_name(header) != NULL && (header & 15) > 9;
}

/* A place in the bits of a tag, most significant bit first. */
struct bits {
	uint8_t *p;
	unsigned at;
};

static uint64_t
take(struct bits *b, unsigned n)
{
	uint64_t v = 0;

	for (; n > 0; n--, b->at++)
		v = v << 1 | (b->p[b->at / 8] >> (7 - b->at % 8) & 1u);
	return v;
}

static void
give(struct bits *b, unsigned n, uint64_t v)
{
	for (; n > 0; b->at++) {
		n--;
		if (v >> n & 1)
			b->p[b->at / 8] |= (uint8_t)(0x80 >> b->at % 8);
	}
}

static uint64_t
power10(unsigned digits)
{
	uint64_t v = 1;

	for (; digits > 0; digits--)
		v *= 10;
	return v;
}

/* digits 0: as many as it takes. Returns their number. */
static size_t
decimal(char out[21], uint64_t v, unsigned digits)
{
	char text[20];
	size_t n = 0;

	do {
		text[n++] = (char)('0' + v % 10);
		v /= 10;
	} while (v > 0);
	while (n < digits)
		text[n++] = '0';
	for (size_t i = 0; i < n; i++)
		out[i] = text[n - 1 - i];
	return n;
}

static enum err
wrong(struct diag *d, const struct scheme *s, const char *what)
{
	return diag_fail(d, ERR_SYNTAX, "gs1 8.2", "%s: %s", s->name, what);
}

static enum err
read_bytes(uint8_t bytes[BYTES], const struct scheme **out, struct span hex,
    struct diag *d)
{
	size_t n = 0;
	const char *name;

	if (hex.n != 24 && hex.n != 50 && hex.n != 52)
		return diag_fail(d, ERR_LENGTH, "gs1 8",
		    "EPC: got %zu hex digits, wanted 24, 50 or 52", hex.n);
	if (hex_parse(bytes, BYTES, &n, hex) != ERR_OK)
		return diag_fail(
		    d, ERR_CHARSET, "gs1 8", "EPC: wanted hex digits");
	*out = by_header(bytes[0]);
	name = other_name(bytes[0]);
	if (*out == NULL)
		return diag_fail(d, ERR_UNSUPPORTED, "gs1 8.4",
		    "EPC binary with header %02X (%s) is not read here",
		    bytes[0], name == NULL ? "unknown" : name);
	if ((hex.n == 24) != ((*out)->hex == 24))
		return diag_fail(d, ERR_LENGTH, "gs1 8",
		    "%s: got %zu hex digits", (*out)->name, hex.n);
	return ERR_OK;
}

/* 8.3: up to 20 characters, zeros behind the last. */
static enum err
take_chars(
    struct buf *to, struct bits *b, const struct scheme *s, struct diag *d)
{
	bool ended = false;

	for (unsigned i = 0; i < CHARS; i++) {
		uint8_t c = (uint8_t)take(b, 7);

		if (c != 0 && ended)
			return wrong(
			    d, s, "characters behind the serial's end");
		ended = c == 0;
		if (!ended)
			buf_byte(to, c);
	}
	return to->n > 0 ? ERR_OK : wrong(d, s, "an empty serial");
}

/* The last field: into the key, or into fine. */
static enum err
take_last(struct buf *key, struct buf *fine, struct bits *b,
    const struct scheme *s, struct diag *d)
{
	char text[21];
	uint64_t v;

	if (s->last_bits == 0)
		return ERR_OK;
	if (s->hex == 50)
		return take_chars(fine, b, s, d);
	v = take(b, s->last_bits);
	/* 8.1: an SGLN's extension 0 is none. */
	if (s == &schemes[EPC_SGLN_96] && v == 0)
		return ERR_OK;
	buf_put(urn_scheme(s)->fine[0] == '\0' ? key : fine,
	    span_of(text, decimal(text, v, 0)));
	return ERR_OK;
}

/* Prefix and reference, 8.2: each within its digits. */
static enum err
take_front(struct buf *key, const struct epc *tag, struct bits *b,
    const struct scheme *s, struct diag *d)
{
	unsigned partition = epc_partition(tag);
	unsigned digits = partition + s->ref_more;
	char gcp[21], ref[21];
	struct gs1_urn u = { .scheme = urn_scheme(s) };
	uint64_t v = take(b, prefix_bits[partition]);

	if (v >= power10(tag->prefix_digits))
		return wrong(d, s, "the company prefix is above its digits");
	u.field[0] = span_of(gcp, decimal(gcp, v, tag->prefix_digits));
	v = take(b, s->pair_bits - prefix_bits[partition]);
	if (!s->unpadded && v >= power10(digits))
		return wrong(d, s, "the reference is above its digits");
	u.field[1] = span_of(ref, 0);
	if (digits > 0 || s->unpadded)
		u.field[1].n = decimal(ref, v, s->unpadded ? 0 : digits);
	return gs1_urn_front(key, &u) ? ERR_OK
				      : wrong(d, s, "prefix and reference");
}

static enum err
rest_is_zero(
    struct bits *b, size_t hex_digits, const struct scheme *s, struct diag *d)
{
	unsigned end = (unsigned)hex_digits * 4;

	while (b->at < end) {
		if (take(b, 1) != 0)
			return wrong(d, s, "bits behind the EPC are not zero");
	}
	return ERR_OK;
}

static enum err
read_fields(struct epc *tag, struct buf *key, struct buf *fine, struct bits *b,
    const struct scheme *s, struct diag *d)
{
	unsigned partition;
	enum err e;

	tag->scheme = (enum epc_scheme)(s - schemes);
	tag->filter = (unsigned)take(b, 3);
	partition = (unsigned)take(b, 3);
	if (partition >= PARTITIONS)
		return wrong(d, s, "partition 7 does not exist");
	tag->prefix_digits = 12 - partition;
	e = take_front(key, tag, b, s, d);
	return e == ERR_OK ? take_last(key, fine, b, s, d) : e;
}

enum err
epc_parse(
    struct epc *tag, struct gs1_code *code, struct span hex, struct diag *d)
{
	uint8_t bytes[BYTES] = { 0 };
	uint8_t key_space[GS1_VALUE], fine_space[GS1_VALUE];
	struct buf key = buf_fixed(key_space, sizeof(key_space));
	struct buf fine = buf_fixed(fine_space, sizeof(fine_space));
	struct bits b = { bytes, 8 };
	const struct scheme *s = NULL;
	enum err e;

	gs1_start(code, GS1_FORM_BINARY);
	e = read_bytes(bytes, &s, hex, d);
	if (e == ERR_OK)
		e = read_fields(tag, &key, &fine, &b, s, d);
	if (e == ERR_OK)
		e = rest_is_zero(&b, hex.n, s, d);
	if (e == ERR_OK)
		e = gs1_add_checked(
		    code, urn_scheme(s)->key, buf_span(&key), 0, d);
	if (e == ERR_OK && fine.n > 0)
		e = gs1_add_checked(
		    code, urn_scheme(s)->fine, buf_span(&fine), 0, d);
	return e;
}

static uint64_t
padded_number(struct span digits)
{
	uint64_t v = 0;

	for (size_t i = 0; i < digits.n; i++)
		v = v * 10 + (uint64_t)(digits.p[i] - '0');
	return v;
}

/* A number as TDS takes it: no leading zero, within its bits. */
static enum err
give_number(struct bits *b, struct span text, unsigned bits,
    const struct scheme *s, struct diag *d)
{
	uint64_t v, max = (UINT64_C(1) << bits) - 1;

	if (u64_parse(&v, text, max) != ERR_OK)
		return diag_fail(d, ERR_UNSUPPORTED, "gs1 8.3",
		    "%s: got %.*s, wanted a number without leading zero up to "
		    "%llu",
		    s->name, text.n > 30 ? 30 : (int)text.n,
		    (const char *)text.p, (unsigned long long)max);
	give(b, bits, v);
	return ERR_OK;
}

static enum err
give_last(struct bits *b, const struct gs1_fields *f, const struct scheme *s,
    struct diag *d)
{
	if (s->last_bits == 0)
		return ERR_OK;
	if (f->last.p == NULL)
		return diag_fail(d, ERR_UNSUPPORTED, "gs1 8.1",
		    "%s: a class, wanted a serial", s->name);
	if (s->hex != 50)
		return give_number(b, f->last, s->last_bits, s, d);
	if (f->last.n > CHARS)
		return diag_fail(d, ERR_UNSUPPORTED, "gs1 8.3",
		    "%s: got %zu characters, wanted at most %d", s->name,
		    f->last.n, CHARS);
	for (size_t i = 0; i < f->last.n; i++)
		give(b, 7, f->last.p[i]);
	return ERR_OK;
}

/* Fills f and the bits of the tag. */
static enum err
encode(struct gs1_fields *f, uint8_t bytes[BYTES], const struct epc *tag,
    const struct gs1_code *code, struct diag *d)
{
	const struct scheme *s = &schemes[tag->scheme];
	struct bits b = { bytes, 0 };
	struct span ref;
	unsigned partition;
	enum err e;

	if (tag->filter > EPC_FILTER_MAX)
		return diag_fail(d, ERR_USAGE, "gs1 8.1",
		    "filter: got %u, wanted 0 to 7", tag->filter);
	e = gs1_fields_of(f, code, tag->prefix_digits, d);
	if (e != ERR_OK)
		return e;
	if (f->scheme != urn_scheme(s))
		return diag_fail(d, ERR_UNSUPPORTED, "gs1 8.1",
		    "%s does not hold AI %s as %s", s->name, f->scheme->key,
		    f->scheme->name);
	partition = epc_partition(tag);
	give(&b, 8, s->header);
	give(&b, 3, tag->filter);
	give(&b, 3, partition);
	give(&b, prefix_bits[partition], padded_number(f->gcp));
	ref = span_of(f->ref, f->ref_length);
	if (s->unpadded)
		e = give_number(
		    &b, ref, s->pair_bits - prefix_bits[partition], s, d);
	else
		give(&b, s->pair_bits - prefix_bits[partition],
		    padded_number(ref));
	return e == ERR_OK ? give_last(&b, f, s, d) : e;
}

enum err
epc_print(struct buf *out, const struct epc *tag, const struct gs1_code *code,
    struct diag *d)
{
	static const char digits[] = "0123456789ABCDEF";
	uint8_t bytes[BYTES] = { 0 };
	struct gs1_fields f;
	enum err e = encode(&f, bytes, tag, code, d);

	if (e != ERR_OK)
		return e;
	for (unsigned i = 0; i < schemes[tag->scheme].hex; i++)
		buf_byte(out,
		    (uint8_t)digits[bytes[i / 2] >> (i % 2 == 0 ? 4 : 0) & 15]);
	return buf_error(out);
}

enum err
epc_tag_uri(struct buf *out, const struct epc *tag, const struct gs1_code *code,
    struct diag *d)
{
	uint8_t bytes[BYTES] = { 0 };
	struct gs1_fields f;
	enum err e = encode(&f, bytes, tag, code, d);

	if (e != ERR_OK)
		return e;
	buf_printf(
	    out, "urn:epc:tag:%s:%u.", schemes[tag->scheme].name, tag->filter);
	gs1_fields_put(out, &f);
	return buf_error(out);
}
