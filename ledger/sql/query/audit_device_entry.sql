-- SPDX-License-Identifier: Apache-2.0
DECLARE audit_device_entry NO SCROLL CURSOR FOR
SELECT idx, device, epoch, seq, hash FROM device_entry
WHERE log_id = $1 AND idx >= $2 AND idx < $3
ORDER BY idx
