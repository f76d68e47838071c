/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MAP_WITNESS_INTERNAL_H
#define MAP_WITNESS_INTERNAL_H

#include <pthread.h>

#include "ledger/map.h"
#include "ledger/map_block.h"
#include "ledger/map_witness.h"
#include "ledger/note.h"

#define MAP_WITNESS_MAGIC "countermark/map-witness/v2"
#define MAP_WITNESS_RECENT 64
#define MAP_WITNESS_FEED ((size_t)4 << 30)
#define MAP_WITNESS_FILE ((size_t)32 << 30)

struct map_witness_root {
	uint64_t size;
	struct hash root;
};

struct map_witness {
	char url[1024], token[512], ca[1024], state[1024];
	const char *agent;
	const struct policy *policy;
	int wait_ms;
	pthread_t thread;
	bool started;

	/* the thread's own */
	struct follow *follow;
	struct touch touch;
	struct map *map;      /* of the entries below covered */
	struct buf feed;      /* what entries from covered on touch */
	struct buf keys;      /* of the entry at hand */
	struct frontier tree; /* of all entries read */
	uint64_t covered;     /* of the newest epoch */
	/* of a run that is not proven yet */
	struct buf epochs;               /* struct seen_epoch each */
	struct map_witness_saver *saver; /* NULL: nothing is being saved */
	bool kept;                       /* the file is of this log, if older */
	int64_t save_ms;                 /* not again before */

	pthread_mutex_t lock; /* what follows */
	pthread_cond_t wake, done;
	struct buf wanted;             /* note to come to; empty: none */
	struct map_witness_root asked; /* what it says */
	bool stop;
	uint64_t size; /* entries read and compared */
	struct map_witness_root right[MAP_WITNESS_RECENT]; /* a ring */
	size_t right_count;
	struct map_witness_root wrong; /* a checkpoint the entries do not
					* make */
	struct diag why; /* why none is cosigned; code 0: all is well */
	bool broken;     /* an epoch was false: nothing is right again */
	struct map_witness_root ended; /* whose run came to its end last */
};

/* map_witness_save.c, all from the witness's thread. Begins to write the whole
 * as it is to the file; m->saver stays NULL where that fails. */
void map_witness_save(struct map_witness *m);
/* true once it is written, or could not be. */
bool map_witness_saved(struct map_witness *m, int64_t *took_ms);
/* Waits for the end; cancelled, the file stays what it was. */
void map_witness_save_join(struct map_witness *m);
void map_witness_save_cancel(struct map_witness *m);

/* map_witness_state.c */
/* Into an empty one; state: how far the tree has come. ERR_NOT_FOUND,
 * ERR_CONFIG. */
enum err map_witness_load(struct map_witness *m, struct follow_state *state,
    struct diag *d) CM_MUST_USE;
void map_witness_right(
    struct map_witness *m, uint64_t size, const struct hash *root);

#endif
