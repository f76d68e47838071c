-- SPDX-License-Identifier: Apache-2.0
-- Capture over REST (epcis.md 9.4): the jobs and the event identifiers they
-- hold until the search tables know them. How they work stands in DESIGN.md.

CREATE TABLE capture_job (
	log_id int NOT NULL,
	id text COLLATE "C" NOT NULL,
	organisation text COLLATE "C" NOT NULL,
	identity text COLLATE "C" NOT NULL,
	created_ms bigint NOT NULL,
	finished_ms bigint NOT NULL DEFAULT 0,
	retry_ms bigint NOT NULL DEFAULT 0,
	state smallint NOT NULL DEFAULT 0,
	form smallint NOT NULL,
	proceed boolean NOT NULL,
	success boolean NOT NULL,
	broken boolean NOT NULL DEFAULT false,
	events int NOT NULL,
	duplicates int NOT NULL,
	refused int NOT NULL,
	anchor_epoch int NOT NULL DEFAULT 0,
	anchor_seq bigint NOT NULL DEFAULT 0,
	epoch int NOT NULL DEFAULT 0,
	last_seq bigint NOT NULL DEFAULT 0,
	last_idx bigint NOT NULL DEFAULT -1,
	seqs bigint[] NOT NULL DEFAULT '{}',
	errors text NOT NULL,
	bytes bigint NOT NULL,
	left_out bytea NOT NULL,
	body bytea NOT NULL,
	PRIMARY KEY (log_id, id)
);
-- A document is kept as received and dropped at the end: shrinking it costs
-- more than it saves.
ALTER TABLE capture_job ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE INDEX capture_job_time ON capture_job (log_id, created_ms, id);
CREATE INDEX capture_job_org
	ON capture_job (log_id, organisation, created_ms, id);
CREATE INDEX capture_job_chain
	ON capture_job (log_id, identity, epoch, last_seq);
CREATE INDEX capture_job_open ON capture_job (log_id, state, created_ms, id)
	WHERE finished_ms = 0;

CREATE TABLE capture_event (
	log_id int NOT NULL,
	key bytea NOT NULL,
	digest bytea NOT NULL,
	job text COLLATE "C" NOT NULL,
	PRIMARY KEY (log_id, key)
);
CREATE INDEX capture_event_job ON capture_event (log_id, job);

GRANT SELECT, INSERT, UPDATE, DELETE ON capture_job, capture_event
	TO countermark_api;
