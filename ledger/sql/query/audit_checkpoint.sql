-- SPDX-License-Identifier: Apache-2.0
SELECT size, root, at_ms, note FROM checkpoint
WHERE log_id = $1 AND size >= $2 AND size < $3 ORDER BY size
