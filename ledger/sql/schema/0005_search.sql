-- SPDX-License-Identifier: Apache-2.0
-- Search tables: what the queries of epcis.md 9.6 and the views of an
-- organisation are answered from. The projector fills them from the entries,
-- outside the append transaction. An absent text is '', identifiers stand in
-- canonical form and words bare (ledger/search.h). recordTime needs no column:
-- it rises with idx, and epoch says how.

CREATE TABLE event (
	log_id int NOT NULL,
	pos smallint NOT NULL,
	declares smallint NOT NULL,
	idx bigint NOT NULL,
	event_ms bigint NOT NULL,
	type text COLLATE "C" NOT NULL,
	action text COLLATE "C" NOT NULL,
	biz_step text COLLATE "C" NOT NULL,
	disposition text COLLATE "C" NOT NULL,
	read_point text COLLATE "C" NOT NULL,
	biz_location text COLLATE "C" NOT NULL,
	event_id text COLLATE "C" NOT NULL,
	PRIMARY KEY (log_id, idx, pos)
) PARTITION BY RANGE (idx);
CREATE INDEX event_time ON event (log_id, event_ms);
CREATE INDEX event_by_id ON event (log_id, event_id);
CREATE INDEX event_declares ON event (log_id, idx, pos) WHERE declares <> 0;
-- Without idx: few values, whose row lists B-trees keep in a few bytes a row.
CREATE INDEX event_type ON event (log_id, type);
CREATE INDEX event_action ON event (log_id, action);
CREATE INDEX event_biz_step ON event (log_id, biz_step);
CREATE INDEX event_disposition ON event (log_id, disposition);
CREATE INDEX event_read_point ON event (log_id, read_point);
CREATE INDEX event_biz_location ON event (log_id, biz_location);

-- Which identifiers an event names, and in which list (enum search_role).
CREATE TABLE event_epc (
	log_id int NOT NULL,
	pos smallint NOT NULL,
	role smallint NOT NULL,
	idx bigint NOT NULL,
	epc text COLLATE "C" NOT NULL,
	PRIMARY KEY (log_id, epc, idx, pos, role)
) PARTITION BY RANGE (idx);

-- Business transactions, sources, destinations and the like (enum search_kind).
CREATE TABLE event_ref (
	log_id int NOT NULL,
	pos smallint NOT NULL,
	kind smallint NOT NULL,
	idx bigint NOT NULL,
	value text COLLATE "C" NOT NULL,
	type text COLLATE "C" NOT NULL,
	PRIMARY KEY (log_id, value, kind, type, idx, pos)
) PARTITION BY RANGE (idx);

-- Which organisations an entry with events concerns: capturer, right holder,
-- source and destination parties, as DIDs.
CREATE TABLE event_org (
	log_id int NOT NULL,
	idx bigint NOT NULL,
	org text COLLATE "C" NOT NULL,
	PRIMARY KEY (log_id, org, idx)
) PARTITION BY RANGE (idx);

-- Rows come in the order of idx: a few bytes find those of a stretch of the log.
CREATE INDEX event_epc_idx ON event_epc USING brin (idx)
	WITH (pages_per_range = 32);
CREATE INDEX event_ref_idx ON event_ref USING brin (idx)
	WITH (pages_per_range = 32);
CREATE INDEX event_org_idx ON event_org USING brin (idx)
	WITH (pages_per_range = 32);

-- GE_recordTime and LT_recordTime become bounds of idx.
CREATE INDEX epoch_time ON epoch (log_id, time_ms);

-- The search tables hold the events of entries below size; changed by
-- compare-and-set in the transaction that adds the rows.
CREATE TABLE projection (
	log_id int PRIMARY KEY,
	size bigint NOT NULL
) WITH (fillfactor = 10);

-- ---- partitions: as in 0003, of these tables too ----
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
			    'event_org'] LOOP
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
	FOREACH parent IN ARRAY ARRAY['event', 'event_epc', 'event_ref',
	    'event_org'] LOOP
		FOR number IN 0 .. made - 1 LOOP
			PERFORM ledger_partition(parent, number);
		END LOOP;
	END LOOP;
END
$$;

-- ---- rights: the projector reads entries and adds to these tables only ----
DO $$
BEGIN
	IF NOT EXISTS (SELECT FROM pg_roles
	    WHERE rolname = 'countermark_projector') THEN
		CREATE ROLE countermark_projector LOGIN;
	END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
	NULL; -- made at the same time for another database
END
$$;

GRANT USAGE ON SCHEMA public TO countermark_projector;
GRANT SELECT ON log, entry, checkpoint, epoch, item TO countermark_projector;
GRANT INSERT ON event, event_epc, event_ref, event_org TO countermark_projector;
GRANT SELECT, INSERT, UPDATE ON projection TO countermark_projector;
GRANT SELECT ON event, event_epc, event_ref, event_org, projection
	TO countermark_api;
