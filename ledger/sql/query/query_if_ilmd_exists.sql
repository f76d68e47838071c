-- SPDX-License-Identifier: Apache-2.0
(SELECT x.idx, x.pos FROM event_ilmd x
	WHERE x.log_id = $1 AND x.name = @name AND x.depth = @kind
		AND @among)
