-- SPDX-License-Identifier: Apache-2.0
SELECT id, dest, schedule, report_if_empty, format, created_ms, notified_ms,
	run_ms, delivered, failures, failing_ms, next_ms, suspended, error
FROM epcis_subscription
WHERE log_id = $1 AND owner = $2 AND name = $3 AND id = $4
