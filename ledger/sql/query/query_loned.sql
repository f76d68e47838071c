-- SPDX-License-Identifier: Apache-2.0
	ORDER BY x.idx @way, x.pos @way LIMIT @limit) k
JOIN event e ON e.log_id = $1 AND e.idx = k.idx AND e.pos = k.pos
	AND e.idx >= @first AND e.idx < @below
ORDER BY e.idx @way, e.pos @way
