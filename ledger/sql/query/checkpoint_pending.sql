-- SPDX-License-Identifier: Apache-2.0
SELECT size, root, at_ms, note FROM checkpoint_pending
WHERE log_id = $1 ORDER BY size DESC LIMIT 1
