-- SPDX-License-Identifier: Apache-2.0
SELECT role, organisation, expires_ms, scopes FROM token
WHERE log_id = $1 AND hash = $2 AND revoked_ms = 0
