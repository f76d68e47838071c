#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Goal: what holds for a small ledger holds for a large one. CM_ROWS entries
# (2,000,000) go the whole way from signed statements over the broker. Then the
# audit finds nothing, the first pages of EPCIS queries come from indexes (no
# table is walked, few rows are read), an API server starts and follows the map,
# and a rebuild of damaged tables gives the same rows as before.
# At 2,000,000 it takes about 5 GB of disk.
. "$(dirname "$0")/../harness/story.sh"
rows=${CM_ROWS:-2000000}
# Of a small table PostgreSQL rightly reads all.
[ "$rows" -ge 50000 ] || {
	echo "rows: CM_ROWS is at least 50000" >&2
	exit 64
}
say() { printf 'rows: [%4ds] %s\n' $SECONDS "$*"; }
sql() { psql -XqAt -v ON_ERROR_STOP=1 "$PGURI" -c "$1"; }
took() { echo "$1 s, $((rows / ($1 > 0 ? $1 : 1))) entries/s"; }
ulimit -n 20000 2>/dev/null || true
story_start
shop=$AUTHORITY:org:shop
cm org add shop --gln 9506000111124 >/dev/null
cm org add few >/dev/null
cm goods add 09506000134352 --org shop >/dev/null

# ---- append ----
documents() { # from: rows in the tables that the load's events leave empty
	local i
	for ((i = $1; i < $1 + 5; i++)); do
		search_document "$i" >"$story/document"
		gateway_put gateway-demo application/ld+json "$story/document" >/dev/null
	done
}
devices=0
load() { # organisation statements
	"$CM_BIN/countermark-load" --mqtt "$MQTT_HOST:$MQTT_PORT" --log "$LOG" --org "$1" \
		--authority "${AUTHORITY#did:web:}" --gateway "$story/stack/run/gateway.sock" \
		--first $devices --devices 100 --each $((($2 + 99) / 100)) --window 64 --patience 300 \
		>"$story/load" 2>&1 || fail "load: $(tail -n 3 "$story/load")"
	devices=$((devices + 100))
}
start=$SECONDS
documents 1
load few 1000
for ((have = 1000; have < rows; have += n)); do
	n=$((rows - have < 100000 ? rows - have : 100000))
	load demo $n
	say "$((have + n)) of $rows entries"
done
documents 6
# Given up only when nothing moves any more.
resting=0 last=''
until projected; do
	now=$(sql "SELECT size FROM projection")
	[ "$now" != "$last" ] || resting=$((resting + 1))
	[ "$now" = "$last" ] || resting=0 last=$now
	[ $resting -lt 120 ] || fail "the search tables rest at $now of $(sql 'SELECT size FROM log_head')"
	pause 1
done
size=$(sql 'SELECT size FROM log_head')
[ "$size" -ge "$rows" ] || fail "$size entries of $rows"
events=$(sql 'SELECT count(*) FROM event')
[ "$events" -ge "$rows" ] || fail "$events events of $rows"
appended=$((SECONDS - start))
say "appended and searchable: $size entries, $(took $appended), $(($(sql "SELECT pg_database_size('countermark')") / size)) bytes an entry"
kill "$(pid_of ingest)"
# As autovacuum would leave it in time.
sql 'VACUUM ANALYZE'

# ---- audit ----
audit() { # what
	local start=$SECONDS
	cm audit >"$story/audit" 2>"$story/audit.err" ||
		fail "$1: audit: $(tail -n 3 "$story/audit" "$story/audit.err")"
	grep -qx "entries=$size faults=0" "$story/audit" || fail "$1: $(tail -n 1 "$story/audit")"
	say "$1: audit clean, $(took $((SECONDS - start)))"
}
audit 'as appended'

