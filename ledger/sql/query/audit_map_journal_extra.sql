-- SPDX-License-Identifier: Apache-2.0
-- Rows that no full tile of a log of $2 entries explains.
SELECT n FROM map_journal
WHERE log_id = $1 AND (n < 0 OR n >= $2::bigint / 256) ORDER BY n
