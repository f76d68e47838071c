-- SPDX-License-Identifier: Apache-2.0
-- More of what an event says, each in a table of its own: an event without
-- such members has no row here. Filled as those of 0005 are.

-- Quantities of all lists of an event; role as in event_epc. A number that
-- takes more than 200 digits has no row.
CREATE TABLE event_quantity (
	log_id int NOT NULL,
	pos smallint NOT NULL,
	role smallint NOT NULL,
	idx bigint NOT NULL,
	quantity numeric NOT NULL,
	uom text COLLATE "C" NOT NULL,
	PRIMARY KEY (log_id, quantity, uom, idx, pos, role)
) PARTITION BY RANGE (idx);

-- declarationTime of error declarations.
CREATE TABLE event_declaration (
	log_id int NOT NULL,
	pos smallint NOT NULL,
	idx bigint NOT NULL,
	time_ms bigint NOT NULL,
	PRIMARY KEY (log_id, time_ms, idx, pos)
) PARTITION BY RANGE (idx);

-- Members of ilmd (depth 0) and below it (depth 1), by the IRI of their name.
-- kind: 1 a text, 2 a decimal, 3 a date or time; number is the decimal, or the
-- time in ms (a date is its first moment in UTC), 0 for a text.
CREATE TABLE event_ilmd (
	log_id int NOT NULL,
	pos smallint NOT NULL,
	depth smallint NOT NULL,
	kind smallint NOT NULL,
	idx bigint NOT NULL,
	name text COLLATE "C" NOT NULL,
	value text COLLATE "C" NOT NULL,
	number numeric NOT NULL,
	PRIMARY KEY (log_id, name, value, idx, pos, depth)
) PARTITION BY RANGE (idx);
CREATE INDEX event_ilmd_number ON event_ilmd (log_id, name, number)
	WHERE kind <> 1;

-- Master data of the statements' headers, nr in the order of the entry. Of the
-- rows for one (org, type, id, name) those of the newest entry count. A child
-- of an element has the name 'children', which no attribute has: theirs are
-- URIs.
CREATE TABLE master (
	log_id int NOT NULL,
	nr smallint NOT NULL,
	idx bigint NOT NULL,
	org text COLLATE "C" NOT NULL,
	type text COLLATE "C" NOT NULL,
	id text COLLATE "C" NOT NULL,
	name text COLLATE "C" NOT NULL,
	value text COLLATE "C" NOT NULL,
	PRIMARY KEY (log_id, idx, nr)
) PARTITION BY RANGE (idx);
CREATE INDEX master_id ON master (log_id, id, idx);

CREATE INDEX event_quantity_idx ON event_quantity USING brin (idx)
	WITH (pages_per_range = 32);
CREATE INDEX event_declaration_idx ON event_declaration USING brin (idx)
	WITH (pages_per_range = 32);
CREATE INDEX event_ilmd_idx ON event_ilmd USING brin (idx)
	WITH (pages_per_range = 32);

-- ---- partitions: as in 0005, of these tables too ----
CREATE OR REPLACE FUNCTION ledger_partitions(size bigint) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	width CONSTANT bigint := 4194304;
	-- Bound, so that a wrong size cannot fill the catalogue.
	ahead CONSTANT int := 3;
	last CONSTANT bigint := size / width + ahead;
	made bigint;
	parent text;
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
			FOREACH parent IN ARRAY ARRAY['entry', 'item',
			    'device_entry', 'event', 'event_epc', 'event_ref',
			    'event_org', 'event_quantity', 'event_declaration',
			    'event_ilmd', 'master'] LOOP
				PERFORM ledger_partition(parent, number);
			END LOOP;
		END LOOP;
		made := greatest(made, last + 1);
	END IF;
	RETURN made - size / width - 1;
END
$$;

DO $$
DECLARE
	made bigint;
	parent text;
BEGIN
	SELECT count(*) INTO made FROM pg_inherits
	    WHERE inhparent = 'device_entry'::regclass;
	FOREACH parent IN ARRAY ARRAY['event_quantity', 'event_declaration',
	    'event_ilmd', 'master'] LOOP
		FOR number IN 0 .. made - 1 LOOP
			PERFORM ledger_partition(parent, number);
		END LOOP;
	END LOOP;
END
$$;

-- ---- rights ----
GRANT INSERT ON event_quantity, event_declaration, event_ilmd, master
	TO countermark_projector;
GRANT SELECT ON event_quantity, event_declaration, event_ilmd, master
	TO countermark_api;

-- Logs projected before have rows missing in the new tables. The projector
-- goes on where it stands; `countermark rebuild` fills them in.

-- ---- who sees what: as in 0006 ----
-- event_quantity has none: comparing decimals is not leakproof for PostgreSQL,
-- so under a policy no index would find them. What it holds are numbers; the
-- event they belong to is looked up in event.
DO $$
DECLARE
	parent text;
BEGIN
	FOREACH parent IN ARRAY ARRAY['event_declaration', 'event_ilmd'] LOOP
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
ALTER TABLE master ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON master FOR SELECT TO countermark_api USING (
	(SELECT current_setting('countermark.org', true)) IN ('*', org));
