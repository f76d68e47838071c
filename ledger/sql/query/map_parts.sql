-- SPDX-License-Identifier: Apache-2.0
SELECT bytes FROM map_snapshot
WHERE log_id = $1 AND covered = $2 AND part >= $3 AND part < $4 ORDER BY part
