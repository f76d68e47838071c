-- SPDX-License-Identifier: Apache-2.0
-- The same of few entries.
SELECT DISTINCT x.epc FROM event_epc x
WHERE x.log_id = $1 AND x.epc > @after AND @among
	AND x.idx >= @first AND x.idx < @below
ORDER BY x.epc LIMIT @limit
