#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The plans of the hot statements on a ledger that is there: rows of the table
# in docs/plans.md. Usage: PGURI=… bench/plans.sh, as superuser; changes are
# rolled back. SEQ stands before a table that is walked, unless it has at most
# 32 pages; ends with 1 then.
set -euo pipefail
sql=$(cd "$(dirname "$0")/.." && pwd)/ledger/sql/query
: "${PGURI:?wanted the ledger, as superuser}"

value() { psql -XqAt "$PGURI" -c "$1"; }
quoted() { psql -XqAt "$PGURI" -c "SELECT quote_literal(v) FROM ($1 LIMIT 1) t (v)"; }

size=$(value 'SELECT size FROM log_head WHERE log_id = 1')
item=$(quoted "SELECT subject FROM item WHERE log_id = 1 AND idx > $((size / 2)) AND subject LIKE 'https://id.gs1.org/01/%'")
index=$(value "SELECT max(idx) FROM item WHERE log_id = 1 AND hashtext(subject) = hashtext($item) AND subject = $item")
org=$(quoted 'SELECT org FROM event_org WHERE log_id = 1')
reader="SET LOCAL countermark.reader = '$(tr -d "'\n" <<<"$org" | sha256sum | cut -c1-32)';"
device=$(quoted "SELECT device FROM device_entry WHERE log_id = 1 AND idx > $((size / 2))")
at="log_id = 1 AND device = $device ORDER BY idx DESC"
epoch=$(value "SELECT epoch FROM device_entry WHERE $at LIMIT 1")
seq=$(value "SELECT seq FROM device_entry WHERE $at LIMIT 1")
hash=$(quoted "SELECT hash FROM device_entry WHERE $at")
term=$(value 'SELECT term FROM log_head WHERE log_id = 1')
projected=$(value 'SELECT size FROM projection WHERE log_id = 1')
registry=$(value "SELECT count(*) FROM item WHERE log_id = 1 AND subject LIKE 'registry/%'")
echo "$size entries, $(value 'SELECT count(*) FROM item') rows of item, $registry of the registry" >&2
psql -XqAt "$PGURI" -c 'VACUUM ANALYZE'

# JSON of a plan on standard input: scans | rows | removed | buffers.
row() {
	jq -r '
	def all: recurse(.Plans[]?);
	.[0].Plan as $p
	| [$p | all | select((."Actual Loops" // 0) > 0)
		| select(."Index Name" != null or (."Node Type" == "Seq Scan"
			and ."Shared Hit Blocks" + ."Shared Read Blocks" > 32))] as $s
	| [([$s[] | (."Index Name" // ("SEQ " + ."Relation Name")) | sub("_p[0-9]+"; "")]
		| unique | join(", ")),
	   ([$s[] | ."Actual Rows" * ."Actual Loops"] | add // 0 | round),
	   ([$p | all | (."Rows Removed by Filter" // 0) * (."Actual Loops" // 0)] | add // 0 | round),
	   "hit=\($p."Shared Hit Blocks") read=\($p."Shared Read Blocks")"]
	| map(tostring) | join(" | ")'
}
failed=0
out=$(mktemp)
trap 'rm -f "$out"' EXIT
put() { # name, row
	echo "| $1 | $2 |"
	case $2 in *SEQ*) failed=1 ;; esac
}
explain() { # role, mode, file, arguments
	{
		echo "BEGIN; SET LOCAL jit = off; SET LOCAL plan_cache_mode = force_$2_plan;"
		echo "SET LOCAL countermark.org = $org; $reader SET LOCAL ROLE countermark_$1;"
		echo "PREPARE q AS $(cat "$sql/$3.sql");"
		echo "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE q($4); ROLLBACK;"
	} | psql -XqAt -v ON_ERROR_STOP=1 "$PGURI" | row
}
ask() { # name, role, file, arguments
	local custom generic
	custom=$(explain "$2" custom "$3" "$4")
	generic=$(explain "$2" generic "$3" "$4")
	if [ "${custom%% |*}" = "${generic%% |*}" ]; then
		put "$1 (\`$3\`)" "$generic"
	else
		put "$1 (\`$3\`), for these values" "$custom"
		put "$1 (\`$3\`), for any" "$generic"
	fi
}
# COPY has no plan: the same rows by INSERT, out of a table that does not count.
add() { # name, table
	local columns
	columns=$(tr '\n' ' ' <"$sql/copy_$2.sql" | sed 's/.*COPY [a-z_]* (\([^)]*\)).*/\1/')
	{
		echo "BEGIN; SET LOCAL jit = off; CREATE TEMP TABLE batch ON COMMIT DROP AS"
		echo "SELECT $columns FROM $2 WHERE log_id = 1 AND idx >= $size - 1000 AND idx < $size;"
		echo "UPDATE batch SET idx = idx + 1000;"
		echo "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) INSERT INTO $2 ($columns) SELECT * FROM batch; ROLLBACK;"
	} | psql -XqAt -v ON_ERROR_STOP=1 "$PGURI" >"$out"
	put "$1: \`$2\`" "$(jq -r '.[0].Plan | "| \(.Plans[0]."Actual Rows") added | | hit=\(."Shared Hit Blocks") read=\(."Shared Read Blocks")"' "$out")"
}

echo '| statement | scans | rows | removed | buffers |'
echo '|--|--|--|--|--|'
add append entry
add append item
add append device_entry
ask 'append: the head moves' ingest head_advance "1, $size, $term, $size + 1, '\\x00', NULL"
ask 'a device: what stands at a place of its chain' ingest device_statement "1, $device, $epoch, $seq"
ask 'a device: is it a statement of an epoch' ingest device_hash "1, $device, $epoch, $hash"
ask 'start: heads of all devices' ingest device_heads 1
ask 'start: head' ingest head 1
ask 'verify, history, proof: entries of an item' api subject "1, $item, 0, $size, 257"
ask 'the same, a subject without entries' api subject "1, 'https://id.gs1.org/01/09506000134352/21/NONE', 0, $size, 257"
ask 'the same of one that the map knows (one entry)' api subject_known "1, $item, $index, $size, 0, $size, $size, 0"
ask 'the same of one that the map has not' api subject_known "1, $item, -1, $size, 0, $((size - 1000)), $size, 257"
ask 'history, proof: which of ten may be seen' api visible "1, '{$(seq -s, 1000 $((size / 10)) "$size")}'"
ask 'history: between which epochs' api recorded "1, $((size / 2))"
ask 'roster: a whole log' api registry "1, 1, $size"
ask 'roster: the newest second' api registry "1, $((size - 1000)), $size"
ask 'roster: their entries' api entries_of "1, '{$(seq -s, 256)}'"
ask 'checkpoint' api checkpoint_last 1
ask 'inclusion: leaves of a tile' api leaves "1, $((size - 200)), $size"
ask 'inclusion: a full tile' api tile_hashes "1, 0, $((size / 512))"
ask 'inclusion: roots' api tile_roots "1, 0, $((size / 65536 * 256 - 256)), $((size / 65536 * 256))"
ask 'map: journal' api map_blocks "1, $((size / 512)), $((size / 512 + 256)), 4194304"
ask 'map: how far the snapshot is behind' projector map_behind "1, $size"
ask 'map: newest snapshot' api map_newest "1, $size"
ask 'projector: entries' projector entries "1, $((size / 2)), $((size / 2 + 256))"
ask 'projector: its mark moves' projector projection_advance "1, $projected, $size"
add projector event
add projector event_epc
add projector event_org
exit $failed
