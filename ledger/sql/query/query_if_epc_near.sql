-- SPDX-License-Identifier: Apache-2.0
-- In a short stretch of the log: no index of epc, which for a wide range would
-- be read from end to end.
(SELECT x.idx, x.pos FROM event_epc x
	WHERE x.log_id = $1 AND x.epc || '' >= @lower AND x.epc || '' < @upper
		AND x.role = ANY (@roles) AND @among)
