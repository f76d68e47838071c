#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Goal: whatever a superuser changes in a ledger or derived table (a column, a
# row gone, one too many, two swapped), the audit names table, row and field;
# once restored it finds nothing. Columns come from
# the catalogue and tables.tsv, so that a new one cannot escape.
# shellcheck source=tests/harness/story.sh
. "$(dirname "$0")/../harness/story.sh"

story_start
"$CM_BIN/countermark-load" --mqtt "$MQTT_HOST:$MQTT_PORT" --log "$LOG" \
	--authority "${AUTHORITY#did:web:}" --gateway "$story/stack/run/gateway.sock" \
	--devices 10 --each 80 --window 16 >/dev/null
cm org add shop --gln 9506000111124 >/dev/null
cm goods add 09506000134352 --org shop >/dev/null
for i in 1 2 3 4 5 6; do
	search_document $i >"$story/document"
	gateway_put gateway-demo application/ld+json "$story/document" >/dev/null
done
pause 2.5
kill "$(pid_of ingest)" # its supervisor, which ends it
for ((i = 0; i < 100; i++)); do
	! projected || break
	pause 0.2
done
projected || fail "the search tables do not reach the log's end"
for ((i = 0; i < 100; i++)); do
	[ -z "$(psql -XqAt "$PGURI" -c 'SELECT 1 FROM map_snapshot LIMIT 1')" ] || break
	pause 0.2
done
kill "$(pid_of projector)" # tables changed under it are not its business

sql() { psql -XqAt -v ON_ERROR_STOP=1 "$PGURI" -c "SET session_replication_role = replica; $1"; }
cases=0
since=''
# audit CODE [words of the fault wanted]
audit() {
	local want=$1 code=0
	shift
	cm audit ${since:+--since "$since"} >"$story/audit" 2>"$story/audit.err" || code=$?
	[ $code -eq "$want" ] || {
		tail -n 5 "$story/audit" "$story/audit.err" >&2
		fail "$case: audit exits $code, wanted $want"
	}
	[ $# -eq 0 ] || grep -Eq "$1" "$story/audit" || {
		head -n 5 "$story/audit" >&2
		fail "$case: no fault says $1"
	}
	cases=$((cases + 1))
}
keep() { sql "SET client_min_messages = error; DROP TABLE IF EXISTS kept; CREATE UNLOGGED TABLE kept AS SELECT * FROM $1"; }
# A generated column follows from the others: nobody can write it.
restore() {
	local columns
	columns=$(sql "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
		WHERE attrelid = '$1'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''")
	sql "TRUNCATE $1; INSERT INTO $1 ($columns) SELECT $columns FROM kept"
}
# place: a condition for one row in the middle of $table; rows move when they
# are restored.
place() {
	local key from=$table
	# The newest checkpoint may be missing: a crash between COMMIT and signature.
	[ "$table" != checkpoint ] || from="(SELECT tableoid, ctid, * FROM checkpoint
		WHERE size < (SELECT max(size) FROM checkpoint))"
	key=$(sql "SELECT t.tableoid || ' ' || t.ctid FROM $from t ORDER BY
		md5((to_jsonb(t) - 'log_id')::text) LIMIT 1
		OFFSET (SELECT count(*) / 2 FROM $from u)")
	place="tableoid = ${key% *} AND ctid = '${key#* }'"
}
# Two tables have no index for what tells their rows apart (schema 0018).
keyless='item device_entry'
in_key="(EXISTS (SELECT FROM pg_index i WHERE i.indrelid = a.attrelid AND i.indisprimary AND a.attnum = ANY (i.indkey))
	OR (a.attrelid::regclass::text, a.attname) IN (('item', 'log_id'), ('item', 'subject'), ('item', 'idx'),
	('device_entry', 'log_id'), ('device_entry', 'device'), ('device_entry', 'epoch'), ('device_entry', 'seq'),
	('device_entry', 'idx')))"
