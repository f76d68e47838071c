-- SPDX-License-Identifier: Apache-2.0
SELECT number, key, type, href, title, media, languages, contexts, is_default
FROM link WHERE log_id = $1 AND key IN ($2, $3, $4, $5)
ORDER BY length(key) DESC, number
