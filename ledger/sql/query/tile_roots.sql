-- SPDX-License-Identifier: Apache-2.0
SELECT root FROM tile
WHERE log_id = $1 AND level = $2 AND n >= $3 AND n < $4 ORDER BY n
