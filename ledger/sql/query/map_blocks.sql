-- SPDX-License-Identifier: Apache-2.0
-- Rows $2 … $3 - 1, as many as come to about $4 bytes, with their leaf hashes.
SELECT j.n, j.keys, t.hashes
FROM (SELECT log_id, n, keys, sum(octet_length(keys)) OVER (ORDER BY n)
		- octet_length(keys) AS before
	FROM map_journal WHERE log_id = $1 AND n >= $2 AND n < $3) j
JOIN tile t ON t.log_id = j.log_id AND t.level = 0 AND t.n = j.n
WHERE j.before < $4 AND t.log_id = $1
ORDER BY j.n
