-- SPDX-License-Identifier: Apache-2.0
-- Citus takes no table with triggers. The append-only ones are an extra over
-- the grants and go; anybody else's stay and make Citus refuse the table.
DO $$
DECLARE
	parent CONSTANT regclass :=
	    format('public.%I', current_setting('countermark.table'))::regclass;
	part regclass;
BEGIN
	FOR part IN SELECT tgrelid FROM pg_trigger
	    WHERE tgname = 'append_only'
	    AND tgfoid = 'public.ledger_append_only'::regproc
	    AND (tgrelid = parent OR tgrelid IN (SELECT inhrelid
		FROM pg_inherits WHERE inhparent = parent))
	LOOP
		EXECUTE format('DROP TRIGGER append_only ON %s', part);
	END LOOP;
END
$$
