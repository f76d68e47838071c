-- SPDX-License-Identifier: Apache-2.0
-- The newest epoch entry below $2, by its bytes: what table epoch says is compared with it.
SELECT idx, entry FROM entry
WHERE log_id = $1 AND idx < $2
	AND substring(entry FROM 1 FOR 21) = convert_to(E'countermark/epoch/v1\n', 'UTF8')
ORDER BY idx DESC LIMIT 1
