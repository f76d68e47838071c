-- SPDX-License-Identifier: Apache-2.0
UPDATE epcis_subscription SET failures = $7, failing_ms = $8, next_ms = $9,
	batch = $10, suspended = $11::int <> 0, error = $12
WHERE log_id = $1 AND owner = $2 AND name = $3 AND id = $4 AND idx = $5
	AND pos = $6::int
RETURNING id
