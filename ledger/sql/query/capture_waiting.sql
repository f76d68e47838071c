-- SPDX-License-Identifier: Apache-2.0
-- Jobs that are handed over: where their last statement stands, and whether
-- the chain goes on in a later epoch without it.
SELECT j.id,
	(SELECT idx FROM device_entry d WHERE d.log_id = $1
		AND d.device = j.identity AND d.epoch = j.epoch
		AND d.seq = j.last_seq ORDER BY idx LIMIT 1),
	EXISTS (SELECT FROM device_entry d WHERE d.log_id = $1
		AND d.device = j.identity AND d.epoch > j.epoch)
FROM capture_job j
WHERE j.log_id = $1 AND j.finished_ms = 0 AND j.state = 2
ORDER BY j.created_ms, j.id LIMIT 200
