-- SPDX-License-Identifier: Apache-2.0
-- Where the next events in the order of their time stand: between which
-- indexes, and up to which time.
SELECT count(*), min(e.idx), max(e.idx) + 1, min(e.event_ms), max(e.event_ms)
FROM (SELECT e.idx, e.event_ms FROM event e
	WHERE e.log_id = $1 AND e.idx >= @first AND e.idx < @below
		AND e.event_ms @bound @ms
	ORDER BY e.event_ms @way LIMIT @window) e
