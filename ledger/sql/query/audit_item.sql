-- SPDX-License-Identifier: Apache-2.0
DECLARE audit_item NO SCROLL CURSOR FOR
SELECT idx, subject FROM item
WHERE log_id = $1 AND idx >= $2 AND idx < $3
ORDER BY idx, subject
