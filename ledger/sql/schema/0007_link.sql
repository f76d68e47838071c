-- SPDX-License-Identifier: Apache-2.0
-- Links of the resolver, by the level of a Digital Link's path they stand at.
CREATE TABLE link (
	log_id int NOT NULL,
	number bigint GENERATED ALWAYS AS IDENTITY,
	key text COLLATE "C" NOT NULL,
	type text COLLATE "C" NOT NULL,
	href text NOT NULL,
	title text NOT NULL,
	media text NOT NULL,
	languages text NOT NULL,
	contexts text NOT NULL,
	is_default boolean NOT NULL,
	created_ms bigint NOT NULL,
	PRIMARY KEY (log_id, key, number)
);
GRANT SELECT ON link TO countermark_api;
