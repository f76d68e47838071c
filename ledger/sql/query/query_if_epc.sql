-- SPDX-License-Identifier: Apache-2.0
(SELECT x.idx, x.pos FROM event_epc x
	WHERE x.log_id = $1 AND x.epc = @value AND x.role = ANY (@roles)
		AND @among)
