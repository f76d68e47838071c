-- SPDX-License-Identifier: Apache-2.0
WITH held AS (
	SELECT log_id FROM log_head WHERE log_id = $1 AND term = $2 FOR SHARE
), put AS (
	INSERT INTO checkpoint_pending AS p (log_id, size, root, at_ms, note)
	SELECT log_id, $3::bigint, $4::bytea, $5::bigint, $6::bytea FROM held
	ON CONFLICT (log_id) DO UPDATE SET size = excluded.size,
		root = excluded.root, at_ms = excluded.at_ms,
		note = excluded.note
	WHERE p.size < excluded.size
)
SELECT EXISTS (SELECT FROM held),
	EXISTS (SELECT FROM checkpoint_pending
		WHERE log_id = $1 AND (size > $3::bigint OR
			(size = $3::bigint AND root <> $4::bytea)))
