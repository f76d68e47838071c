-- SPDX-License-Identifier: Apache-2.0
INSERT INTO token (log_id, hash, role, organisation, created_ms, expires_ms,
	scopes)
VALUES ($1, $2, $3, $4, $5, $6, $7)
