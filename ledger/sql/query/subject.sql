-- SPDX-License-Identifier: Apache-2.0
SELECT e.idx, e.entry
FROM (SELECT idx FROM item
	WHERE log_id = $1 AND hashtext(subject) = hashtext($2)
		AND subject = $2 AND idx >= $3 AND idx < $4
	ORDER BY idx LIMIT $5) i
JOIN entry e ON e.log_id = $1 AND e.idx = i.idx
ORDER BY e.idx
