-- SPDX-License-Identifier: Apache-2.0
-- The last of the next entries that an organisation may read.
(SELECT o.idx FROM event_org o
	WHERE o.log_id = $1 AND o.org = @value
		AND o.idx >= @first AND o.idx < @below
	ORDER BY o.idx @way LIMIT @window::bigint + 1)
UNION (SELECT o.idx FROM event_org o
	WHERE o.log_id = $1 AND o.org = 'public'
		AND o.idx >= @first AND o.idx < @below
	ORDER BY o.idx @way LIMIT @window::bigint + 1)
ORDER BY idx @way LIMIT 1 OFFSET @window
