-- SPDX-License-Identifier: Apache-2.0
SELECT hash, role, organisation, expires_ms, scopes, created_ms, revoked_ms
FROM token WHERE log_id = $1 ORDER BY created_ms, hash
