-- SPDX-License-Identifier: Apache-2.0
-- In a short stretch of the log: no index of epc, which for a wide range would
-- be read from end to end. CASE hides the column from it.
(SELECT x.idx, x.pos FROM event_epc x
	WHERE x.log_id = $1
		AND CASE WHEN x.idx IS NOT NULL THEN x.epc END >= @lower
		AND CASE WHEN x.idx IS NOT NULL THEN x.epc END < @upper
		AND x.role = ANY (@roles) AND @among)
