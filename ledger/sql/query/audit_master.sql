-- SPDX-License-Identifier: Apache-2.0
DECLARE audit_master NO SCROLL CURSOR FOR
SELECT idx, nr, org, type, id, name, value
FROM master
WHERE log_id = $1 AND idx >= $2 AND idx < $3
ORDER BY idx, nr
