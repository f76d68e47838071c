-- SPDX-License-Identifier: Apache-2.0
-- The widest indexes, slimmer. Each entry is a row of every one of them, and
-- what an index of the newest partition takes is what has to stay in memory.

-- An item's subject is only ever asked for by its equal. Twelve bytes of its
-- hash and the index instead of some seventy of text: four rows where one was,
-- and idx still comes in order. Of the 4,194,304 rows of a partition one in a
-- thousand lookups meets a stranger with the same hash, whom the comparison of
-- the text turns away. No hash index: one subject with a million entries would
-- be one chain of pages without order.
ALTER TABLE item DROP CONSTRAINT item_pkey;
CREATE INDEX item_subject ON item (log_id, hashtext(subject), idx);
-- The registry is read by kind: a few rows among many.
CREATE INDEX item_registry ON item (log_id, subject, idx)
	WHERE subject >= 'registry/' AND subject < 'reject0';

-- A place in a chain is one row but for a fork: without idx.
ALTER TABLE device_entry DROP CONSTRAINT device_entry_pkey;
CREATE INDEX device_entry_place ON device_entry (log_id, device, epoch, seq);

-- Ranges of 256 pages instead of 32: a full one asks to be summarized. That were
-- eleven requests a second at 13,000 entries a second, and 256 can wait for
-- autovacuum, which comes once a minute; the rest was refused, a line in the
-- server's log each.
DROP INDEX item_idx; -- one a statement: Citus drops no two
DROP INDEX device_entry_idx;
CREATE INDEX item_idx ON item USING brin (idx)
	WITH (pages_per_range = 256, autosummarize = on);
CREATE INDEX device_entry_idx ON device_entry USING brin (idx)
	WITH (pages_per_range = 256, autosummarize = on);

-- Event identifiers are random and asked for by their equal.
DROP INDEX event_by_id;
CREATE INDEX event_by_id ON event USING hash (event_id);

-- The map's dump has shorter numbers: the one there is in the older form is
-- made again from the journal.
DELETE FROM map_snapshot;
UPDATE projection SET snapshot = 0;
