#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Goal: every event of a published entry stands in the search tables exactly
# once, whatever happens to the projector: killed again and again in the middle
# of a backlog, two of them at once, the working one killed. Its lag metric
# then says 0, and `countermark rebuild` makes the same tables from the entries.
# shellcheck source=tests/harness/story.sh
. "$(dirname "$0")/../harness/story.sh"

story_start
sql() { psql -XqAt -v ON_ERROR_STOP=1 "$PGURI" -c "$1"; }
until_ok() { # seconds what command…
	local end=$((SECONDS + $1)) what=$2
	shift 2
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || fail "$what: not within its time"
		pause 0.02
	done
}
loads=0
load() { # statements a device
	loads=$((loads + 1))
	"$CM_BIN/countermark-load" --mqtt "$MQTT_HOST:$MQTT_PORT" --log "$LOG" \
		--authority "${AUTHORITY#did:web:}" --gateway "$story/stack/run/gateway.sock" \
		--prefix "l$loads" --devices 10 --each "$1" --events 2 --epcs 2 --window 64 >"$story/load" 2>&1 ||
		fail "load: $(tail -n 3 "$story/load")"
}
metric() { # file name
	sed -n "s/^$2 //p" "$1"
}
events() { metric "$story/stack/ingest/metrics" countermark_ingest_events_total; }
watermark() { sql 'SELECT size FROM projection'; }
# The ledger's own count, in the tables and each once.
complete() { # what
	local want got
	until_ok 60 "$1: the search tables reach the end" projected
	pause 1.2 # the ingest's count is as of its last second
	want=$(events)
	got=$(sql 'SELECT count(*) FROM event')
	[ "$got" -eq "$want" ] || fail "$1: $got events in the tables, $want in the ledger"
	got=$(sql "SELECT count(*) FROM event_epc WHERE epc LIKE 'https://id.gs1.org/01/09506000134352/21/%' AND role = 1
		AND epc NOT LIKE '%/21/S%'")
	[ "$got" -eq $((2 * (want - documents))) ] || fail "$1: $got rows of EPCs for $want events"
	echo "$1: $want events"
}

# ---- events appear ----
documents=0
cm org add shop --gln 9506000111124 >/dev/null
cm goods add 09506000134352 --org shop >/dev/null
for i in 1 2 3; do
	search_document $i >"$story/document"
	gateway_put gateway-demo application/ld+json "$story/document" >/dev/null
	documents=$((documents + 2))
done
load 30
complete 'as they come'
row=$(sql "SELECT type, action, event_ms, biz_step, disposition, read_point, declares FROM event NATURAL JOIN event_epc
	WHERE epc = 'https://id.gs1.org/01/09506000134352/21/S2' AND pos = 0")
[ "$row" = 'ObjectEvent|ADD|1767323045678|shipping|in_transit|https://id.gs1.org/414/9506000111117|0' ] || fail "its row: $row"
row=$(sql "SELECT string_agg(DISTINCT o.org, ' ') FROM event_org o NATURAL JOIN event_epc
	WHERE epc = 'https://id.gs1.org/01/09506000134352/21/S2'")
[ "$row" = "$AUTHORITY:org:demo $AUTHORITY:org:shop" ] || fail "whom it concerns: $row"
until_ok 5 'lag 0' grep -qx 'countermark_projector_lag_entries 0' "$story/stack/projector/metrics"
[ "$(metric "$story/stack/projector/metrics" countermark_projector_watermark)" -eq "$(watermark)" ] ||
	fail 'the watermark metric is not the watermark'

# ---- killed in the middle of a backlog ----
declare -A projector
start() { # name entries-a-batch
	sed "s,^metrics_file = .*,metrics_file = $story/$1.metrics," "$story/stack/conf/projector.conf" >"$story/$1.conf"
	echo "batch = $2" >>"$story/$1.conf"
	"$CM_BIN/countermark-ingest" --project --config "$story/$1.conf" >>"$story/$1.log" 2>&1 &
	projector[$1]=$!
	story_pids+=($!)
}
stop() { # name signal: and it is gone
	kill "-$2" "${projector[$1]}"
	# Its end by a signal is no news.
	{ wait "${projector[$1]}"; } 2>/dev/null || [ "$2" = KILL ] || fail "$1 does not end by itself"
}
moved() { [ "$(watermark)" -gt "$from" ]; }
kill "$(pid_of projector)"
until_ok 10 'the projector of the stack ends' eval '[ -z "$(pid_of projector)" ]'
load 300
kills=0
until projected; do
	from=$(watermark)
	start victim 20
	until_ok 20 'a batch' moved
	stop victim KILL
	! projected || break
	kills=$((kills + 1))
	[ $kills -lt 5 ] || break
done
[ $kills -ge 3 ] || fail "only $kills kills hit the backlog"
start victim 500
complete "killed $kills times"
until_ok 5 'lag 0 again' grep -qx 'countermark_projector_lag_entries 0' "$story/victim.metrics"
stop victim TERM

# ---- two at once ----
load 300
start a 20
start b 20
until_ok 30 'one waits for the other' grep -q evt=standby "$story/a.log" "$story/b.log"
complete 'two at once'
worker=a other=b
if grep -q evt=standby "$story/a.log" && [ "$(metric "$story/a.metrics" countermark_projector_standby)" = 1 ]; then
	worker=b other=a
fi
stop $worker KILL
load 30
complete "$worker killed, $other took over"
! grep -E 'level=(error|warn)' "$story"/{victim,a,b}.log || fail 'a projector complains'
stop $other TERM

# ---- statements that hundreds concern: a batch ends by bytes ----
# Each event's row says who may read it: 1.6 MB for a statement of 60 KB.
crowd() { # N: a document of 240 events with 480 parties
	jq -nc --arg n "$1" '{ "@context": "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", type: "EPCISDocument",
		schemaVersion: "2.0", creationDate: "2026-01-01T00:00:00Z", epcisBody: { eventList: [range(240) as $i | {
		type: "ObjectEvent", eventTime: "2026-01-02T03:04:05Z", eventTimeZoneOffset: "+00:00", action: "OBSERVE",
		epcList: ["urn:epc:id:sgtin:9506000.013435.SC\($n)-\($i)"],
		sourceList: [{ type: "location", source: "did:a:\(1000 + 2 * $i)" }, { type: "location", source: "did:a:\(1001 + 2 * $i)" }] }] } }'
}
from=$(watermark)
for i in $(seq 15); do
	crowd "$i" >"$story/crowd.json"
	cm import "$story/crowd.json" >/dev/null || fail 'a statement that many concern is refused'
	documents=$((documents + 240))
done
start a 2000
complete 'statements that hundreds concern'
stop a TERM
[ "$(sql "SELECT sum(length(readers)) > 20000000 FROM event WHERE idx >= $from")" = t ] || fail 'they concern few'
[ "$(sql "SELECT count(DISTINCT xmin::text) > 1 FROM event WHERE idx >= $from")" = t ] || fail 'all in one batch'

# ---- the same from the entries ----
digest() {
	local t
	for t in event event_epc event_ref event_org event_quantity event_declaration event_ilmd master; do
		sql "SELECT '$t', count(*), md5(string_agg(r, '' ORDER BY r COLLATE \"C\")) FROM (SELECT t::text AS r FROM $t t) d"
	done
	watermark
}
touch "$story/stack/run/ingest.stop"
kill "$(pid_of ingest)"
until_ok 15 'ingest ends' eval '[ -z "$(pid_of ingest)" ]'
start a 2000
until_ok 30 'the last epoch is projected' projected
digest >"$story/before"
[ "$(grep -c '|0|$' "$story/before" || true)" -eq 0 ] || fail "an empty table: $(cat "$story/before")"
sql "DELETE FROM event WHERE idx % 2 = 0; UPDATE event_epc SET pos = pos + 1; DELETE FROM event_ref;
	DELETE FROM event_quantity; UPDATE event_ilmd SET number = 0; DELETE FROM master; UPDATE projection SET size = 7"
cm rebuild >/dev/null || fail 'rebuild'
digest >"$story/after"
cmp "$story/before" "$story/after" || fail 'rebuild: the tables are others'
stop a TERM
cm audit | tail -n 1 | grep -q ' faults=0$' || fail 'the audit finds faults'
echo "projector: $(sql 'SELECT count(*) FROM event') events, the same after a rebuild"
