-- SPDX-License-Identifier: Apache-2.0
INSERT INTO access_log (log_id, at_ms, token, organisation, target, purpose)
VALUES ($1, $2, $3, $4, $5, $6)
