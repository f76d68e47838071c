-- SPDX-License-Identifier: Apache-2.0
(SELECT x.idx, x.pos FROM event_declaration x
	WHERE x.log_id = $1 AND x.time_ms @op @value
		AND @among)
