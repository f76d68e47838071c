-- SPDX-License-Identifier: Apache-2.0
UPDATE log_head SET term = term + 1 WHERE log_id = $1 RETURNING term
