-- SPDX-License-Identifier: Apache-2.0
DELETE FROM link WHERE log_id = $1 AND number = $2 RETURNING number
