-- SPDX-License-Identifier: Apache-2.0
UPDATE capture_job SET state = 3, finished_ms = $3, success = success AND $4::int <> 0,
	last_idx = $5, errors = $6, broken = $7::int <> 0,
	 left_out = '', body = ''
WHERE log_id = $1 AND id = $2 AND finished_ms = 0
