-- SPDX-License-Identifier: Apache-2.0
SELECT device, epoch, seq, hash, idx FROM device_entry
WHERE log_id = $1 AND device = $2 AND epoch = $3 AND seq = $4
ORDER BY idx LIMIT 1
