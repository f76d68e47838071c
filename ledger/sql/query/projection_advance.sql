-- SPDX-License-Identifier: Apache-2.0
UPDATE projection SET size = $3 WHERE log_id = $1 AND size = $2
RETURNING size
