/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include "gs1_internal.h"

#include "base/banned.h"

/*
 * gs1.md 7.3: keys that have a constrained canonical form, in the order in
 * which an element string with several is named by one of them, and their
 * qualifiers from the finest down. What is not listed is dropped.
 */
struct canonical {
	const char *key;
	const char *fine[3];
	size_t bare; /* length up to which the key alone is a class; 0 none */
	bool class_alone; /* the key alone is a class (7.4) */
};

static const struct canonical keys[] = {
	{ "00", { NULL }, 0, false },
	{ "01", { "21", "235", "10" }, 0, true },
	{ "8006", { "21", "10" }, 0, true },
	{ "253", { NULL }, 13, false },
	{ "255", { NULL }, 13, false },
	{ "8003", { NULL }, 14, false },
	{ "8004", { NULL }, 0, false },
	{ "8010", { "8011" }, 0, true },
	{ "8017", { NULL }, 0, false },
	{ "8018", { NULL }, 0, false },
	{ "402", { NULL }, 0, false },
	{ "401", { NULL }, 0, false },
	{ "414", { "254" }, 0, false },
	{ "417", { NULL }, 0, false },
};
#define KEYS (sizeof(keys) / sizeof(keys[0]))

static const struct canonical *
canonical_of(const char *key)
{
	for (size_t i = 0; i < KEYS; i++) {
		if (strcmp(keys[i].key, key) == 0)
			return &keys[i];
	}
	return NULL;
}

unsigned
gs1_rank(const char *key, const char *qualifier)
{
	const struct canonical *c = canonical_of(key);

	for (unsigned i = 0; c != NULL && i < 3 && c->fine[i] != NULL; i++) {
		if (strcmp(c->fine[i], qualifier) == 0)
			return 3 - i;
	}
	return 0;
}

bool
gs1_key_is_canonical(const char *key)
{
	return canonical_of(key) != NULL;
}

static bool
instance(const char *key, size_t key_length, const char *fine)
{
	const struct canonical *c = canonical_of(key);

	if (c == NULL)
		return false;
	if (c->class_alone)
		return fine[0] != '\0' && strcmp(fine, "10") != 0;
	return key_length > c->bare;
}

static void
put(struct buf *out, const char *key, struct span key_value, const char *fine,
    struct span fine_value)
{
	buf_str(out, "https://id.gs1.org/");
	buf_str(out, key);
	buf_byte(out, '/');
	percent_put(out, key_value);
	if (fine[0] == '\0')
		return;
	buf_byte(out, '/');
	buf_str(out, fine);
	buf_byte(out, '/');
	percent_put(out, fine_value);
}

const char *
gs1_identity_of(const struct gs1_code *code, const char **fine)
{
	const struct canonical *c = NULL;

	*fine = "";
	/* In a link or URN the key stands first; elsewhere the order of the
	 * table decides. */
	if (code->count > 0 &&
	    (code->form == GS1_FORM_LINK || code->form == GS1_FORM_URN)) {
		c = canonical_of(code->ais[0].ai);
	} else {
		for (size_t i = 0; c == NULL && i < KEYS; i++) {
			if (gs1_value(code, keys[i].key).p != NULL)
				c = &keys[i];
		}
	}
	if (c == NULL)
		return NULL;
	for (unsigned i = 0; i < 3 && c->fine[i] != NULL; i++) {
		if (gs1_value(code, c->fine[i]).p != NULL) {
			*fine = c->fine[i];
			break;
		}
	}
	return c->key;
}

unsigned
gs1_canonical_key(const struct gs1_code *code)
{
	const char *fine, *key = gs1_identity_of(code, &fine);
	unsigned i = 0;

	if (key == NULL)
		return code->count;
	while (code->ais[i].number != gs1_number(key))
		i++;
	return i;
}

enum err
gs1_canonical(struct buf *out, const struct gs1_code *code)
{
	const char *fine, *key = gs1_identity_of(code, &fine);

	if (key == NULL)
		return ERR_SYNTAX;
	put(out, key, gs1_value(code, key), fine, gs1_value(code, fine));
	return buf_error(out);
}

