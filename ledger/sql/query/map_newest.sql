-- SPDX-License-Identifier: Apache-2.0
-- The newest snapshot of at most $2 entries.
SELECT covered, count(*) FROM map_snapshot
WHERE log_id = $1 AND covered <= $2
GROUP BY covered ORDER BY covered DESC LIMIT 1
