-- SPDX-License-Identifier: Apache-2.0
-- The newest 100 of each device stay.
DELETE FROM quarantine q
USING (SELECT DISTINCT device FROM unnest($2::text[]) AS u (device)) d
WHERE q.log_id = $1 AND q.device = d.device AND q.number <= (
	SELECT o.number FROM quarantine o
	WHERE o.log_id = $1 AND o.device = d.device
	ORDER BY o.number DESC OFFSET 100 LIMIT 1)
