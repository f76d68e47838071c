-- SPDX-License-Identifier: Apache-2.0
DELETE FROM map_journal WHERE log_id = $1