bool
gs1_is_instance(const struct gs1_code *code)
{
	const char *fine, *key = gs1_identity_of(code, &fine);

	return key != NULL && instance(key, gs1_value(code, key).n, fine);
}

/* `[A-Za-z][A-Za-z0-9+.-]*:` */
static bool
has_scheme(struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

		if (c == ':')
			return i > 0;
		if (!letter &&
		    (i == 0 || !((c >= '0' && c <= '9') || c == '+' ||
				   c == '.' || c == '-')))
			return false;
	}
	return false;
}

/* Percent-decodes a segment into at most GS1_VALUE bytes. */
static bool
decode(uint8_t *to, size_t *n, struct span s)
{
	*n = 0;
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];

		if (*n == GS1_VALUE)
			return false;
		if (c == '%') {
			int high = i + 2 < s.n ? gs1_hex(s.p[i + 1]) : -1;
			int low = i + 2 < s.n ? gs1_hex(s.p[i + 2]) : -1;

			if (high < 0 || low < 0)
				return false;
			c = (uint8_t)(high * 16 + low);
			i += 2;
		}
		to[(*n)++] = c;
	}
	return *n > 0;
}

/*
 * formats 5.4 judges length, characters and check digit, nothing else of the
 * table's content checks; a 0 in front of a GRAI is a character of its form.
 */
static bool
judged_ok(const struct gs1_part *part, struct span v)
{
	for (unsigned i = 0; i < GS1_CHECKS; i++) {
		enum gs1_content check = (enum gs1_content)part->checks[i];

		if ((check == GS1_CSUM || check == GS1_ZERO) &&
		    gs1_fault(check, v) != GS1_FITS)
			return false;
	}
	return true;
}

static bool
value_ok(const struct gs1_row *row, struct span value)
{
	size_t done = 0;

	for (unsigned i = 0; i < GS1_PARTS && row->parts[i].set != 0; i++) {
		const struct gs1_part *part = &row->parts[i];
		size_t n = value.n - done;
		struct span v;

		if (n == 0 && part->optional)
			return true;
		n = n > part->max ? part->max : n;
		v = span_of(value.p + done, n);
		if (n < part->min || !gs1_in_set(v, part->set) ||
		    !judged_ok(part, v))
			return false;
		done += n;
	}
	return done == value.n;
}

/* Pads a GTIN-8, -12, -13 (formats 5.4). */
static void
pad_gtin(struct gs1_identity *id)
{
	size_t n = id->key_length, zeros = 14 - n;

	if (n != 8 && n != 12 && n != 13)
		return;
	memmove(id->key_value + zeros, id->key_value, n);
	memset(id->key_value, '0', zeros);
	id->key_length = 14;
}

/* Last segment of path, cut from it with its slash. */
static bool
last_segment(struct span *segment, struct span *path)
{
	size_t n = path->n;

	if (n == 0)
		return false;
	while (n > 0 && path->p[n - 1] != '/')
		n--;
	*segment = span_of(path->p + n, path->n - n);
	path->n = n > 0 ? n - 1 : 0;
	return true;
}

static unsigned
copy_ai(char ai[5], struct span s)
{
	if (s.n < 2 || s.n > 4 || !gs1_in_set(s, GS1_N))
		return 0;
	memset(ai, 0, 5);
	memcpy(ai, s.p, s.n);
	return (unsigned)s.n;
}

/* 6.3, read from the end: the places of qualifiers must fall, all in one
 * alternative. Places are 1, 2, 3 in the first and 11 in the second. */
static unsigned
place_of(const char *key_sequences, const char *ai)
{
	unsigned place = 1;
	const char *p = key_sequences;

	while (*p != '\0') {
		size_t n = strcspn(p, ",|");

		if (n == strlen(ai) && memcmp(p, ai, n) == 0)
			return place;
		place += p[n] == '|' ? 10 : 1;
		p += n + (p[n] != '\0' ? 1u : 0u);
	}
	return 0;
}

