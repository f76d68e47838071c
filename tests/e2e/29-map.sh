#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Goal: whatever happens to ingest, its epochs tell the map of the entries: it
# is killed again and again under load, and the audit finds every root right;
# the last epoch before idling covers all. From tables that give another map it
# refuses to start, says how to repair, and starts after that. A log without
# the tables' rows starts from its entries.
# shellcheck source=tests/harness/story.sh
. "$(dirname "$0")/../harness/story.sh"

story_start
sql() { psql -XqAt -v ON_ERROR_STOP=1 "$PGURI" -c "$1"; }
until_ok() { # seconds what command…
	local end=$((SECONDS + $1)) what=$2
	shift 2
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || fail "$what: not within its time"
		pause 0.05
	done
}
# All but epochs is covered by the newest of them, and that is published.
idle() {
	[ "$(sql "SELECT h.size = h.last_epoch + 1 AND h.size = (SELECT max(size) FROM checkpoint) AND p.covered >
			(SELECT max(e.idx) FROM entry e WHERE NOT EXISTS (SELECT FROM epoch q WHERE q.idx = e.idx))
		FROM log_head h JOIN epoch p ON p.idx = h.last_epoch")" = t ]
}

# ---- killed under load ----
# At a rate, so that the load outlasts the last kill on a busy machine too.
"$CM_BIN/countermark-load" --mqtt "$MQTT_HOST:$MQTT_PORT" --log "$LOG" \
	--authority "${AUTHORITY#did:web:}" --gateway "$story/stack/run/gateway.sock" \
	--devices 10 --each 600 --window 64 --rate 150 --patience 120 >"$story/load" 2>&1 &
load=$!
story_pids+=("$load")
size() { sql 'SELECT size FROM log_head'; }
grown() { [ "$(size)" -gt $((from + 300)) ]; }
for kill in 1 2 3 4; do
	from=$(size)
	until_ok 60 "entries before kill $kill" grown
	# The supervisor starts it again; its child is the one that works.
	kill -KILL "$(pid_of ingest)"
	until_ok 60 "ingest after kill $kill" eval '[ "$(grep -c evt=loaded "$story/stack/log/ingest.log")" -gt '"$kill"' ]'
done
wait "$load" || fail "load: $(tail -n 3 "$story/load")"
until_ok 60 'all covered' idle
[ "$(sql 'SELECT max(keys) FROM epoch')" -gt 6000 ] || fail "only $(sql 'SELECT max(keys) FROM epoch') keys"
until_ok 60 'a snapshot' eval '[ "$(sql "SELECT count(*) FROM map_snapshot")" -gt 0 ]'
kill "$(pid_of projector)"
stop_ingest() {
	touch "$story/stack/run/ingest.stop"
	kill "$(pid_of ingest)"
	until_ok 30 'ingest ends' eval '[ -z "$(pid_of ingest)" ]'
}
stop_ingest
cm audit >"$story/audit" || fail "the audit: $(head -n 3 "$story/audit")"
echo "killed 4 times: $(tail -n 1 "$story/audit") epochs=$(sql 'SELECT count(*) FROM epoch') keys=$(sql 'SELECT max(keys) FROM epoch')"

# ---- refused ----
refused() { # what
	local code=0 before after
	before=$(sql 'SELECT size, (SELECT count(*) FROM checkpoint) FROM log_head')
	timeout 60 "$CM_BIN/countermark-ingest" --config "$story/stack/conf/ingest.conf" >"$story/ingest.log" 2>&1 || code=$?
	[ $code -eq 1 ] || fail "$1: ended with $code: $(cat "$story/ingest.log")"
	grep 'evt=ended.*code=proof' "$story/ingest.log" | grep 'countermark audit' | grep -q 'countermark rebuild' ||
		fail "$1: does not say how to repair: $(cat "$story/ingest.log")"
	after=$(sql 'SELECT size, (SELECT count(*) FROM checkpoint) FROM log_head')
	[ "$before" = "$after" ] || fail "$1: something was written"
	cm audit >"$story/audit" && fail "$1: the audit finds nothing"
	grep -q "^table=$2 row=$3 field=$4 " "$story/audit" || fail "$1: the audit says $(head -n 1 "$story/audit")"
	cm rebuild >/dev/null || fail "$1: rebuild"
	cm audit >"$story/audit" || fail "$1: after the rebuild $(head -n 1 "$story/audit")"
}
snapshot=$(sql 'SELECT max(covered) FROM map_snapshot')
sql "UPDATE map_snapshot SET bytes = set_byte(bytes, 60, get_byte(bytes, 60) # 1) WHERE part = 0"
refused 'another hash in the snapshot' map_snapshot "$snapshot/0" bytes
sql "UPDATE map_snapshot SET bytes = substring(bytes FOR length(bytes) - 1) WHERE part = 0"
refused 'a snapshot cut short' map_snapshot "$snapshot/0" bytes
sql "DELETE FROM map_snapshot; UPDATE projection SET snapshot = 0"
sql "UPDATE map_journal SET keys = set_byte(keys, 40, get_byte(keys, 40) # 1) WHERE n = 10"
refused 'another key in the journal' map_journal 10 keys

# ---- a log from before ----
sql "DELETE FROM map_journal WHERE n < 15"
"$CM_BIN/countermark-ingest" --config "$story/stack/conf/ingest.conf" >"$story/ingest.log" 2>&1 &
pid=$!
story_pids+=("$pid")
until_ok 60 'it starts without journal' grep -q evt=loaded "$story/ingest.log"
cm org add later >/dev/null
until_ok 30 'the entry is covered' idle
kill "$pid"
wait "$pid" || fail "ingest ends with $?"
cm audit >"$story/audit" && fail 'rows are lacking and the audit finds nothing'
[ "$(grep -vc '^table=map_journal .*got=missing' "$story/audit")" -eq 1 ] || fail "more: $(grep -v map_journal "$story/audit")"
echo "refused three times; from its entries: $(grep -o 'evt=loaded.*' "$story/ingest.log")"
