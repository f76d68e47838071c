-- SPDX-License-Identifier: Apache-2.0
SELECT idx, pos, time_ms
FROM event_declaration
WHERE log_id = $1 AND idx >= $2 AND idx < $3
