-- SPDX-License-Identifier: Apache-2.0
-- A row where an organisation may read more than @window entries, or as many
-- are open to all. Counted along the index, neither sorted nor joined.
SELECT 1 WHERE (SELECT true FROM event_org o
		WHERE o.log_id = $1 AND o.org = @value
			AND o.idx >= @first AND o.idx < @below
		LIMIT 1 OFFSET @window)
	OR (SELECT true FROM event_org o
		WHERE o.log_id = $1 AND o.org = 'public'
			AND o.idx >= @first AND o.idx < @below
		LIMIT 1 OFFSET @window)
