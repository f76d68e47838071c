-- SPDX-License-Identifier: Apache-2.0
INSERT INTO quarantine (log_id, device, at_ms, code, detail, bytes)
SELECT $1::int, device, at_ms, code, detail, bytes
FROM unnest($2::text[], $3::bigint[], $4::text[], $5::text[], $6::bytea[])
	WITH ORDINALITY AS t (device, at_ms, code, detail, bytes, n)
ORDER BY n
