-- SPDX-License-Identifier: Apache-2.0
SELECT c.key, c.digest, c.job, j.finished_ms = 0
FROM capture_event c JOIN capture_job j ON j.log_id = c.log_id AND j.id = c.job
WHERE c.log_id = $1 AND c.key = ANY ($2::bytea[])
