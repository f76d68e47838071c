-- SPDX-License-Identifier: Apache-2.0
-- The snapshot there is, its bytes, and those of the journal behind it up to
-- entry $2.
SELECT p.snapshot,
	(SELECT coalesce(sum(octet_length(s.bytes)), 0) FROM map_snapshot s
	WHERE s.log_id = $1 AND s.covered = p.snapshot),
	(SELECT coalesce(sum(octet_length(j.keys)), 0) FROM map_journal j
	WHERE j.log_id = $1 AND j.n >= p.snapshot / 256 AND j.n < $2::bigint / 256)
FROM projection p WHERE p.log_id = $1
