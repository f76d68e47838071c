-- SPDX-License-Identifier: Apache-2.0
-- The last of an organisation's next entries.
SELECT o.idx FROM event_org o
WHERE o.log_id = $1 AND o.org = @value AND o.idx >= @first AND o.idx < @below
ORDER BY o.idx @way LIMIT 1 OFFSET @window
