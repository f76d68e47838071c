#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Goal: EPCISDocuments that another program drops into a folder are in the
# ledger byte for byte, in the order of their names, each once, though the
# agent is killed again and again meanwhile; with a full outbox they wait; a
# bad one lies in refused/ with its reason.
set -euo pipefail
. "$(dirname "$0")/../harness/story.sh"
burst=300 kills=5
story_start
cm org add mill >/dev/null
enrol mill-erp mill
drop=$story/drop
mkdir "$drop" "$story/sent"
agent_conf mill-erp document "$drop"

# drop_document NAME SERIAL: written beside, then renamed, as the manual asks.
# Its blanks show that nothing is printed anew.
drop_document() {
	cat >"$drop/$1.tmp" <<-JSON
		{ "@context":  ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
		  "type": "EPCISDocument", "schemaVersion": "2.0", "creationDate": "2026-11-24T12:00:00Z",
		  "epcisBody": { "eventList": [ { "type": "ObjectEvent", "action": "OBSERVE",
		    "eventTime": "2026-11-24T12:00:00Z",   "eventTimeZoneOffset": "+01:00",
		    "epcList": ["https://id.gs1.org/01/09506000134352/21/$2"] } ] } }
	JSON
	cp "$drop/$1.tmp" "$story/sent/$1"
	mv "$drop/$1.tmp" "$drop/$1"
}
burst_name() { printf 'burst-%03d.json' "$1"; }
hex() { od -An -v -tx1 | tr -d ' \n'; }
# run_agent RUN: ends when all is receipted.
run_agent() { "$EDGE" --config "$story/mill-erp.conf" run >"$story/out.$1" 2>>"$story/agent.log"; }
done_count() { find "$drop/done" -name 'burst-*' | wc -l; }

# Three good ones, a bad one, and an outbox that takes two at a time.
drop_document 3-last.json DOC3
drop_document 1-first.jsonld DOC1
drop_document 2-next.json DOC2
echo '{"type":"EPCISDocument"}' >"$drop/2-bad.json"
touch -d '1 hour ago' "$drop"/*.json*
cp "$story/mill-erp.conf" "$story/wide.conf"
sed -i 's/^exit_when_drained.*/&\noutbox_rows = 2/' "$story/mill-erp.conf"
run_agent 1 || fail "the agent ended with $?: $(tail -3 "$story/agent.log")"
[ "$(grep '^stored' "$story/out.1")" = 'stored seq=1 code=1-first.jsonld
stored seq=2 code=2-next.json
stored seq=3 code=3-last.json' ] || fail "stored: $(cat "$story/out.1")"
grep -q 'evt=documents code=full' "$story/agent.log" || fail "the outbox was never full"
grep -q '^receipted upto=3 ' "$story/out.1" || fail "not receipted: $(cat "$story/out.1")"
grep -q '^refused code=2-bad.json reason=schema hint=' "$story/out.1" || fail "the bad one is not refused"
grep -q '^code: schema$' "$drop/refused/2-bad.json.reason" || fail "no code beside the bad one"
grep -q '^detail: .*wanted ' "$drop/refused/2-bad.json.reason" || fail "no reason beside the bad one"
[ -f "$drop/refused/2-bad.json" ] || fail "the bad one is not in refused/"
if grep '^nacked' "$story/out.1"; then fail "the ledger objects"; fi
for name in 1-first.jsonld 2-next.json 3-last.json; do
	cmp "$story/sent/$name" "$drop/done/$name" || fail "$name is not in done/ as it was"
done
mv "$story/wide.conf" "$story/mill-erp.conf"

# Killed while another program drops; the last run takes what is left.
(for ((i = 0; i < burst; i++)); do drop_document "$(burst_name $i)" "BURST$i"; done) &
writer=$!
story_pids+=("$writer")
left=''
for ((k = 1; k <= kills; k++)); do
	had=$(done_count)
	"$EDGE" --config "$story/mill-erp.conf" run >"$story/out.kill.$k" 2>>"$story/agent.log" &
	agent=$!
	story_pids+=("$agent")
	for _ in $(seq 2000); do
		now=$(done_count)
		if [ "$now" -ge $((had + k * 5)) ] || [ "$now" -eq $burst ]; then break; fi
		pause 0.01
	done
	if ! kill -KILL $agent; then fail "the agent was not running any more, at $now documents"; fi
	wait $agent || true
	left+=" $(find "$drop" -maxdepth 1 -name 'burst-*.json' | wc -l)"
done
wait $writer || fail "the writer ended with $?"
run_agent 2 || fail "the run after the kills ended with $?: $(tail -3 "$story/agent.log")"
[ "$(done_count)" -eq $burst ] || fail "got $(done_count) in done/, wanted $burst"
[ "$(find "$drop" -maxdepth 1 -type f | wc -l)" -eq 0 ] || fail "left: $(ls "$drop")"

# Entries are visible with the first checkpoint after them.
want=$((3 + burst))
for _ in $(seq 100); do
	fetch_entries "$story/entries"
	"$CM_BIN/tiledump" <"$story/entries" >"$story/list"
	got=$(grep -c ' statement mill-erp ' "$story/list" || true)
	if [ "$got" -ge $want ]; then break; fi
	pause 0.1
done
[ "$got" -eq $want ] || fail "got $got statements, wanted $want"
# As many statements as documents, and each document's length and bytes.
entries=$(hex <"$story/entries")
for file in "$story"/sent/*; do
	[[ $entries == *$(printf '59%04x' "$(stat -c %s "$file")")$(hex <"$file")* ]] ||
		fail "$(basename "$file") is not in the ledger byte for byte"
done
echo "$want documents in the ledger, each once; left by $kills kills:$left; 1 refused"
