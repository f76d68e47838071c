-- SPDX-License-Identifier: Apache-2.0
SELECT keys FROM map_journal WHERE log_id = $1 AND n = $2
