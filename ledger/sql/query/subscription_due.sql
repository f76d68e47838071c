-- SPDX-License-Identifier: Apache-2.0
-- A stream is due when something was published behind its place.
SELECT s.owner, s.name, s.id, s.dest, s.secret, s.schedule, s.report_if_empty,
	s.format, s.token, s.idx, s.pos::int, s.batch, s.run_ms, s.failures,
	s.failing_ms, q.query, coalesce(t.role, '')
FROM epcis_subscription s
JOIN epcis_query q ON q.log_id = s.log_id AND q.owner = s.owner
	AND q.name = s.name
LEFT JOIN token t ON t.log_id = s.log_id AND t.hash = s.token
	AND t.revoked_ms = 0 AND (t.expires_ms = 0 OR t.expires_ms > $2)
WHERE s.log_id = $1 AND NOT s.suspended AND s.next_ms <= $2
	AND (s.schedule <> '' OR s.idx < $3)
ORDER BY s.next_ms, s.owner, s.name, s.id LIMIT $4
