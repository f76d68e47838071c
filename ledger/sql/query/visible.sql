-- SPDX-License-Identifier: Apache-2.0
-- Which of these entries concern whom the session looks for (0006).
SELECT DISTINCT idx FROM event_org
WHERE log_id = $1 AND idx = ANY ($2::bigint[]) ORDER BY idx
