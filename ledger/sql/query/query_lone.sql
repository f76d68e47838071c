-- SPDX-License-Identifier: Apache-2.0
-- The one condition: of the events in its table those of the page, and only
-- they are looked up. This, a piece (query_if_*.sql), query_lone_after.sql,
-- query_loned.sql.
SELECT e.event_ms, e.idx, e.pos
FROM (SELECT DISTINCT x.idx, x.pos FROM
