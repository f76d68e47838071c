-- SPDX-License-Identifier: Apache-2.0
-- Partitions of 4,194,304 indexes, made ahead of the log. A new partition is
-- attached, not created in place, so that readers of the parent never wait.

CREATE FUNCTION ledger_partition(parent text, number bigint) RETURNS boolean
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
	width CONSTANT bigint := 4194304;
	part text := format('%s_p%s', parent, lpad(number::text, 5, '0'));
BEGIN
	IF to_regclass(part) IS NOT NULL THEN
		RETURN false;
	END IF;
	EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', part, parent);
	EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES '
	    'FROM (%s) TO (%s)', parent, part, number * width,
	    (number + 1) * width);
	-- Statement triggers do not come with the parent.
	IF EXISTS (SELECT FROM pg_trigger WHERE tgname = 'append_only'
	    AND tgrelid = parent::regclass) THEN
		EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR '
		    'DELETE OR TRUNCATE ON %I FOR EACH STATEMENT '
		    'EXECUTE FUNCTION ledger_append_only()', part);
	END IF;
	RETURN true;
END
$$;

-- Keeps three partitions wholly above size; returns how many lie there.
CREATE FUNCTION ledger_partitions(size bigint) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	width CONSTANT bigint := 4194304;
	-- Bound, so that a wrong size cannot fill the catalogue.
	ahead CONSTANT int := 3;
	last CONSTANT bigint := size / width + ahead;
	made bigint;
BEGIN
	IF size < 0 THEN
		RAISE EXCEPTION 'size % is negative', size
		    USING ERRCODE = 'numeric_value_out_of_range';
	END IF;
	SELECT count(*) INTO made FROM pg_inherits
	    WHERE inhparent = 'device_entry'::regclass;
	IF made <= last THEN
		-- One maker at a time.
		PERFORM pg_advisory_xact_lock(17230, 1);
		SELECT count(*) INTO made FROM pg_inherits
		    WHERE inhparent = 'device_entry'::regclass;
		IF last - made > 64 THEN
			RAISE EXCEPTION 'size % is far above the last partition',
			    size USING ERRCODE = 'numeric_value_out_of_range';
		END IF;
		FOR number IN made .. last LOOP
			PERFORM ledger_partition('entry', number);
			PERFORM ledger_partition('item', number);
			PERFORM ledger_partition('device_entry', number);
		END LOOP;
		made := greatest(made, last + 1);
	END IF;
	RETURN made - size / width - 1;
END
$$;

SELECT ledger_partitions(0);