# A changed key column makes one row missing and another too many; the fault
# then stands under a column of the key.
field_of() {
	sql "WITH key AS (SELECT attname FROM pg_attribute a WHERE attrelid = '$1'::regclass AND $in_key)
		SELECT '(' || string_agg(DISTINCT name, '|') || ')' FROM (
		SELECT '$2' AS name UNION SELECT attname FROM key WHERE '$2' IN (SELECT attname FROM key)) n"
}
columns_of() { # table condition: those that can be written, with commas
	sql "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute a
		WHERE attrelid = '$1'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' AND $2"
}
# A row like another, far behind all by a number of its key.
insert_one() { # table
	local key columns
	key=$(sql "SELECT attname FROM pg_attribute a WHERE attrelid = '$1'::regclass AND atttypid = 'bigint'::regtype AND $in_key
		ORDER BY attnum LIMIT 1")
	columns=$(columns_of "$1" "attname <> '$key'")
	echo "INSERT INTO $1 ($key, $columns) SELECT $key + 1000000, $columns FROM $1 WHERE $place"
}
# What two rows say beside their keys, exchanged; nothing where a table is all
# key, or has but one row.
swap_two() { # table
	local columns a b
	columns=$(columns_of "$1" "NOT $in_key")
	[ -n "$columns" ] || return 0
	a=$(sql "SELECT tableoid || ' ' || ctid FROM $1 ORDER BY md5(($columns)::text) LIMIT 1")
	b=$(sql "SELECT tableoid || ' ' || ctid FROM $1 ORDER BY md5(($columns)::text) DESC LIMIT 1")
	[ "$a" != "$b" ] || return 0
	echo "UPDATE $1 x SET ($columns) = (SELECT $columns FROM $1 y WHERE y.tableoid || ' ' || y.ctid =
		CASE x.tableoid || ' ' || x.ctid WHEN '$a' THEN '$b' ELSE '$a' END)
		WHERE x.tableoid || ' ' || x.ctid IN ('$a', '$b')"
}
# tamper TABLE NAME SQL FAULT
tamper() {
	case="$1: $2"
	sql "$3"
	audit 1 "$4"
	restore "$1"
}

case='untouched'
audit 0
size=$(sql "SELECT size FROM log_head")
echo "audit: a ledger of $size entries"
# Of these the entries say nothing: when the log was made, and which log it is.
tables=$(awk -F'\t' '$2 == "ledger" || $2 == "derived" { print $1 }' "$root/ledger/sql/tables.tsv")
for table in $tables; do
	[ "$table" != log ] || continue # name and origin are what the audit is asked about
	keep "$table"
	while IFS='|' read -r column type; do
		[ "$column" != log_id ] || continue # another log's row is a missing one here
		case $type in
		bytea) change="set_byte($column, length($column) / 2, get_byte($column, length($column) / 2) # 1)" ;;
		text) change="$column || 'x'" ;;
		smallint) change="$column + 1" ;;
		*) change="$column + 1000000" ;;
		esac
		place
		tamper "$table" "$column" "UPDATE $table SET $column = $change WHERE $place" \
			"^table=$table row=[^ ]+ field=$(field_of "$table" "$column") "
	done < <(sql "SELECT attname, format_type(atttypid, NULL) FROM pg_attribute
		WHERE attrelid = '$table'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
		ORDER BY attnum")
	place
	tamper "$table" 'a row gone' "DELETE FROM $table WHERE $place" "^table=$table row=[^ ]+ field=[a-z]+ got=missing "
	place
	tamper "$table" 'one too many' "$(insert_one "$table")" "^table=$table row=[^ ]+ field=[a-z_]+ got=[^ ]+ want=nothing "
	swap=$(swap_two "$table")
	[ -z "$swap" ] || tamper "$table" 'two swapped' "$swap" "^table=$table row=[^ ]+ field="
	case " $keyless " in *" $table "*)
		place
		tamper "$table" 'a row twice' "INSERT INTO $table SELECT * FROM $table WHERE $place" \
			"^table=$table row=[^ ]+ field=[a-z]+ got=[^ ]+ want=nothing "
		;;
	esac
	done_tables="${done_tables:-} $table"
