-- SPDX-License-Identifier: Apache-2.0
-- Between which entries all lie that an organisation may read, and which they
-- are when there are fewer than @window; where the first @window of them end.
SELECT min(k.idx), greatest((SELECT o.idx FROM event_org o
		WHERE o.log_id = $1 AND o.org = @value
			AND o.idx >= @first AND o.idx < @below
		ORDER BY o.idx DESC LIMIT 1),
	(SELECT o.idx FROM event_org o
		WHERE o.log_id = $1 AND o.org = 'public'
			AND o.idx >= @first AND o.idx < @below
		ORDER BY o.idx DESC LIMIT 1)), count(*), array_agg(k.idx),
	max(k.idx)
FROM ((SELECT o.idx FROM event_org o
		WHERE o.log_id = $1 AND o.org = @value
			AND o.idx >= @first AND o.idx < @below
		ORDER BY o.idx LIMIT @window)
	UNION (SELECT o.idx FROM event_org o
		WHERE o.log_id = $1 AND o.org = 'public'
			AND o.idx >= @first AND o.idx < @below
		ORDER BY o.idx LIMIT @window)
	ORDER BY idx LIMIT @window) k