# ---- first pages ----
stop_api() {
	local p
	p=$(pid_of api)
	kill "$p"
	while kill -0 "$p" 2>/dev/null; do pause 0.1; done
}
# A backend counts for certain once it has ended, so the API does first. Rows of
# the search tables read by walks, and by indexes.
counts() {
	sql "SELECT (SELECT sum(seq_tup_read) FROM pg_stat_user_tables WHERE relname ~ '^event')
		|| ' ' || (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes WHERE relname ~ '^event')"
}
followed=''
start_api() {
	"$CM_BIN/countermark-api" --config "$story/stack/conf/api.conf" 2>"$story/api.log" &
	api=$!
	story_pids+=("$api")
	until followed=$(sed -n 's/.*evt=map_followed .* ms=\([0-9]*\).*/\1/p' "$story/api.log") && [ -n "$followed" ]; do
		kill -0 $api 2>/dev/null || fail "the API does not start: $(tail -n 3 "$story/api.log")"
		pause 0.2
	done
	until curl -fsS -o /dev/null "$API_URL/readyz" 2>/dev/null; do
		kill -0 $api 2>/dev/null || fail "the API ended: $(tail -n 3 "$story/api.log")"
		pause 0.2
	done
}
end_api() {
	kill "$api"
	wait "$api" || fail 'the API does not end by itself'
}
stop_api
start_api
say "an API server follows $size entries from its start in $followed ms"
few=$(cm token create --role partner --org few | jq -r .token)
brand=$(cm token create --role brand --org shop | jq -r .token)
epc() { sql "SELECT epc FROM event_epc WHERE epc ~ '/21/' ORDER BY idx LIMIT 1 OFFSET $1" | jq -sRr 'rtrimstr("\n") | @uri'; }
one=$(epc 1200)
middle=$(sql "SELECT to_char(to_timestamp(event_ms / 1000), 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') FROM event
	WHERE idx >= $((size / 2)) ORDER BY idx LIMIT 1")
filters=('' 'eventType=ObjectEvent' 'eventType=AggregationEvent' 'EQ_action=ADD' 'EQ_bizStep=commissioning'
	'EQ_bizStep=packing' 'EQ_disposition=active' "MATCH_anyEPC=$one" 'MATCH_epc=https://id.gs1.org/01/09506000134352/21/S3'
	'EQ_bizTransaction_po=urn:epcglobal:cbv:bt:9506000111117:3' "EQ_source_owning_party=https://id.gs1.org/417/9506000111117"
	'EQ_bizLocation=https://id.gs1.org/414/9506000111124' 'EXISTS_errorDeclaration=true'
	'GE_quantity=5' "LT_eventTime=$middle")
questions=0 pages=0
ask() { # token query
	local got
	got=$(curl -fsS -H "Authorization: Bearer $1" "$API_URL/epcis/events?perPage=30${2:+&$2}" |
		jq '.epcisBody.queryResults.resultsBody.eventList | length') || fail "the query $2"
	questions=$((questions + 1))
	[ "$got" -eq 0 ] || pages=$((pages + 1))
}
# What was asked so far was not the server's.
end_api
read -r walked_before read_before <<<"$(counts)"
start_api
for token in "$API_TOKEN" "$brand" "$few"; do
	for f in "${filters[@]}"; do
		ask "$token" "$f"
		ask "$token" "${f:+$f&}orderBy=eventTime"
	done
done
end_api
read -r walked_after read_after <<<"$(counts)"
# Tables of some rows, and those that are empty yet, are rightly walked.
walked=$((walked_after - walked_before))
[ $walked -lt $((rows / 10)) ] || fail "first pages: $walked rows read without an index"
each=$(((read_after - read_before) / questions))
# The widest look ahead reads 16,384 keys, each with whom it concerns.
[ $each -le 40000 ] || fail "first pages: $each rows read a question"
[ $pages -ge $((questions / 2)) ] || fail "first pages: only $pages of $questions questions gave any event"
say "first pages of $questions questions: $walked rows read without an index, $each a question by one"

# ---- rebuild ----
kill "$(pid_of projector)"
tables=$(awk -F'\t' '$2 == "derived" { print $1 }' "$root/ledger/sql/tables.tsv")
sums() {
	local t
	for t in $tables; do
		echo "$t $(sql "SELECT count(*) || ' ' || coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) FROM $t t")"
	done
}
sums >"$story/before"
damage() { sql "SET session_replication_role = replica; $1"; }
damage "DELETE FROM item WHERE idx % 1000 = 0; UPDATE device_entry SET seq = seq + 5 WHERE idx % 1000 = 1;
	DELETE FROM event WHERE idx % 1000 = 2; UPDATE event_epc SET role = role + 1 WHERE idx % 1000 = 3;
	DELETE FROM event_org WHERE idx % 1000 = 4; DELETE FROM event_ref; DELETE FROM map_journal WHERE n % 10 = 0;
	DELETE FROM map_snapshot"
sums >"$story/damaged"
! cmp -s "$story/before" "$story/damaged" || fail 'nothing is damaged'
start=$SECONDS
cm rebuild >"$story/rebuild" || fail "rebuild"
rebuilt=$((SECONDS - start))
sums >"$story/after"
diff "$story/before" "$story/after" >&2 || fail 'rebuild: the tables are others'
say "rebuild: the same rows in $(wc -w <<<"$tables") tables, $(took $rebuilt)"
audit 'rebuilt'
echo "rows: $size entries, $events events (those of $shop and of an organisation with few asked too): audit clean twice, $questions first pages by index, API followed in $followed ms, rebuild equal in $rebuilt s; $SECONDS s in all"
