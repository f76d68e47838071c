-- SPDX-License-Identifier: Apache-2.0
-- Hops over the index from one device epoch to the next instead of reading
-- every statement.
WITH RECURSIVE head AS (
	(SELECT device, epoch, seq, hash, idx FROM device_entry
	WHERE log_id = $1
	ORDER BY device DESC, epoch DESC, seq DESC, idx DESC LIMIT 1)
	UNION ALL
	SELECT n.device, n.epoch, n.seq, n.hash, n.idx
	FROM head h CROSS JOIN LATERAL (
		SELECT device, epoch, seq, hash, idx FROM device_entry
		WHERE log_id = $1 AND (device, epoch) < (h.device, h.epoch)
		ORDER BY device DESC, epoch DESC, seq DESC, idx DESC LIMIT 1) n
)
SELECT device, epoch, seq, hash, idx FROM head ORDER BY device, epoch
