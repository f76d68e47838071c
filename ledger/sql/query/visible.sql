-- SPDX-License-Identifier: Apache-2.0
-- Which of these entries whom the session looks for may read (0019). That
-- the organisation stands here once more leads to the primary key: by the
-- entries alone each of them costs a stretch of the table.
SELECT idx FROM event_org
WHERE log_id = $1 AND idx = ANY ($2::bigint[])
	AND org IN ('public', (SELECT current_setting('countermark.org', true)))
UNION
SELECT idx FROM event_org
WHERE log_id = $1 AND idx = ANY ($2::bigint[])
	AND (SELECT current_setting('countermark.org', true)) = '*'
ORDER BY idx
