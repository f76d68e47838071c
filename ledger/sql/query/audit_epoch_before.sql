-- SPDX-License-Identifier: Apache-2.0
SELECT idx, covered, time_ms FROM epoch
WHERE log_id = $1 AND idx < $2 ORDER BY idx DESC LIMIT 1
