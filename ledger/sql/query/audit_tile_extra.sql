-- SPDX-License-Identifier: Apache-2.0
-- Rows that no full tile of a tree of $2 leaves explains.
SELECT level, n FROM tile
WHERE log_id = $1 AND (level NOT BETWEEN 0 AND 6 OR n < 0
	OR n >= $2::bigint >> (8 * (level % 7 + 1)))
ORDER BY level, n
