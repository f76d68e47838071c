-- SPDX-License-Identifier: Apache-2.0
-- Rows that no full tile of a tree of $2 leaves explains; each arm is a range of the key.
SELECT level, n FROM tile
WHERE log_id = $1 AND (level < 0 OR level > 6
	OR level = 0 AND n < 0 OR level = 0 AND n >= $2::bigint >> 8
	OR level = 1 AND n < 0 OR level = 1 AND n >= $2::bigint >> 16
	OR level = 2 AND n < 0 OR level = 2 AND n >= $2::bigint >> 24
	OR level = 3 AND n < 0 OR level = 3 AND n >= $2::bigint >> 32
	OR level = 4 AND n < 0 OR level = 4 AND n >= $2::bigint >> 40
	OR level = 5 AND n < 0 OR level = 5 AND n >= $2::bigint >> 48
	OR level = 6 AND n < 0 OR level = 6 AND n >= $2::bigint >> 56)
ORDER BY level, n
