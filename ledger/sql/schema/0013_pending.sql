-- SPDX-License-Identifier: Apache-2.0
-- The newest signed checkpoint of a log that has witnesses, until it is
-- published with their cosignatures (formats 6.2); stays where it is then.
CREATE TABLE checkpoint_pending (
	log_id int NOT NULL,
	size bigint NOT NULL,
	root bytea NOT NULL,
	at_ms bigint NOT NULL,
	note bytea NOT NULL,
	PRIMARY KEY (log_id)
);
GRANT SELECT, INSERT, UPDATE ON checkpoint_pending TO countermark_ingest;
GRANT SELECT ON checkpoint_pending TO countermark_api;
