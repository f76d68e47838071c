-- SPDX-License-Identifier: Apache-2.0
(SELECT x.idx, x.pos FROM event_quantity x
	WHERE x.log_id = $1 AND x.quantity @op @number::text::numeric
		AND x.uom = @type AND @among)
