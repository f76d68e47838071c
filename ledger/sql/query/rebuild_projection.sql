-- SPDX-License-Identifier: Apache-2.0
-- Holds the row, so that a projector waits and then finds another watermark.
INSERT INTO projection (log_id, size) VALUES ($1, 0)
ON CONFLICT (log_id) DO UPDATE SET size = 0
