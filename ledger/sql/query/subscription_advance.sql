-- SPDX-License-Identifier: Apache-2.0
-- Only from the place where it began: whoever lost the lock changes nothing.
UPDATE epcis_subscription SET idx = $7, pos = $8::int, next_ms = $9,
	run_ms = $10, delivered = delivered + $11,
	notified_ms = CASE WHEN $12::int <> 0 THEN $10 ELSE notified_ms END,
	failures = 0, failing_ms = 0, error = ''
WHERE log_id = $1 AND owner = $2 AND name = $3 AND id = $4 AND idx = $5
	AND pos = $6::int
RETURNING id
