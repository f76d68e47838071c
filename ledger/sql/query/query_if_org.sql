-- SPDX-License-Identifier: Apache-2.0
-- The entries that an organisation may read as a list, ended by
-- query_of_org.sql.
AND e.idx IN (SELECT o.idx FROM event_org o
	WHERE o.log_id = $1 AND o.idx >= @first AND o.idx < @below
