-- SPDX-License-Identifier: Apache-2.0
-- Words and places in use (epcis.md 9.5), for who may read a part of the log.
-- Under row-level security each event of a value was looked at until one was
-- found that is seen: for an organisation at the end of the log all of them.
-- Here value and organisation leap over each other's gaps, a block of 1,024
-- entries at a time; who has few entries has their values gathered. Where many
-- values lie between two that are seen (each with places of its own) so many
-- leaps cost more than to gather from all entries of the organisation, which is
-- what follows then. Who asks is the session's countermark.org, as for the
-- policies (0006, 0015); only one that may see all can name an organisation.
DO $$
DECLARE
	word text;
BEGIN
	FOREACH word IN ARRAY ARRAY['type', 'biz_step', 'disposition',
	    'read_point', 'biz_location'] LOOP
		EXECUTE format($f$
CREATE FUNCTION event_values_%1$s(log int, whose text, after text,
	below bigint, most bigint)
RETURNS SETOF text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
-- Planned once a session: the plans below differ for no values.
SET plan_cache_mode = force_generic_plan
-- For the entries of one who has many.
SET work_mem = '32MB' AS $b$
DECLARE
	few CONSTANT int := 4096;
	enough CONSTANT int := 512; -- leaps
	asks CONSTANT text := coalesce(current_setting('countermark.org', true), '');
	who CONSTANT text := CASE asks WHEN '*' THEN coalesce(whose, '*')
		ELSE asks END;
	value text := after;
	entries bigint[];
	given bigint := 0;
	leaps int := 0;
	at bigint; -- a block
	own bigint; -- an entry
	found boolean;
BEGIN
	IF who <> '*' THEN
		-- An array, whose length no estimate of an organisation's share
		-- leads to a walk over all events.
		entries := ARRAY(
			(SELECT o.idx FROM event_org o WHERE o.log_id = log
				AND o.org = who AND o.idx < below
				ORDER BY o.idx LIMIT few + 1)
			UNION
			(SELECT o.idx FROM event_org o WHERE o.log_id = log
				AND o.org = 'public' AND o.idx < below
				ORDER BY o.idx LIMIT few + 1));
		IF cardinality(entries) <= few THEN
			RETURN QUERY SELECT DISTINCT e.%1$I FROM event e
				WHERE e.log_id = log AND e.idx = ANY (entries)
					AND e.%1$I > after
				ORDER BY 1 LIMIT most;
			RETURN;
		END IF;
	END IF;
	WHILE given < most LOOP
		value := (SELECT e.%1$I FROM event e
			WHERE e.log_id = log AND e.%1$I > value
			ORDER BY e.%1$I LIMIT 1);
		EXIT WHEN value IS NULL;
		at := 0;
		found := false;
		LOOP
			leaps := leaps + 1;
			IF leaps > enough AND who <> '*' THEN
				-- Constant text: planned for who asks. Without
				-- LIMIT, for which it would walk by the value.
				RETURN QUERY EXECUTE
					'WITH own AS MATERIALIZED (
						SELECT DISTINCT e.%1$I v FROM event e
						WHERE e.log_id = $1 AND e.%1$I >= $2
							AND e.idx < $3 AND e.idx IN (
							SELECT o.idx FROM event_org o
							WHERE o.log_id = $1
							AND o.org IN ($4, ''public'')
							AND o.idx < $3))
					SELECT v FROM own ORDER BY v LIMIT $5'
					USING log, value, below, who, most - given;
				RETURN;
			END IF;
			at := (SELECT e.block FROM event e
				WHERE e.log_id = log AND e.%1$I = value
					AND e.block >= at AND e.idx < below
				ORDER BY e.block LIMIT 1);
			found := at IS NOT NULL AND who = '*';
			EXIT WHEN at IS NULL OR found;
			own := least((SELECT o.idx FROM event_org o
					WHERE o.log_id = log AND o.org = who
						AND o.idx >= at << 10
						AND o.idx < below
					ORDER BY o.idx LIMIT 1),
				(SELECT o.idx FROM event_org o
					WHERE o.log_id = log
						AND o.org = 'public'
						AND o.idx >= at << 10
						AND o.idx < below
					ORDER BY o.idx LIMIT 1));
			EXIT WHEN own IS NULL;
			IF own >> 10 > at THEN
				at := own >> 10;
				CONTINUE;
			END IF;
			-- The value's events in the block, each looked up.
			found := EXISTS (SELECT FROM event e
				WHERE e.log_id = log AND e.%1$I = value
					AND e.block = at AND e.idx < below
					AND (SELECT true FROM event_org o
						WHERE o.log_id = log
							AND o.org IN (who, 'public')
							AND o.idx = e.idx LIMIT 1));
			EXIT WHEN found;
			at := at + 1;
		END LOOP;
		IF found THEN
			RETURN NEXT value;
			given := given + 1;
		END IF;
	END LOOP;
