-- SPDX-License-Identifier: Apache-2.0
-- Signed checkpoints of a log that has witnesses, until one of at least their
-- size is published (formats 6.2); the newest stays where it is then.
CREATE TABLE checkpoint_pending (
	log_id int NOT NULL,
	size bigint NOT NULL,
	root bytea NOT NULL,
	at_ms bigint NOT NULL,
	note bytea NOT NULL,
	PRIMARY KEY (log_id, size)
);
GRANT SELECT, INSERT, DELETE ON checkpoint_pending TO countermark_ingest;
GRANT SELECT ON checkpoint_pending TO countermark_api;
