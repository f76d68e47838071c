-- SPDX-License-Identifier: Apache-2.0
SELECT h.size, h.term, h.chain, h.last_epoch, e.leaf, p.time_ms
FROM log_head h
LEFT JOIN epoch p ON p.log_id = h.log_id AND p.idx = h.last_epoch
LEFT JOIN entry e ON e.log_id = h.log_id AND e.idx = p.idx
WHERE h.log_id = $1
