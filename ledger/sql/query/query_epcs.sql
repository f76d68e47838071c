-- SPDX-License-Identifier: Apache-2.0
-- Distinct identifiers by hopping over their index: nearly each row has one of
-- its own, so that one that is seen stands near where it may be seen at all.
WITH RECURSIVE hop (value) AS (
	(SELECT x.epc FROM event_epc x
	WHERE x.log_id = $1 AND x.epc > @after AND @among
	ORDER BY x.epc LIMIT 1)
UNION ALL
	SELECT (SELECT x.epc FROM event_epc x
		WHERE x.log_id = $1 AND x.epc > hop.value AND @among
		ORDER BY x.epc LIMIT 1)
	FROM hop WHERE hop.value IS NOT NULL
)
SELECT value FROM hop
-- with LIMIT it stays a question for each value, and is no join over all
WHERE value IS NOT NULL AND (SELECT true FROM event_epc x
	WHERE x.log_id = $1 AND x.epc = hop.value AND @among
	AND (@org::text IS NULL OR EXISTS (SELECT FROM event_org o
			WHERE o.log_id = $1 AND o.org IN (@org, 'public') AND o.idx = x.idx))
	LIMIT 1)
LIMIT @limit
