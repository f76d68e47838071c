-- SPDX-License-Identifier: Apache-2.0
DECLARE audit_event NO SCROLL CURSOR FOR
SELECT idx, pos, event_ms, declares, type, action, biz_step, disposition,
	read_point, biz_location, event_id, sha256(readers)
FROM event
WHERE log_id = $1 AND idx >= $2 AND idx < $3
ORDER BY idx, pos
