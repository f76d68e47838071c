-- SPDX-License-Identifier: Apache-2.0
DECLARE audit_event_ref NO SCROLL CURSOR FOR
SELECT idx, value, type, pos, kind FROM event_ref
WHERE log_id = $1 AND idx >= $2 AND idx < $3
ORDER BY idx, value, type, pos, kind
