-- SPDX-License-Identifier: Apache-2.0
SELECT idx, entry FROM entry
WHERE log_id = $1 AND idx = ANY ($2::bigint[]) ORDER BY idx
