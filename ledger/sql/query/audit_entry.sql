-- SPDX-License-Identifier: Apache-2.0
SELECT idx, leaf, chain, entry FROM entry
WHERE log_id = $1 AND idx >= $2 AND idx < $3 ORDER BY idx
