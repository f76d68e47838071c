-- SPDX-License-Identifier: Apache-2.0
DECLARE audit_event_ilmd NO SCROLL CURSOR FOR
SELECT idx, name, value, pos, depth, kind, number::text
FROM event_ilmd
WHERE log_id = $1 AND idx >= $2 AND idx < $3
ORDER BY idx, name, value, pos, depth
