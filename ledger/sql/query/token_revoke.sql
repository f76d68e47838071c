-- SPDX-License-Identifier: Apache-2.0
-- By the start of the hash, as token list shows it.
UPDATE token SET revoked_ms = $3
WHERE log_id = $1 AND substr(hash, 1, 8) = $2 AND revoked_ms = 0
RETURNING role
