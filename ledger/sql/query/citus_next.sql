-- SPDX-License-Identifier: Apache-2.0
-- The next table that Citus does not know yet. What has a column log_id is
-- distributed by it, in one group with log_head; the tables in `whole` stand on
-- every node, for they speak of all logs. Partitions follow their parent. The
-- name also goes into a setting, since a DO block has no parameters.
WITH whole (name) AS (VALUES ('log'), ('migration')),
ours AS (
	SELECT c.oid, c.relname::text AS name,
		c.relname IN (SELECT name FROM whole) AS everywhere
	FROM pg_class c
	WHERE c.relnamespace = 'public'::regnamespace
		AND c.relkind IN ('r', 'p') AND NOT c.relispartition
), next AS (
	SELECT name, everywhere FROM ours
	WHERE (everywhere OR EXISTS (SELECT FROM pg_attribute a
			WHERE a.attrelid = ours.oid AND a.attname = 'log_id'
			AND NOT a.attisdropped))
		AND NOT EXISTS (SELECT FROM pg_dist_partition p
			WHERE p.logicalrelid = ours.oid)
	ORDER BY NOT everywhere, name <> 'log_head', name LIMIT 1
)
SELECT name, everywhere,
	CASE name WHEN 'log_head' THEN 'none' ELSE 'public.log_head' END,
	set_config('countermark.table', name, true)
FROM next
