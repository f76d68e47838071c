-- SPDX-License-Identifier: Apache-2.0
SELECT number, key, type, href, title, media, languages, contexts, is_default
FROM link WHERE log_id = $1 ORDER BY key, number
