-- SPDX-License-Identifier: Apache-2.0
-- Nothing but who asks: each entry has an event, but for the one in which the
-- page begins. What concerns the organisation and what anybody may read come
-- from one index each.
SELECT e.event_ms, e.idx, e.pos
FROM ((SELECT o.idx FROM event_org o
		WHERE o.log_id = $1 AND o.org = @value
			AND o.idx >= @first AND o.idx < @below
		ORDER BY o.idx @way LIMIT @limit::bigint + 1)
	UNION (SELECT o.idx FROM event_org o
		WHERE o.log_id = $1 AND o.org = 'public'
			AND o.idx >= @first AND o.idx < @below
		ORDER BY o.idx @way LIMIT @limit::bigint + 1)
	ORDER BY idx @way LIMIT @limit::bigint + 1) k
JOIN event e ON e.log_id = $1 AND e.idx = k.idx
WHERE (e.idx, e.pos) @op (@index, @pos)
ORDER BY e.idx @way, e.pos @way LIMIT @limit
