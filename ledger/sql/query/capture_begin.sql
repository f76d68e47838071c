-- SPDX-License-Identifier: Apache-2.0
-- What the job hands over comes behind the newest statement that the ledger has
-- of the identity or another job has put into its chain.
WITH known (epoch, seq) AS (
	(SELECT epoch, seq FROM device_entry WHERE log_id = $1
		AND device = $3::text ORDER BY epoch DESC, seq DESC LIMIT 1)
	UNION ALL
	(SELECT epoch, last_seq FROM capture_job WHERE log_id = $1
		AND identity = $3::text ORDER BY epoch DESC, last_seq DESC LIMIT 1)
	UNION ALL SELECT 0, 0
), newest AS (SELECT epoch, seq FROM known ORDER BY epoch DESC, seq DESC LIMIT 1)
UPDATE capture_job SET state = 1, anchor_epoch = newest.epoch,
	anchor_seq = newest.seq
FROM newest WHERE log_id = $1 AND id = $2
RETURNING anchor_epoch, anchor_seq
