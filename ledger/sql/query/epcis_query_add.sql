-- SPDX-License-Identifier: Apache-2.0
INSERT INTO epcis_query (log_id, owner, name, query, created_ms)
SELECT $1, $2, $3, $4::text, $5
WHERE (SELECT count(*) < $6 AND
	coalesce(sum(octet_length(query)), 0) + octet_length($4::text) <= $7
	FROM epcis_query WHERE log_id = $1 AND owner = $2)
RETURNING created_ms
