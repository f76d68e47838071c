-- SPDX-License-Identifier: Apache-2.0
-- The events that match, entry by entry of those that an organisation may read:
-- an index of a condition's table is asked for one entry, and not for all that
-- others have of the value, each with whom it concerns. OFFSET 0 keeps it so.
SELECT h.event_ms, h.idx, h.pos
FROM (SELECT o.idx FROM event_org o
		WHERE o.log_id = $1 AND o.org = @value
			AND o.idx >= @first AND o.idx < @below
	UNION SELECT o.idx FROM event_org o
		WHERE o.log_id = $1 AND o.org = 'public'
			AND o.idx >= @first AND o.idx < @below) o
CROSS JOIN LATERAL (SELECT e.event_ms, e.idx, e.pos FROM event e
WHERE e.log_id = $1 AND e.idx = o.idx
	AND e.idx >= @first AND e.idx < @below
