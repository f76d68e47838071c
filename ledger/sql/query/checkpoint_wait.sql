-- SPDX-License-Identifier: Apache-2.0
WITH held AS (
	SELECT log_id FROM log_head WHERE log_id = $1 AND term = $2 FOR SHARE
), put AS (
	INSERT INTO checkpoint_pending (log_id, size, root, at_ms, note)
	SELECT log_id, $3::bigint, $4::bytea, $5::bigint, $6::bytea FROM held
	WHERE NOT EXISTS (SELECT FROM checkpoint_pending
		WHERE log_id = $1 AND size > $3::bigint)
	ON CONFLICT (log_id, size) DO NOTHING
)
SELECT EXISTS (SELECT FROM held),
	EXISTS (SELECT FROM checkpoint_pending
		WHERE log_id = $1 AND (size > $3::bigint OR
			(size = $3::bigint AND root <> $4::bytea)))
