-- SPDX-License-Identifier: Apache-2.0
DELETE FROM epoch WHERE log_id = $1
