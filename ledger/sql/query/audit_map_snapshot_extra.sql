-- SPDX-License-Identifier: Apache-2.0
-- Rows that are none of the $3 parts of the snapshot at $2.
SELECT covered, part FROM map_snapshot
WHERE log_id = $1 AND (covered <> $2 OR part < 0 OR part >= $3)
ORDER BY covered, part
