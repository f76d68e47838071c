-- SPDX-License-Identifier: Apache-2.0
-- Newest first; of one organisation, or '' of all.
SELECT id, organisation, identity, created_ms, finished_ms, state, form, proceed,
	success, events, duplicates, refused, anchor_epoch, anchor_seq, epoch,
	last_seq, last_idx, cardinality(seqs), broken, errors
FROM capture_job
WHERE log_id = $1 AND ($2::text = '' OR organisation = $2)
	AND (created_ms, id) < ($3::bigint, $4::text)
ORDER BY created_ms DESC, id DESC LIMIT $5