done

keep entry
a=$((size / 2)) b=$((size / 2 + 3))
tamper entry 'two swapped' "UPDATE entry SET idx = 3000000 WHERE idx = $a;
	UPDATE entry SET idx = $a WHERE idx = $b; UPDATE entry SET idx = $b WHERE idx = 3000000" \
	"^table=entry row=$a "
tamper entry 'one inserted' "INSERT INTO entry SELECT log_id, $size, leaf, chain, entry FROM entry WHERE idx = $a" \
	"^table=entry row=$size field=idx "
keep item
tamper item 'one inserted' "INSERT INTO item SELECT log_id, 'https://a.example/x', idx FROM item WHERE idx > 100 LIMIT 1" \
	"^table=item row=[0-9]+/https%3A%2F%2Fa.example%2Fx field=subject "
keep event_org
tamper event_org 'one inserted' "INSERT INTO event_org SELECT log_id, idx, 'did:web:thief' FROM event_org LIMIT 1" \
	"^table=event_org row=[0-9]+/did%3Aweb%3Athief field=org "
# Events that no checkpoint holds, or that the watermark leaves out.
keep projection
tamper projection 'too high' "UPDATE projection SET size = size + 1" '^table=projection row=demo field=size '
tamper projection 'too low' "UPDATE projection SET size = size / 2" '^table=event row=[0-9]+/0 field=pos got=0 want=nothing '
tamper projection 'another snapshot' "UPDATE projection SET snapshot = snapshot - 256" '^table=map_snapshot row=[0-9]+/0 field='
tamper projection 'no size of a snapshot' "UPDATE projection SET snapshot = snapshot + 1" '^table=projection row=demo field=snapshot '
keep checkpoint
tamper checkpoint 'one inserted' "INSERT INTO checkpoint SELECT log_id, size + 1, root, at_ms, note FROM checkpoint
	ORDER BY size LIMIT 1" "^table=checkpoint row=[0-9]+ field=size "
case='restored'
audit 0
derived() {
	local t
	for t in 'item ORDER BY subject, idx' 'device_entry ORDER BY idx' 'epoch ORDER BY idx' \
		'event ORDER BY idx, pos' 'event_epc ORDER BY epc, idx, pos, role' \
		'event_ref ORDER BY value, kind, type, idx, pos' 'event_org ORDER BY org, idx' \
		'event_quantity ORDER BY idx, pos, role' 'event_declaration ORDER BY idx' 'event_ilmd ORDER BY idx, pos, name' \
		'master ORDER BY idx, nr' 'map_journal ORDER BY n' 'map_snapshot ORDER BY covered, part'; do
		sql "COPY (SELECT * FROM $t) TO STDOUT"
	done
}
derived >"$story/before"
sql "DELETE FROM epoch; UPDATE device_entry SET seq = seq + 5; DELETE FROM item WHERE idx % 3 = 0;
	DELETE FROM event WHERE idx % 3 = 0; UPDATE event_epc SET role = role + 1; DELETE FROM event_ref;
	INSERT INTO event_org SELECT log_id, idx, 'did:web:thief' FROM event_org LIMIT 5;
	DELETE FROM event_quantity; DELETE FROM event_declaration; UPDATE event_ilmd SET value = 'x'; DELETE FROM master;
	UPDATE map_journal SET n = n + 7; DELETE FROM map_snapshot"
