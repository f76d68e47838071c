-- SPDX-License-Identifier: Apache-2.0
-- With those that wait for their quorum: every epoch has one or the other.
SELECT size, root, at_ms, note FROM checkpoint
WHERE log_id = $1 AND size >= $2 AND size < $3
UNION ALL
SELECT size, root, at_ms, note FROM checkpoint_pending p
WHERE log_id = $1 AND size >= $2 AND size < $3 AND NOT EXISTS (
	SELECT FROM checkpoint c WHERE c.log_id = $1 AND c.size = p.size)
ORDER BY size
