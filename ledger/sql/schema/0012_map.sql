-- SPDX-License-Identifier: Apache-2.0
-- What the map (formats 5) is made from again after a start, without reading
-- the entries: which keys they touch, and now and then the map itself.

-- Row n is of entries n * 256 … n * 256 + 255: for each of them u16be count
-- and so many keys of 32 bytes, all subjects, in the order of touching. It
-- comes with tile n of level 0, which has their leaf hashes.
CREATE TABLE map_journal (
	log_id int NOT NULL,
	n bigint NOT NULL,
	keys bytea NOT NULL,
	PRIMARY KEY (log_id, n)
);
-- Keys do not shrink, but a device's comes again and again.
DO $$
BEGIN
	ALTER TABLE map_journal ALTER COLUMN keys SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
	-- A server built without lz4: out of line and as it is.
	ALTER TABLE map_journal ALTER COLUMN keys SET STORAGE EXTERNAL;
END
$$;

-- The map over the entries below covered, a multiple of 256, as its sorted
-- dump (ledger/map.h); a part ends behind the record that takes it past 1 MiB.
CREATE TABLE map_snapshot (
	log_id int NOT NULL,
	covered bigint NOT NULL,
	part int NOT NULL,
	bytes bytea NOT NULL,
	PRIMARY KEY (log_id, covered, part)
);
ALTER TABLE map_snapshot ALTER COLUMN bytes SET STORAGE EXTERNAL;

-- covered of the one snapshot that is there, 0 none: so that a lost row shows.
ALTER TABLE projection ADD COLUMN snapshot bigint NOT NULL DEFAULT 0;

GRANT SELECT, INSERT ON map_journal TO countermark_ingest;
GRANT SELECT ON map_snapshot TO countermark_ingest;
GRANT SELECT ON map_journal, tile TO countermark_projector;
GRANT SELECT, INSERT, DELETE ON map_snapshot TO countermark_projector;
GRANT SELECT ON map_journal, map_snapshot TO countermark_api;
