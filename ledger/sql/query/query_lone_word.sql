-- SPDX-License-Identifier: Apache-2.0
-- The one condition: its index gives the blocks of the log in order, and each
-- block's events are sorted.
SELECT e.event_ms, e.idx, e.pos FROM event e
WHERE e.log_id = $1 AND e.@column = @value
	AND e.idx >= @first AND e.idx < @below
	AND e.block >= @start::bigint AND e.block <= @end::bigint
	AND (e.idx, e.pos) @op (@index, @pos)
