-- SPDX-License-Identifier: Apache-2.0
(SELECT x.idx, x.pos FROM event_ref x
	WHERE x.log_id = $1 AND x.value = @value AND x.kind = @kind
		AND x.type = @type AND @among)
