-- SPDX-License-Identifier: Apache-2.0
-- The lock makes it wait for whoever removes the query.
WITH query AS (
	SELECT name FROM epcis_query
	WHERE log_id = $1 AND owner = $2 AND name = $3 FOR SHARE
)
INSERT INTO epcis_subscription (log_id, owner, name, id, dest, secret,
	schedule, report_if_empty, format, token, created_ms, idx, pos, batch,
	next_ms, run_ms)
SELECT $1, $2, $3, $4, $5, $6, $7, $8::int <> 0, $9::int, $10, $11, $12,
	$13::int, $14, $15, $11
FROM query
WHERE (SELECT count(*) FROM epcis_subscription
	WHERE log_id = $1 AND owner = $2) < $16
RETURNING id
