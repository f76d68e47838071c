-- SPDX-License-Identifier: Apache-2.0
-- A batch may fill a slot twice: the newest counts.
INSERT INTO nack (log_id, device, epoch, slot, number, seq, code, detail)
SELECT DISTINCT ON (device, epoch, slot)
	$1::int, device, epoch, slot, number, seq, code, detail
FROM unnest($2::text[], $3::int[], $4::smallint[], $5::bigint[], $6::bigint[],
	$7::text[], $8::text[])
	AS t (device, epoch, slot, number, seq, code, detail)
ORDER BY device, epoch, slot, number DESC
ON CONFLICT (log_id, device, epoch, slot) DO UPDATE
SET number = excluded.number, seq = excluded.seq, code = excluded.code,
	detail = excluded.detail
