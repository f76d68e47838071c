-- SPDX-License-Identifier: Apache-2.0
DECLARE audit_event_declaration NO SCROLL CURSOR FOR
SELECT idx, pos, time_ms
FROM event_declaration
WHERE log_id = $1 AND idx >= $2 AND idx < $3
ORDER BY idx, pos
