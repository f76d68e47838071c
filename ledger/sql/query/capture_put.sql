-- SPDX-License-Identifier: Apache-2.0
-- No row where the open jobs' documents would take more than $13 bytes.
INSERT INTO capture_job (log_id, id, organisation, identity, created_ms, form,
	proceed, success, events, duplicates, refused, errors, left_out, body, bytes)
SELECT $1::int, $2::text, $3::text, $4::text, $5::bigint, $6::smallint,
	$7::int <> 0, $8::int <> 0, $9::int, $10::int, $11::int, $12::text,
	$14::bytea, $15::bytea, octet_length($15::bytea)
WHERE (SELECT coalesce(sum(bytes), 0) FROM capture_job
		WHERE log_id = $1::int AND finished_ms = 0)
	+ octet_length($15::bytea) <= $13::bigint
RETURNING 1
