-- SPDX-License-Identifier: Apache-2.0
SELECT idx, org FROM event_org
WHERE log_id = $1 AND idx >= $2 AND idx < $3
