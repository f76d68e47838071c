-- SPDX-License-Identifier: Apache-2.0
SELECT root, hashes FROM tile WHERE log_id = $1 AND level = $2 AND n = $3
