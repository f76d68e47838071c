-- SPDX-License-Identifier: Apache-2.0
-- The same of few entries, whose events say who may read them.
SELECT DISTINCT x.epc FROM event_epc x
JOIN event e ON e.log_id = $1 AND e.idx = x.idx AND e.pos = x.pos
	AND e.idx >= @first AND e.idx < @below
WHERE x.log_id = $1 AND x.epc > @after AND @among
	AND x.idx >= @first AND x.idx < @below
ORDER BY x.epc LIMIT @limit
