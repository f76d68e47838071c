-- SPDX-License-Identifier: Apache-2.0
INSERT INTO link (log_id, key, type, href, title, media, languages, contexts,
	is_default, created_ms)
SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9::int <> 0, $10
WHERE (SELECT count(*) FROM link WHERE log_id = $1 AND key = $2) < $11::int
RETURNING number