END
$b$;
REVOKE ALL ON FUNCTION event_values_%1$s FROM PUBLIC;
GRANT EXECUTE ON FUNCTION event_values_%1$s TO countermark_api;
$f$, word);
	END LOOP;
END
$$;

-- Identifiers, of which nearly each row has one of its own: hopped over, and
-- once enough of them were others' (whose numbers come before the
-- organisation's own) the index is read on in its order, each row's entry
-- looked up in a list of the organisation's.
CREATE FUNCTION event_epcs(log int, whose text, after text, first bigint,
	below bigint, most bigint)
RETURNS SETOF text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
SET plan_cache_mode = force_generic_plan
SET work_mem = '32MB' AS $$
DECLARE
	enough CONSTANT int := 512; -- leaps
	asks CONSTANT text := coalesce(current_setting('countermark.org', true), '');
	who CONSTANT text := CASE asks WHEN '*' THEN coalesce(whose, '*')
		ELSE asks END;
	value text := after;
	given bigint := 0;
	leaps int := 0;
	at bigint; -- an entry with the value
	own bigint; -- the organisation's next
BEGIN
	WHILE given < most LOOP
		value := (SELECT x.epc FROM event_epc x
			WHERE x.log_id = log AND x.epc > value
				AND x.idx >= first AND x.idx < below
			ORDER BY x.epc LIMIT 1);
		EXIT WHEN value IS NULL;
		own := first;
		LOOP
			leaps := leaps + 1;
			IF leaps > enough AND who <> '*' THEN
				-- Constant text: planned for who asks.
				RETURN QUERY EXECUTE
					'SELECT DISTINCT x.epc FROM event_epc x
					WHERE x.log_id = $1 AND x.epc >= $2
						AND x.idx >= $3 AND x.idx < $4
						AND (x.idx IN (SELECT o.idx
							FROM event_org o
							WHERE o.log_id = $1
							AND o.org IN ($5, ''public'')
							AND o.idx >= $3
							AND o.idx < $4)) IS TRUE
					ORDER BY 1 LIMIT $6'
					USING log, value, first, below, who,
						most - given;
				RETURN;
			END IF;
			at := (SELECT x.idx FROM event_epc x
				WHERE x.log_id = log AND x.epc = value
					AND x.idx >= own AND x.idx < below
				ORDER BY x.epc, x.idx LIMIT 1);
			EXIT WHEN at IS NULL OR who = '*';
			own := least((SELECT o.idx FROM event_org o
					WHERE o.log_id = log AND o.org = who
						AND o.idx >= at AND o.idx < below
					ORDER BY o.idx LIMIT 1),
				(SELECT o.idx FROM event_org o
					WHERE o.log_id = log
						AND o.org = 'public'
						AND o.idx >= at AND o.idx < below
					ORDER BY o.idx LIMIT 1));
			EXIT WHEN own = at OR own IS NULL;
		END LOOP;
		IF at IS NOT NULL AND (who = '*' OR own IS NOT NULL) THEN
			RETURN NEXT value;
			given := given + 1;
		END IF;
	END LOOP;
END
$$;
REVOKE ALL ON FUNCTION event_epcs FROM PUBLIC;
GRANT EXECUTE ON FUNCTION event_epcs TO countermark_api;
