-- SPDX-License-Identifier: Apache-2.0
-- Every table of a log has log_id first and in its primary key, so that the
-- schema runs unchanged where it is distributed by log_id. The kind of each
-- table and the reason stand in tables.tsv.

CREATE TABLE migration (
	number int PRIMARY KEY,
	name text NOT NULL,
	at timestamptz NOT NULL DEFAULT now()
);

-- ---- ledger ----
CREATE TABLE log (
	log_id int PRIMARY KEY,
	name text COLLATE "C" NOT NULL,
	origin text COLLATE "C" NOT NULL,
	created_ms bigint NOT NULL,
	CONSTRAINT log_name UNIQUE (name)
);

CREATE TABLE entry (
	log_id int NOT NULL,
	idx bigint NOT NULL,
	leaf bytea NOT NULL,
	chain bytea NOT NULL,
	entry bytea NOT NULL,
	PRIMARY KEY (log_id, idx)
) PARTITION BY RANGE (idx);
-- Entries above 2 KB are JSON with room: lz4 in place is quicker to write than
-- any other way (DESIGN.md); smaller ones are never touched.
ALTER TABLE entry ALTER COLUMN entry SET STORAGE MAIN;
DO $$
BEGIN
	ALTER TABLE entry ALTER COLUMN entry SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
	-- A server built without lz4: out of line and as it is.
	ALTER TABLE entry ALTER COLUMN entry SET STORAGE EXTERNAL;
END
$$;

-- Full tiles only: a partial tile of level 0 is entry.leaf, one of level n the
-- roots of the full tiles of level n - 1.
CREATE TABLE tile (
	log_id int NOT NULL,
	level smallint NOT NULL,
	n bigint NOT NULL,
	root bytea NOT NULL,
	hashes bytea NOT NULL,
	PRIMARY KEY (log_id, level, n)
);
-- Out of line: a scan of roots does not read 8 KiB a row; hashes do not shrink.
ALTER TABLE tile ALTER COLUMN hashes SET STORAGE EXTERNAL;

CREATE TABLE checkpoint (
	log_id int NOT NULL,
	size bigint NOT NULL,
	root bytea NOT NULL,
	at_ms bigint NOT NULL,
	note bytea NOT NULL,
	PRIMARY KEY (log_id, size)
);

-- ---- derived from the entries ----
-- Which entries touch a subject (formats 5.4), all but device/….
CREATE TABLE item (
	log_id int NOT NULL,
	subject text COLLATE "C" NOT NULL,
	idx bigint NOT NULL,
	PRIMARY KEY (log_id, subject, idx)
) PARTITION BY RANGE (idx);

-- The statements of each device's chain; hash as in formats 1.8.
CREATE TABLE device_entry (
	log_id int NOT NULL,
	device text COLLATE "C" NOT NULL,
	epoch int NOT NULL,
	seq bigint NOT NULL,
	idx bigint NOT NULL,
	hash bytea NOT NULL,
	PRIMARY KEY (log_id, device, epoch, seq, idx)
) PARTITION BY RANGE (idx);

CREATE TABLE epoch (
	log_id int NOT NULL,
	idx bigint NOT NULL,
	covered bigint NOT NULL,
	time_ms bigint NOT NULL,
	map_root bytea NOT NULL,
	keys bigint NOT NULL,
	previous bigint NOT NULL,
	PRIMARY KEY (log_id, idx)
);

-- ---- operational ----
-- One row a log, updated once a batch: room for many versions on its page.
CREATE TABLE log_head (
	log_id int PRIMARY KEY,
	size bigint NOT NULL,
	term bigint NOT NULL,
	chain bytea NOT NULL,
	last_epoch bigint NOT NULL
) WITH (fillfactor = 10);

CREATE TABLE nack (
	log_id int NOT NULL,
	device text COLLATE "C" NOT NULL,
	epoch int NOT NULL,
	slot smallint NOT NULL,
	number bigint NOT NULL,
	seq bigint NOT NULL,
	code text NOT NULL,
	detail text NOT NULL,
	PRIMARY KEY (log_id, device, epoch, slot)
);

CREATE TABLE quarantine (
	log_id int NOT NULL,
	device text COLLATE "C" NOT NULL,
	number bigint GENERATED ALWAYS AS IDENTITY,
	at_ms bigint NOT NULL,
	code text NOT NULL,
	detail text NOT NULL,
	bytes bytea NOT NULL,
	PRIMARY KEY (log_id, device, number)
);

CREATE TABLE token (
	log_id int NOT NULL,
	hash bytea NOT NULL,
	role text NOT NULL,
	organisation text NOT NULL,
	created_ms bigint NOT NULL,
	expires_ms bigint NOT NULL,
	PRIMARY KEY (log_id, hash)
);
