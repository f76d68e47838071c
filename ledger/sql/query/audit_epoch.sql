-- SPDX-License-Identifier: Apache-2.0
SELECT idx, covered, time_ms, map_root, keys, previous FROM epoch
WHERE log_id = $1 AND idx >= $2 AND idx < $3 ORDER BY idx
