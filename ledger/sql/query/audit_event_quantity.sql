-- SPDX-License-Identifier: Apache-2.0
DECLARE audit_event_quantity NO SCROLL CURSOR FOR
SELECT idx, pos, role, quantity::text, uom
FROM event_quantity
WHERE log_id = $1 AND idx >= $2 AND idx < $3
ORDER BY idx, pos, role
