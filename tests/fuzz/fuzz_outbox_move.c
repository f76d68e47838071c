/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An exported outbox, as it is and with the right seal put under it: what is
 * read to its end writes to the same bytes again, statements come in order,
 * and a failure is one that move_file.h names.
 */
#include <stdio.h>
#include <stdlib.h>

#include "move_file.h"

#include "base/banned.h"

#define FILE_MAX (1u << 20)

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static uint8_t again[FILE_MAX];

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return crypto_start() == ERR_OK ? 0 : 1;
}

static void
failed(enum err e, const struct diag *d)
{
	switch (e) {
	case ERR_TRUNCATED:
	case ERR_TOO_LARGE:
	case ERR_BAD_ENCODING:
	case ERR_UNSUPPORTED:
	case ERR_UNKNOWN_DEVICE:
	case ERR_EPOCH:
	case ERR_BAD_SIGNATURE:
	case ERR_GAP:
	case ERR_PROOF:
		if (d->code == e && d->text[0] != '\0')
			return;
		break;
	default:
		break;
	}
	abort();
}

/* Hands an item on to the writer. */
static void
write_item(struct move_file_out *out, const struct move_file_in *in,
    const struct move_file_item *item, uint64_t *seq)
{
	if (item->kind == MOVE_FILE_SECTION) {
		*seq = in->link.section.chain.acked;
		if (move_file_section(out, &in->link.section, NULL) != ERR_OK)
			abort();
	} else if (item->kind == MOVE_FILE_STATEMENT) {
		if (item->seq != ++*seq ||
		    item->seq > in->link.section.chain.seq ||
		    move_file_statement(out, item->bytes, NULL) != ERR_OK)
			abort();
	}
}

/* Returns whether all of it was right. */
static bool
read_and_write(struct move_file_in *in, FILE *to, struct hash *seal)
{
	struct move_file_item item = { .kind = MOVE_FILE_SECTION };
	struct move_file_out out;
	struct diag d = { 0 };
	uint64_t seq = 0;

	if (move_file_start(&out, to, in->log, in->sections, NULL) != ERR_OK)
		abort();
	while (item.kind != MOVE_FILE_END) {
		enum err e = move_file_next(in, &item, &d);

		if (e != ERR_OK) {
			failed(e, &d);
			return false;
		}
		write_item(&out, in, &item, &seq);
	}
	if (move_file_end(&out, seal, NULL) != ERR_OK)
		abort();
	return true;
}

static void
one_file(uint8_t *p, size_t n)
{
	FILE *from = fmemopen(p, n, "r");
	FILE *to = fmemopen(again, sizeof(again), "w");
	struct move_file_in in;
	struct diag d = { 0 };
	struct hash seal;
	enum err e;

	if (from == NULL || to == NULL)
		abort();
	e = move_file_open(&in, from, &d);
	if (e != ERR_OK) {
		failed(e, &d);
	} else if (read_and_write(&in, to, &seal)) {
		if (ftell(to) != (long)n ||
		    memcmp(again, p, n - HASH_BYTES) != 0 ||
		    memcmp(seal.b, p + n - HASH_BYTES, HASH_BYTES) != 0)
			abort();
	}
	move_file_close(&in);
	(void)fclose(from);
	(void)fclose(to);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct hash seal;
	uint8_t *p;

	if (n == 0 || n > FILE_MAX - HASH_BYTES)
		return 0;
	if ((p = malloc(n)) == NULL)
		abort();
	memcpy(p, data, n);
	one_file(p, n);
	if (n > HASH_BYTES) {
		seal = hash_bytes(span_of(p, n - HASH_BYTES));
		memcpy(p + n - HASH_BYTES, seal.b, HASH_BYTES);
		one_file(p, n);
	}
	free(p);
	return 0;
}
