-- SPDX-License-Identifier: Apache-2.0
-- The one condition: its index gives the page in order.
SELECT e.event_ms, e.idx, e.pos
FROM (SELECT DISTINCT x.idx, x.pos FROM event_epc x
	WHERE x.log_id = $1 AND x.epc = @value AND x.role = ANY (@roles)
		AND x.idx >= @first AND x.idx < @below
		AND (x.idx, x.pos) @op (@index, @pos)
	ORDER BY x.idx @way, x.pos @way LIMIT @limit) k
JOIN event e ON e.log_id = $1 AND e.idx = k.idx AND e.pos = k.pos
ORDER BY e.idx @way, e.pos @way
