-- SPDX-License-Identifier: Apache-2.0
-- Who sees which event, as in 0006, 0008 and 0011; and entries that a policy
-- opens to anybody (formats 1.7): event_org has the word public beside the
-- DIDs for them, which a session that says nothing sees too.
ALTER POLICY seen ON event_org USING (org = 'public'
	OR (SELECT current_setting('countermark.org', true)) IN ('*', org));

DO $$
DECLARE
	parent text;
BEGIN
	FOREACH parent IN ARRAY ARRAY['event', 'event_epc', 'event_ref',
	    'event_declaration', 'event_ilmd'] LOOP
		EXECUTE format($p$ALTER POLICY seen ON %1$I USING (
			(SELECT current_setting('countermark.org', true)) = '*'
			OR (SELECT true FROM event_org o
			    WHERE o.log_id = %1$I.log_id AND o.idx = %1$I.idx
			    AND o.org IN ('public',
				(SELECT current_setting('countermark.org', true)))
			    LIMIT 1))
			$p$, parent);
	END LOOP;
END
$$;
