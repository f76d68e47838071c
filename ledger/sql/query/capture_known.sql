-- SPDX-License-Identifier: Apache-2.0
-- Events that an organisation has to do with, by their identifiers.
SELECT e.event_id, e.idx, e.pos
FROM event e JOIN event_org o ON o.log_id = e.log_id AND o.idx = e.idx
WHERE e.log_id = $1 AND o.log_id = $1 AND e.event_id = ANY ($2::text[])
	AND o.org = $3
ORDER BY e.idx, e.pos LIMIT $4
