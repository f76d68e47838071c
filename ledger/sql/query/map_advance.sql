-- SPDX-License-Identifier: Apache-2.0
UPDATE projection SET snapshot = $3 WHERE log_id = $1 AND snapshot = $2
RETURNING snapshot
