-- SPDX-License-Identifier: Apache-2.0
-- Who may see which event, enforced by the database whatever the API asks for:
-- the session says for whom it looks (countermark.org), an organisation's DID
-- or * for those who see all; a session that says nothing sees nothing.

ALTER TABLE token
	ADD COLUMN scopes text COLLATE "C" NOT NULL DEFAULT 'read capture subscribe',
	ADD COLUMN revoked_ms bigint NOT NULL DEFAULT 0;

-- Looks of an authority, each with its purpose.
CREATE TABLE access_log (
	log_id int NOT NULL,
	number bigint GENERATED ALWAYS AS IDENTITY,
	at_ms bigint NOT NULL,
	token bytea NOT NULL,
	organisation text NOT NULL,
	target text NOT NULL,
	purpose text NOT NULL,
	PRIMARY KEY (log_id, number)
);
CREATE INDEX access_log_time ON access_log (log_id, at_ms);
GRANT INSERT ON access_log TO countermark_api;

-- The projector adds rows by COPY, which PostgreSQL refuses under row-level
-- security, so its role stands outside of it; it reads no row of these tables.
-- Roles are the server's: another database may be at the same row right now
-- (tuple concurrently updated), and no lock of ours reaches over there.
DO $$
BEGIN
	FOR try IN 1 .. 100 LOOP
		IF EXISTS (SELECT FROM pg_roles
		    WHERE rolname = 'countermark_projector' AND rolbypassrls)
		THEN
			RETURN;
		END IF;
		BEGIN
			ALTER ROLE countermark_projector BYPASSRLS;
		EXCEPTION
		WHEN insufficient_privilege THEN
			RAISE EXCEPTION 'role countermark_projector needs BYPASSRLS'
			    USING HINT = 'as a superuser: ALTER ROLE countermark_projector BYPASSRLS';
		WHEN internal_error THEN
			PERFORM pg_sleep(0.02);
		END;
	END LOOP;
	RAISE EXCEPTION 'role countermark_projector did not get BYPASSRLS';
END
$$;

-- The setting stands in a subquery so that it is read once a statement.
ALTER TABLE event_org ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON event_org FOR SELECT TO countermark_api USING (
	(SELECT current_setting('countermark.org', true)) IN ('*', org));

DO $$
DECLARE
	parent text;
BEGIN
	FOREACH parent IN ARRAY ARRAY['event', 'event_epc', 'event_ref'] LOOP
		EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', parent);
		EXECUTE format($p$CREATE POLICY seen ON %1$I FOR SELECT
			TO countermark_api USING (
			(SELECT current_setting('countermark.org', true)) = '*'
			OR EXISTS (SELECT FROM event_org o
			    WHERE o.log_id = %1$I.log_id AND o.idx = %1$I.idx
			    AND o.org = (SELECT current_setting('countermark.org', true))))
			$p$, parent);
	END LOOP;
END
$$;
