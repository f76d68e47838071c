-- SPDX-License-Identifier: Apache-2.0
SELECT e.idx, e.entry, (SELECT p.time_ms FROM epoch p
	WHERE p.log_id = $1 AND p.idx > e.idx ORDER BY p.idx LIMIT 1)
FROM entry e
WHERE e.log_id = $1 AND e.idx = ANY ($2::bigint[]) ORDER BY e.idx
