-- SPDX-License-Identifier: Apache-2.0
-- $3: its newest entry below $6, -1 none; $5 more from $4 on; then $8 in
-- [$6, $7). From the newest down, for a branch that has all it wants does not
-- look into the partitions that are left.
SELECT e.idx, e.entry
FROM (SELECT $3::bigint AS idx WHERE $3 >= 0
	UNION ALL
	(SELECT idx FROM item
	WHERE log_id = $1 AND hashtext(subject) = hashtext($2)
		AND subject = $2 AND idx >= $4 AND idx < $3
	ORDER BY idx DESC LIMIT $5)
	UNION ALL
	(SELECT idx FROM item
	WHERE log_id = $1 AND hashtext(subject) = hashtext($2)
		AND subject = $2 AND idx >= $6 AND idx < $7
	ORDER BY idx LIMIT $8)) i
JOIN entry e ON e.log_id = $1 AND e.idx = i.idx
ORDER BY e.idx
