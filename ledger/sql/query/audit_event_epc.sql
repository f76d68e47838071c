-- SPDX-License-Identifier: Apache-2.0
SELECT idx, epc, pos, role FROM event_epc
WHERE log_id = $1 AND idx >= $2 AND idx < $3
