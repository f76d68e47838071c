-- SPDX-License-Identifier: Apache-2.0
(SELECT x.idx, x.pos
	FROM unnest(@lower::text[], @upper::text[]) r (lower, upper)
	JOIN event_epc x ON x.log_id = $1 AND x.epc >= r.lower
		AND x.epc < r.upper
	WHERE x.role = ANY (@roles) AND @among)
