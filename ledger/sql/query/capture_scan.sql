-- SPDX-License-Identifier: Apache-2.0
-- A chain from a statement on, as the ledger has it.
SELECT d.epoch, d.seq, d.idx, e.entry
FROM device_entry d JOIN entry e ON e.log_id = d.log_id AND e.idx = d.idx
WHERE d.log_id = $1 AND e.log_id = $1 AND d.device = $2
	AND (d.epoch, d.seq) > ($3::int, $4::bigint)
ORDER BY d.epoch, d.seq, d.idx LIMIT $5
