-- SPDX-License-Identifier: Apache-2.0
SELECT id, organisation, identity, created_ms, finished_ms, state, form, proceed,
	success, events, duplicates, refused, anchor_epoch, anchor_seq, epoch,
	last_seq, last_idx, cardinality(seqs), broken, errors
FROM capture_job WHERE log_id = $1 AND id = $2
