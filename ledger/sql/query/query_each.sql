-- SPDX-License-Identifier: Apache-2.0
-- The events that meet the one condition with a table of its own, entry by
-- entry of those that an organisation may read: its index is asked for one
-- entry, and not for all that others have of the value, each with whom it
-- concerns. OFFSET 0 keeps it so. This, a piece (query_if_*.sql),
-- query_eached.sql, for the page (query_after_*.sql) and for the order.
SELECT e.event_ms, e.idx, e.pos
FROM (SELECT o.idx FROM event_org o
		WHERE o.log_id = $1 AND o.org = @value
			AND o.idx >= @first AND o.idx < @below
	UNION SELECT o.idx FROM event_org o
		WHERE o.log_id = $1 AND o.org = 'public'
			AND o.idx >= @first AND o.idx < @below
	ORDER BY idx @way) o
CROSS JOIN LATERAL (SELECT e.event_ms, e.idx, e.pos
	FROM (SELECT DISTINCT x.idx, x.pos FROM
