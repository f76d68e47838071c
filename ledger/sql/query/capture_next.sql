-- SPDX-License-Identifier: Apache-2.0
-- The oldest job that is not handed over, those tried in vain last. An identity whose last one was cut
-- off finishes that one first: it may have the same payloads.
SELECT id, organisation, identity, created_ms, finished_ms, state, form, proceed,
	success, events, duplicates, refused, anchor_epoch, anchor_seq, epoch,
	last_seq, last_idx, cardinality(seqs), broken, errors, left_out, body
FROM capture_job j
WHERE log_id = $1 AND finished_ms = 0 AND state < 2 AND retry_ms <= $2
	AND NOT EXISTS (SELECT FROM capture_job b WHERE b.log_id = $1
		AND b.finished_ms = 0 AND b.state = 1 AND b.id <> j.id
		AND b.identity = j.identity)
ORDER BY retry_ms, created_ms, id LIMIT 1
