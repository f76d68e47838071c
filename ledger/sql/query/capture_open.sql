-- SPDX-License-Identifier: Apache-2.0
SELECT count(*) FROM capture_job WHERE log_id = $1 AND finished_ms = 0
