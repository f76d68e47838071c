-- SPDX-License-Identifier: Apache-2.0
AND e.idx IN (SELECT o.idx FROM event_org o
	WHERE o.log_id = $1 AND o.org IN (@value, 'public')
		AND o.idx >= @first AND o.idx < @below)
