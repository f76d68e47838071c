-- SPDX-License-Identifier: Apache-2.0
SELECT array_position(j.seqs, n.seq) - 1, n.code, n.detail
FROM capture_job j JOIN nack n ON n.log_id = j.log_id
	AND n.device = j.identity AND n.epoch = j.epoch AND n.seq = ANY (j.seqs)
WHERE j.log_id = $1 AND n.log_id = $1 AND j.id = $2
ORDER BY n.number
