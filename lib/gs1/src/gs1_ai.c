/* SPDX-License-Identifier: Apache-2.0 */
#include "gs1_internal.h"

#include "base/banned.h"

static const struct gs1_block no_block;

/* gs1.md 3.1: the block of what begins with these two bytes. */
static const struct gs1_block *
block_of(const uint8_t *two)
{
	unsigned tens = two[0] - (unsigned)'0', ones = two[1] - (unsigned)'0';

	return tens > 9 || ones > 9 ? &no_block : &gs1_blocks[tens * 10 + ones];
}

unsigned
gs1_ai_digits(const uint8_t *two)
{
	return block_of(two)->digits;
}

unsigned
gs1_fixed(const uint8_t *two)
{
	return block_of(two)->fixed;
}

uint16_t
gs1_number(const char *ai)
{
	unsigned number = 0, i = 0;

	for (; i < 4 && ai[i] != '\0'; i++)
		number = number * 10 + (unsigned)(ai[i] - '0');
	for (; i < 4; i++)
		number *= 10;
	return (uint16_t)number;
}

static const struct gs1_row *
find(const struct gs1_block *block, unsigned number)
{
	size_t low = 0, high = block->count;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (number > block->rows[mid].high)
			low = mid + 1;
		else if (number < block->rows[mid].low)
			high = mid;
		else
			return &block->rows[mid];
	}
	return NULL;
}

const struct gs1_row *
gs1_row(const char *ai, size_t n)
{
	const struct gs1_block *block;
	unsigned number = 0;

	if (n < 2 || n > 4)
		return NULL;
	block = block_of((const uint8_t *)ai);
	if (block->digits != n)
		return NULL;
	for (size_t i = 0; i < 4; i++) {
		unsigned digit = i < n ? (uint8_t)ai[i] - (unsigned)'0' : 0;

		if (digit > 9)
			return NULL;
		number = number * 10 + digit;
	}
	return find(block, number);
}

const struct gs1_row *
gs1_row_of(const struct gs1_ai *ai)
{
	return find(&gs1_blocks[ai->number / 100], ai->number);
}

struct gs1_item
gs1_next_item(const char **list)
{
	struct gs1_item item = { 0 };
	unsigned low = 0, high = 0, i = 0;
	const char *p = *list;

	for (; i < 4 && ((p[i] >= '0' && p[i] <= '9') || p[i] == 'n'); i++) {
		bool any = p[i] == 'n';

		low = low * 10 + (any ? 0 : (unsigned)(p[i] - '0'));
		high = high * 10 + (any ? 9 : (unsigned)(p[i] - '0'));
	}
	item.end = p[i];
	*list = p + i + (p[i] != '\0' ? 1 : 0);
	for (; i < 4; i++) {
		low *= 10;
		high *= 10;
	}
	item.low = (uint16_t)low;
	item.high = (uint16_t)high;
	return item;
}

unsigned
gs1_place_in(const char *seq, uint16_t number)
{
	for (unsigned place = 1; *seq != '\0'; place++) {
		struct gs1_item item = gs1_next_item(&seq);

		if (item.low == number)
			return place;
		if (item.end != ',')
			return 0;
	}
	return 0;
}

const char *
gs1_next_alternative(const char *seq)
{
	const char *bar = strchr(seq, '|');

	return bar == NULL ? NULL : bar + 1;
}

bool
gs1_sequence_fits(
    const struct gs1_ai *qualifiers, unsigned count, const char *seq)
{
	unsigned last = 0;

	for (unsigned i = 0; i < count; i++) {
		unsigned place = gs1_place_in(seq, qualifiers[i].number);

		if (place <= last)
			return false;
		last = place;
	}
	return true;
}

bool
gs1_belongs_in_path(const struct gs1_row *key, const struct gs1_ai *qualifiers,
    unsigned count, uint16_t number)
{
	const char *s;

	for (s = key->key; s != NULL; s = gs1_next_alternative(s)) {
		if (gs1_place_in(s, number) != 0 &&
		    gs1_sequence_fits(qualifiers, count, s))
			return true;
	}
	return false;
}

static const char *
set_name(unsigned set)
{
	switch (set) {
	case GS1_N:
		return "digits";
	case GS1_Y:
		return "CSET 39";
	case GS1_Z:
		return "base64url";
	default:
		return "CSET 82";
	}
}

static enum err
part_check(struct gs1_code *out, const struct gs1_part *part, const char *ai,
    struct span value, size_t at, struct diag *d)
{
	size_t fault = gs1_outside(value, part->set);

	if (fault < value.n)
		return gs1_at(out, at + fault,
		    diag_fail(d, ERR_CHARSET, "gs1 5.3",
			"AI %s at byte %zu: wanted %s only", ai, at + fault,
			set_name(part->set)));
	for (unsigned i = 0; i < GS1_CHECKS && part->checks[i] != 0; i++) {
		enum gs1_content check = (enum gs1_content)part->checks[i];

		fault = gs1_fault(check, value);
		if (fault != GS1_FITS)
			return gs1_content_fail(
			    out, check, ai, value, at + fault, d);
	}
	return ERR_OK;
}

enum err
gs1_value_check(struct gs1_code *out, const struct gs1_row *row, const char *ai,
    struct span value, size_t at, struct diag *d)
{
	size_t done = 0;

	for (unsigned i = 0; i < GS1_PARTS && row->parts[i].set != 0; i++) {
		const struct gs1_part *part = &row->parts[i];
		size_t n = value.n - done;
		enum err e;

		if (n == 0 && part->optional)
			return ERR_OK;
		n = n > part->max ? part->max : n;
		if (n < part->min)
			return gs1_at(out, at,
			    diag_fail(d, ERR_LENGTH, "gs1 3.3",
				"AI %s at byte %zu: got %zu characters, "
				"wanted %d more",
				ai, at, value.n, part->min - (int)n));
		e = part_check(
		    out, part, ai, span_of(value.p + done, n), at + done, d);
		if (e != ERR_OK)
			return e;
		done += n;
	}
	if (done == value.n)
		return ERR_OK;
	return gs1_at(out, at + done,
	    diag_fail(d, ERR_LENGTH, "gs1 3.3",
		"AI %s at byte %zu: got %zu characters, wanted at most %zu", ai,
		at, value.n, done));
}
