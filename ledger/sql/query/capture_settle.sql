-- SPDX-License-Identifier: Apache-2.0
-- What the search tables know needs no claim any more.
DELETE FROM capture_event c USING capture_job j
WHERE c.log_id = $1 AND j.log_id = $1 AND j.id = c.job AND j.finished_ms > 0
	AND j.last_idx < coalesce((SELECT size FROM projection
		WHERE log_id = $1), 0)
