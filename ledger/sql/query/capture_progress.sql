-- SPDX-License-Identifier: Apache-2.0
UPDATE capture_job SET state = $3::smallint, retry_ms = $4, seqs = seqs || $5::bigint[],
	epoch = CASE WHEN $6::int > 0 THEN $6::int ELSE epoch END,
	last_seq = CASE WHEN $6::int > 0 THEN $7::bigint ELSE last_seq END,
	success = success AND $8::int <> 0, errors = $9,
	broken = $10::int <> 0
WHERE log_id = $1 AND id = $2
