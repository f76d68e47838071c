-- SPDX-License-Identifier: Apache-2.0
-- Smaller ones that never had their quorum go with it as they were signed: the
-- table keeps every head that the log has signed.
WITH held AS (
	SELECT log_id FROM log_head WHERE log_id = $1 AND term = $2 FOR SHARE
), passed AS (
	DELETE FROM checkpoint_pending
	WHERE log_id IN (SELECT log_id FROM held) AND log_id = $1 AND size < $3::bigint
	RETURNING log_id, size, root, at_ms, note
), put AS (
	INSERT INTO checkpoint (log_id, size, root, at_ms, note)
	SELECT log_id, $3::bigint, $4::bytea, $5::bigint, $6::bytea FROM held
	UNION ALL
	SELECT log_id, size, root, at_ms, note FROM passed
	ON CONFLICT (log_id, size) DO NOTHING
)
SELECT EXISTS (SELECT FROM held),
	EXISTS (SELECT FROM checkpoint
		WHERE log_id = $1 AND size = $3::bigint AND root <> $4::bytea)