struct tail {
	char ai[3][5];
	struct span value[3];
	unsigned count; /* qualifiers, from the end of the path */
};

static bool
order_ok(const struct gs1_row *key, const struct tail *t)
{
	unsigned last = 100;

	for (unsigned i = 0; i < t->count; i++) {
		unsigned place = place_of(key->key, t->ai[i]);

		if (place == 0 || place >= last ||
		    (i > 0 && (place > 10) != (last > 10)))
			return false;
		last = place;
	}
	return true;
}

/* gs1.md 6.2: the rightmost key and the qualifiers behind it. Only the AIs
 * that can stand there end the search early: rows added to the AI table must
 * not change what is touched. */
static bool
find_key(struct gs1_identity *id, struct span *key_value, struct tail *t,
    struct span path)
{
	struct span value, place;

	t->count = 0;
	while (last_segment(&value, &path) && last_segment(&place, &path)) {
		if (copy_ai(id->key, place) == 0 || value.n == 0)
			return false;
		if (gs1_key_is_canonical(id->key)) {
			*key_value = value;
			id->key_row = gs1_row(id->key, place.n);
			return order_ok(id->key_row, t);
		}
		if (t->count == 3)
			return false;
		memcpy(t->ai[t->count], id->key, 5);
		t->value[t->count++] = value;
	}
	return false;
}

static struct span
path_of(struct span uri)
{
	struct span s = span_skip(uri, uri.p[4] == ':' ? 7 : 8);
	size_t n = 0;

	while (n < s.n && s.p[n] != '/' && s.p[n] != '?' && s.p[n] != '#')
		n++;
	/* Without a host or a path there is no key. */
	if (n == 0 || n == s.n || s.p[n] != '/')
		return SPAN_NONE;
	s = span_skip(s, n + 1);
	for (n = 0; n < s.n && s.p[n] != '?' && s.p[n] != '#'; n++)
		;
	return span_of(s.p, n);
}

static bool
link_identity(struct gs1_identity *id, struct span uri)
{
	struct span value = SPAN_NONE;
	unsigned best = 0;
	struct tail t;

	if (!find_key(id, &value, &t, path_of(uri)) ||
	    !decode(id->key_value, &id->key_length, value))
		return false;
	if (strcmp(id->key, "01") == 0)
		pad_gtin(id);
	id->fine[0] = '\0';
	for (unsigned i = 0; i < t.count; i++) {
		unsigned rank = gs1_rank(id->key, t.ai[i]);

		if (rank <= best)
			continue;
		best = rank;
		memcpy(id->fine, t.ai[i], 5);
		value = t.value[i];
	}
	return best == 0 || decode(id->fine_value, &id->fine_length, value);
}

static bool
gs1_identity(struct gs1_identity *id, struct span uri)
{
	size_t at;

	if (gs1_is_link(uri)) {
		if (!link_identity(id, uri))
			return false;
	} else if (!span_starts(uri, "urn:epc:") ||
		   gs1_urn_identity(id, &at, uri, NULL) != ERR_OK) {
		return false;
	}
	return value_ok(id->key_row, span_of(id->key_value, id->key_length)) &&
	       (id->fine[0] == '\0' ||
		   value_ok(gs1_row(id->fine, strlen(id->fine)),
		       span_of(id->fine_value, id->fine_length)));
}

enum gs1_subject_kind
gs1_subject(struct buf *out, struct span uri)
{
	struct gs1_identity id;

	if (!has_scheme(uri))
		return GS1_SUBJECT_NONE;
	if (!gs1_identity(&id, uri)) {
		buf_put(out, uri);
		return GS1_SUBJECT_OTHER;
	}
	put(out, id.key, span_of(id.key_value, id.key_length), id.fine,
	    span_of(id.fine_value, id.fine_length));
	return instance(id.key, id.key_length, id.fine) ? GS1_SUBJECT_INSTANCE
							: GS1_SUBJECT_CLASS;
}
