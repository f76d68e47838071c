-- SPDX-License-Identifier: Apache-2.0
INSERT INTO projection (log_id, size) VALUES ($1, 0)
ON CONFLICT (log_id) DO NOTHING
