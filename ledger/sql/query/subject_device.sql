-- SPDX-License-Identifier: Apache-2.0
-- The statements of a device's chain, whose index is their own table.
SELECT e.idx, e.entry
FROM (SELECT idx FROM device_entry
	WHERE log_id = $1 AND device = $2 AND idx >= $3 AND idx < $4
	ORDER BY idx LIMIT $5) i
JOIN entry e ON e.log_id = $1 AND e.idx = i.idx
ORDER BY e.idx
