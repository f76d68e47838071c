-- SPDX-License-Identifier: Apache-2.0
-- Name, origin, genesis entry and head in one statement.
WITH made AS (
	INSERT INTO log (log_id, name, origin, created_ms)
	SELECT coalesce(max(log_id), 0) + 1, $1::text, $2::text, $3::bigint FROM log
	RETURNING log_id
), first AS (
	INSERT INTO entry (log_id, idx, leaf, chain, entry)
	SELECT log_id, 0, $4::bytea, $5::bytea, $6::bytea FROM made
)
INSERT INTO log_head (log_id, size, term, chain, last_epoch)
SELECT log_id, 1, 0, $5::bytea, 0 FROM made
