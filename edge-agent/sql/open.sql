-- SPDX-License-Identifier: Apache-2.0
-- Durability first: a row that was reported stored is on the disk.
PRAGMA auto_vacuum = INCREMENTAL;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA cache_size = -256;
PRAGMA journal_size_limit = 4194304;
PRAGMA temp_store = MEMORY;
BEGIN IMMEDIATE;
-- One row: where the chain stands. head is the hash of statement seq (or what
-- seq 1 names as prev); acked, acked_head: the last one covered by a receipt.
CREATE TABLE IF NOT EXISTS chain (
	one INTEGER PRIMARY KEY CHECK (one = 1),
	epoch INTEGER NOT NULL,
	seq INTEGER NOT NULL,
	head BLOB NOT NULL,
	acked INTEGER NOT NULL,
	acked_head BLOB NOT NULL
);
-- Statements without a receipt.
CREATE TABLE IF NOT EXISTS statement (
	seq INTEGER PRIMARY KEY,
	epoch INTEGER NOT NULL,
	hash BLOB NOT NULL,
	bytes BLOB NOT NULL
);
-- kind 1: the newest receipt, kept for ever; 2: the newest that did not fit.
CREATE TABLE IF NOT EXISTS receipt (
	kind INTEGER PRIMARY KEY,
	bytes BLOB NOT NULL
);
-- Documents that are stored and not yet moved out of their folder. mark:
-- SHA-256 over folder, name and bytes.
CREATE TABLE IF NOT EXISTS mark (
	mark BLOB PRIMARY KEY,
	seq INTEGER NOT NULL
) WITHOUT ROWID;
-- One row: where the chain lives. place 0 here, 1 moved away, 2 arriving (an
-- import has not ended); moves: how often it was exported, wherever.
CREATE TABLE IF NOT EXISTS home (
	one INTEGER PRIMARY KEY CHECK (one = 1),
	place INTEGER NOT NULL,
	moves INTEGER NOT NULL
);
INSERT INTO home (one, place, moves) VALUES (1, 0, 0) ON CONFLICT DO NOTHING;
INSERT INTO chain (one, epoch, seq, head, acked, acked_head)
VALUES (1, 1, 0, zeroblob(32), 0, zeroblob(32))
ON CONFLICT DO NOTHING;
COMMIT;
