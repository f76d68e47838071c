/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_BUNDLE_WORLD_H
#define TEST_BUNDLE_WORLD_H

#include "ledger/bundle.h"
#include "ledger/logtext.h"

/*
 * A whole log in memory: genesis, signed statements, map, epoch, checkpoint
 * with two witnesses, one of them a map witness. Aborts when something that
 * must not fail does. The same bytes in every run.
 */
#define BW_HOST "log.example"
#define BW_ORIGIN "log.example/goods"
#define BW_GTIN "09506000134352"
#define BW_ITEM "https://id.gs1.org/01/09506000134352/21/A1B2C3D4E5"
#define BW_OTHER "https://id.gs1.org/01/09506000134352/21/F6G7H8J9K0"
#define BW_CASE "https://id.gs1.org/00/095060000000000015"
#define BW_PALLET "https://id.gs1.org/00/095060000000000022"
#define BW_AT INT64_C(1795608000000) /* 2026-11-25T12:00:00Z */

enum bw_who {
	BW_AUTHORITY,
	BW_SERVICE,
	BW_LINE, /* line-1 and dock-1 of lumen */
	BW_DOCK,
	BW_HARBOUR, /* hall-1 of harbour */
	BW_SHOP,    /* till-1 of shop */
	BW_LOG,
	BW_RECEIPT,
	BW_WITNESS,
	BW_MAP_WITNESS,
	BW_SPARE, /* a key of nobody */
	BW_WHO
};

struct bw_list;

struct bworld {
	struct sign_key keys[BW_WHO];
	uint64_t count, cap;
	struct buf *entries;
	struct hash *leaves;
	uint64_t seq[BW_WHO], epoch[BW_WHO];
	struct hash prev[BW_WHO];
	int64_t now_ms; /* of the next statement */
	/* A dishonest map: this subject does not list the entry at lie_index
	 * (omit), or lists it though untouched (extra). NULL: honest. */
	const char *omit, *extra;
	uint64_t lie_index;
	uint64_t previous; /* epoch, as the epoch says */
	struct map *map;
	struct map_version *version;
	struct bw_list *lists;
	size_t list_slots, list_count;
	/* after bw_seal(): */
	struct buf note;
	struct hash genesis_path[MERKLE_PATH_MAX], epoch_path[MERKLE_PATH_MAX];
	struct bundle_head head;
	struct bundle_source source;
	/* who is hidden from the reader: an index, UINT64_MAX none */
	uint64_t hide;
	enum err fails; /* what the source says */
};

struct bworld *bw_new(void);
void bw_free(struct bworld *w);
/* Organisations, devices, goods: what every story needs. issuance may be
 * NULL. */
void bw_registry(struct bworld *w, const char *issuance);
/* A statement with who's next seq; its index. */
uint64_t bw_put(struct bworld *w, enum bw_who who, enum content content,
    const char *payload);
/* The same with another key, as somebody else would. */
uint64_t bw_put_with(struct bworld *w, enum bw_who who, enum bw_who key,
    enum content content, const char *payload);
/* Any entry bytes. */
uint64_t bw_raw(struct bworld *w, struct span entry);
uint64_t bw_object(struct bworld *w, enum bw_who who, const char *epc,
    const char *action, const char *step, const char *place);
uint64_t bw_pack(struct bworld *w, enum bw_who who, const char *action,
    const char *parent, const char *child);
uint64_t bw_heartbeat(struct bworld *w, enum bw_who who);
/* Ten events, two containers, four devices. */
void bw_story(struct bworld *w);
/* Cuts the epoch, signs and cosigns. */
void bw_seal(struct bworld *w);
/* The same, but the epoch says it covers less than its map holds. */
void bw_seal_covering(struct bworld *w, uint64_t covered);

/* tlog-policy texts; the caller frees. */
struct buf bw_policy_text(const struct bworld *w, const char *quorum);
/* quorum "both", "map", "plain" or "none". */
struct policy *bw_policy(const struct bworld *w, const char *quorum);

/* The bundle for a code; heap, at most BUNDLE_MAX. */
struct buf bw_bundle(struct bworld *w, const char *code);
enum err bw_bundle_try(
    struct buf *out, struct bworld *w, const char *code, struct diag *d);

#endif
