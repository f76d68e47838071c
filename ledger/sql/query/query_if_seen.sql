-- SPDX-License-Identifier: Apache-2.0
-- The same row by row, ended by query_of_org.sql: where such entries lie dense,
-- so that few are passed over. Never a join, which would look for all of them.
AND (SELECT count(*) > 0 FROM event_org o
	WHERE o.log_id = $1 AND o.idx = x.idx
