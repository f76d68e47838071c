-- SPDX-License-Identifier: Apache-2.0
-- Who may what. The roles get no password here; the owner sets one.

DO $$
DECLARE
	name text;
BEGIN
	FOREACH name IN ARRAY ARRAY['countermark_ingest', 'countermark_api'] LOOP
		BEGIN
			IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)
			THEN
				EXECUTE format('CREATE ROLE %I LOGIN', name);
			END IF;
		EXCEPTION WHEN duplicate_object OR unique_violation THEN
			NULL; -- made at the same time for another database
		END;
	END LOOP;
END
$$;

REVOKE CREATE ON SCHEMA public FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION ledger_partition(text, bigint) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION ledger_partitions(bigint) FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO countermark_ingest, countermark_api;

GRANT SELECT ON log TO countermark_ingest, countermark_api;
GRANT SELECT, INSERT ON entry, tile, checkpoint, item, device_entry, epoch
	TO countermark_ingest;
GRANT SELECT, UPDATE ON log_head TO countermark_ingest;
GRANT SELECT, INSERT, UPDATE ON nack TO countermark_ingest;
GRANT SELECT, INSERT, DELETE ON quarantine TO countermark_ingest;
GRANT EXECUTE ON FUNCTION ledger_partitions(bigint) TO countermark_ingest;

GRANT SELECT ON entry, tile, checkpoint, item, device_entry, epoch, log_head,
	nack, token TO countermark_api;
