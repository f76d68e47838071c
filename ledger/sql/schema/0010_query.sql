-- SPDX-License-Identifier: Apache-2.0
-- Named queries of the EPCIS interface and who is told of their events.
-- owner: the organisation's name; with * in front for those who see all.
CREATE TABLE epcis_query (
	log_id int NOT NULL,
	owner text COLLATE "C" NOT NULL,
	name text COLLATE "C" NOT NULL,
	query text NOT NULL,
	created_ms bigint NOT NULL,
	PRIMARY KEY (log_id, owner, name)
);

-- schedule is empty for a stream. Events up to the key (idx, pos) have been
-- delivered, do not meet the query or came before the subscription. next_ms:
-- not before that moment; run_ms: when it was last up to date.
CREATE TABLE epcis_subscription (
	log_id int NOT NULL,
	owner text COLLATE "C" NOT NULL,
	name text COLLATE "C" NOT NULL,
	id text COLLATE "C" NOT NULL,
	dest text NOT NULL,
	secret bytea NOT NULL,
	schedule text NOT NULL,
	report_if_empty boolean NOT NULL,
	format smallint NOT NULL,
	token bytea NOT NULL,
	created_ms bigint NOT NULL,
	idx bigint NOT NULL,
	pos smallint NOT NULL,
	batch int NOT NULL,
	next_ms bigint NOT NULL,
	run_ms bigint NOT NULL,
	notified_ms bigint NOT NULL DEFAULT 0,
	delivered bigint NOT NULL DEFAULT 0,
	failures int NOT NULL DEFAULT 0,
	failing_ms bigint NOT NULL DEFAULT 0,
	error text NOT NULL DEFAULT '',
	suspended boolean NOT NULL DEFAULT false,
	PRIMARY KEY (log_id, owner, name, id)
);
CREATE INDEX epcis_subscription_next ON epcis_subscription (log_id, next_ms)
	WHERE NOT suspended;

-- UPDATE of a query is for the lock that a new subscription takes on it.
GRANT SELECT, INSERT, UPDATE, DELETE ON epcis_query, epcis_subscription
	TO countermark_api;