cm rebuild >"$story/rebuild" || fail "rebuild"
derived >"$story/after"
cmp "$story/before" "$story/after" || fail "rebuild: the tables are others"
case='rebuilt'
audit 0
cm audit --since "$((size - 100))" >"$story/audit" || fail "--since"
grep -qx 'entries=100 faults=0' "$story/audit" || fail "--since: $(cat "$story/audit")"
cm audit --since "$((size - 100))" 2>&1 >/dev/null | grep -q 'from its tables' || fail '--since does not say where the map comes from'
# With --since a fault before is not looked for and one after is found.
since=$((size - 100))
for table in entry item device_entry; do
	keep "$table"
	case="$table: before --since"
	change="DELETE FROM $table"
	# the map may still need the bytes of entries not far before
	[ $table != entry ] || change="UPDATE entry SET chain = set_byte(chain, 0, get_byte(chain, 0) # 1)"
	sql "$change WHERE idx = (SELECT max(idx) FROM $table WHERE idx < $((since / 2)))"
	audit 0
	restore "$table"
	case="$table: after --since"
	sql "DELETE FROM $table WHERE idx = (SELECT min(idx) FROM $table WHERE idx > $since)"
	audit 1 "^table=$table row=[^ ]+ field=[a-z]+ got=missing "
	restore "$table"
done
# It begins in the state that the epoch before has signed: what of the tables
# does not lead there is named there, and no epoch behind is blamed.
before=$(sql "SELECT max(idx) FROM epoch WHERE idx < $since")
covered=$(sql "SELECT covered FROM epoch WHERE idx = $before")
[ "$covered" -ge 3 ] || fail "the epoch $before covers too little to tell"
state() { # TABLE NAME SQL FAULT
	keep "$1"
	case="$1: $2, of the state before --since"
	sql "$3"
	audit 1 "$4"
	! grep -E '^table=(entry|checkpoint) ' "$story/audit" | grep -Ev "${4%%field=*}" || fail "$case: blamed others"
	restore "$1"
}
state epoch 'row gone' "DELETE FROM epoch WHERE idx = $before" "^table=epoch row=$before field=idx got=missing "
grep -qx 'entries=100 faults=1' "$story/audit" || fail "$case: $(tail -n 1 "$story/audit")"
state epoch 'covered' "UPDATE epoch SET covered = covered - 1 WHERE idx = $before" "^table=epoch row=$before field=covered "
state epoch 'one too many' "INSERT INTO epoch SELECT log_id, idx + 1, covered, time_ms, map_root, keys, previous FROM epoch
	WHERE idx = $before" "^table=epoch row=$((before + 1)) field=idx got=$((before + 1)) want=nothing "
state checkpoint 'row gone' "DELETE FROM checkpoint WHERE size = $((before + 1))" "^table=checkpoint row=$((before + 1)) field=size got=missing "
# the tree's last hash: a leaf, or where a tile has just become full its root
change="UPDATE entry SET leaf = set_byte(leaf, 0, get_byte(leaf, 0) # 1) WHERE idx = $before" table=entry
[ $(((before + 1) % 256)) -ne 0 ] || {
	table=tile
	change="UPDATE tile SET root = set_byte(root, 0, get_byte(root, 0) # 1) WHERE level = 0 AND n = $((before / 256))"
}
state $table 'a hash of the tree' "$change" "^table=checkpoint row=$((before + 1)) field=root "
# a hash in the snapshot, or a key of entry 2 where the epoch is before it
table=map_snapshot
change="UPDATE map_snapshot SET bytes = set_byte(bytes, 50, get_byte(bytes, 50) # 1) WHERE part = 0"
[ -n "$(sql "SELECT 1 FROM map_snapshot WHERE covered <= $covered LIMIT 1")" ] || {
	table=map_journal
	change="UPDATE map_journal SET keys = set_byte(keys, 10, get_byte(keys, 10) # 1) WHERE n = 0"
}
state $table 'the map' "$change" "^table=$table row=[0-9]+ field=map_root "
state entry 'the chain' "UPDATE entry SET chain = set_byte(chain, 0, get_byte(chain, 0) # 1) WHERE idx = $((since - 1))" \
	"^table=entry row=$((since - 1)) field=chain "
case='restored'
audit 0 '^entries=100 faults=0$'
echo "audit: $cases cases,$done_tables"
