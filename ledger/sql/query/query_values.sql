-- SPDX-License-Identifier: Apache-2.0
-- Distinct values by hopping over an index, each looked at for an event that
-- is visible. @table and @column come from query_values.c.
WITH RECURSIVE hop (value) AS (
	(SELECT x.@column FROM @table x
	WHERE x.log_id = $1 AND x.@column > $2
	ORDER BY x.@column LIMIT 1)
UNION ALL
	SELECT (SELECT x.@column FROM @table x
		WHERE x.log_id = $1 AND x.@column > hop.value
		ORDER BY x.@column LIMIT 1)
	FROM hop WHERE hop.value IS NOT NULL
)
SELECT value FROM hop
-- with LIMIT it stays a question for each value, and is no join over all
WHERE value IS NOT NULL AND (SELECT true FROM @table x
	WHERE x.log_id = $1 AND x.@column = hop.value AND x.idx < $3
		AND ($4::text IS NULL OR EXISTS (SELECT FROM event_org o
			WHERE o.log_id = $1 AND o.org IN ($4, 'public') AND o.idx = x.idx))
	LIMIT 1)
LIMIT $5
