-- SPDX-License-Identifier: Apache-2.0
	x OFFSET 0) k
	JOIN event e ON e.log_id = $1 AND e.idx = k.idx AND e.pos = k.pos
		AND e.idx >= @first AND e.idx < @below
	OFFSET 0) e
WHERE true
