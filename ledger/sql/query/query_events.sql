-- SPDX-License-Identifier: Apache-2.0
-- Events of a question: this, a piece for each condition (query_if_*.sql), for
-- the page (query_after_*.sql) and for the order (query_by_*.sql). What begins
-- with @ becomes the number of a parameter, `ANY (…)` of one, or an operator.
SELECT e.event_ms, e.idx, e.pos FROM event e
WHERE e.log_id = $1 AND e.idx >= @first AND e.idx < @below
