-- SPDX-License-Identifier: Apache-2.0
-- Words and places in use (epcis.md 9.5), for who may read a part of the log.
-- Under row-level security each event of a value was looked at until one was
-- found that is seen: for an organisation at the end of the log all of them.
-- Here value and organisation leap over each other's gaps, a block of 1,024
-- entries at a time; who has few entries has their values gathered. Who asks is
-- the session's countermark.org, as for the policies (0006, 0015); only one that
-- may see all can name an organisation.
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
SET plan_cache_mode = force_generic_plan AS $b$
DECLARE
	few CONSTANT int := 4096;
	asks CONSTANT text := coalesce(current_setting('countermark.org', true), '');
	who CONSTANT text := CASE asks WHEN '*' THEN coalesce(whose, '*')
		ELSE asks END;
	value text := after;
	entries bigint[];
	given bigint := 0;
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
			found := EXISTS (SELECT FROM event_org o
				JOIN event e ON e.log_id = log
					AND e.idx = o.idx
				WHERE o.log_id = log
					AND o.org IN (who, 'public')
					AND o.idx >= at << 10
					AND o.idx < least(below, (at + 1) << 10)
					AND e.idx >= at << 10
					AND e.idx < least(below, (at + 1) << 10)
					AND e.block = at AND e.%1$I = value);
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
