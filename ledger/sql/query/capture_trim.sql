-- SPDX-License-Identifier: Apache-2.0
DELETE FROM capture_job j WHERE log_id = $1 AND finished_ms > 0
	AND finished_ms < $2
	AND NOT EXISTS (SELECT FROM capture_event c WHERE c.log_id = $1
		AND c.job = j.id)
