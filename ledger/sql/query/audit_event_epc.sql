-- SPDX-License-Identifier: Apache-2.0
DECLARE audit_event_epc NO SCROLL CURSOR FOR
SELECT idx, epc, pos, role FROM event_epc
WHERE log_id = $1 AND idx >= $2 AND idx < $3
ORDER BY idx, epc, pos, role
