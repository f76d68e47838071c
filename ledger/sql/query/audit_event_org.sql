-- SPDX-License-Identifier: Apache-2.0
DECLARE audit_event_org NO SCROLL CURSOR FOR
SELECT idx, org FROM event_org
WHERE log_id = $1 AND idx >= $2 AND idx < $3
ORDER BY idx, org
