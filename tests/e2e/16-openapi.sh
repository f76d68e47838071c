#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Goal: the OpenAPI document that the API serves is the truth: each operation,
# asked well and badly, with and without a database, answers with a status,
# headers and members that stand there, and all that stands there is answered.
# The metrics of all programs are OpenMetrics and those of docs/metrics.md.
set -euo pipefail
. "$(dirname "$0")/../harness/story.sh"
[ -d "$root/tests/client/node_modules/ajv" ] || exit 77
story_start

# ---- a ledger in which each member of an answer has something to say ----
link=https://id.gs1.org/01
cm org add mill >/dev/null
printf '{"type":"right","id":"XX500000000012345","op":"set","from":1764000000000,"st13":"XX500000000012345","office":"XX","kind":"word","mark":"LUMEN","classes":[9],"holder":"mill","status":"registered"}' >"$story/right.json"
cm right add "$story/right.json" >/dev/null
cm link add 01/09506000134352 --type gs1:certificationInfo --href https://a.example/1 --title One >/dev/null
cm link add 01/09506000134352 --type gs1:certificationInfo --href https://a.example/2 --title Two >/dev/null
cm goods add 09506000134352 --org mill --right XX500000000012345 --issuance before >/dev/null
cm goods add 09506000164908 --org mill --issuance during >/dev/null
enrol mill-line mill
enrol mill-old mill
cm keygen "$story/second.key" >"$story/second.json"
cm device enrol mill-old --org mill --public-key "$(jq -r .key "$story/second.json")" --epoch 2 >/dev/null
enrol mill-gone mill
cm device revoke mill-gone --from 1764000000000 --reason lost >/dev/null
agent_conf mill-line stdin
sed -i "s,^state = .*,&\nmetrics_file = $story/edge.prom," "$story/mill-line.conf"
printf '(01)09506000134352(21)A1\nnonsense\n(01)09506000134352(21)A2\n' |
	timeout 60 "$EDGE" --config "$story/mill-line.conf" run >"$story/scans" 2>"$story/agent.log" ||
	fail "the agent ended with $?: $(tail -3 "$story/agent.log")"
# Packed, shipped in its case; one without any of the optional members, made of
# another; one with more events than a history may have.
jq -n --arg link "$link" '
	def event($type): { type: $type, eventTime: "2026-11-24T12:00:00.000Z", eventTimeZoneOffset: "+00:00" };
	def seen($epc): event("ObjectEvent") + { action: "OBSERVE", epcList: [$epc] };
	"https://id.gs1.org/00/095060001343520017" as $case | "\($link)/09506000134352/21/" as $item |
	[ event("AggregationEvent") + { action: "ADD", bizStep: "packing", disposition: "in_progress", parentID: $case, childEPCs: [$item + "A2"] },
	  seen($case) + { bizStep: "shipping", disposition: "in_transit", readPoint: { id: "https://id.gs1.org/414/9506000111117" } },
	  event("TransformationEvent") + { inputEPCList: [$item + "A1"], outputEPCList: [$item + "P1"] },
	  seen($item + "P1"), seen("\($link)/09506000164908/21/D1"),
	  (range(10001) | seen($item + "BUSY")) ]' >"$story/events"
node "$root/tests/client/put.mjs" "$story/stack/run/gateway.sock" gateway-demo <"$story/events" >"$story/receipt" ||
	fail "the gateway refuses the events"
index=$(jq .index "$story/receipt")
for _ in $(seq 200); do
	[ "$(curl -fsS "$API_URL/log/checkpoint" | sed -n 2p)" -le "$index" ] || break
	pause 0.1
done

# ---- the same server in other circumstances ----
other() { # name, sed script for its configuration: URL
	local at
	sed -e 's/^port = .*/port = 0/' -e "$2" "$story/stack/conf/api.conf" >"$story/$1.conf"
	for _ in $(seq 20); do
		at=$(shuf -i 20000-31999 -n 1)
		sed -i "s/^port = [0-9]*/port = $at/" "$story/$1.conf"
		"$CM_BIN/countermark-api" --config "$story/$1.conf" 2>"$story/$1.log" &
		story_pids+=($!)
		for _ in $(seq 100); do
			# Its own word for it: somebody else's server may answer there.
			if grep -qs 'evt=listening .*port='"$at" "$story/$1.log"; then
				url=http://127.0.0.1:$at
				return
			fi
			kill -0 $! 2>/dev/null || break
			pause 0.05
		done
	done
	fail "$1 does not start: $(tail -3 "$story/$1.log")"
}
other variant "s,^\[http\],&\ncors = https://shop.example,; s,^policy = .*,entries = public,"
variant=$url
other down "s,^uri = .*,uri = host=127.0.0.1 port=1 dbname=none connect_timeout=2,"
down=$url
other broken "s,^policy = .*,policy = $story/absent,; s,^\[keys\],[map]\nfollow = no\n&,"
broken=$url
other limited "s,^\[http\],&\nrate_per_s = 1\nburst = 1,"
limited=$url

set -a
# shellcheck disable=SC1091
. "$story/stack/env"
set +a
# The events of the documents are searchable a moment after they are published.
for _ in $(seq 200); do
	if projected; then break; fi
	pause 0.1
done
# A checkpoint that waits: the witness sleeps while there is something new.
witness=$(cat "$story/stack/run/witness.pid")
kill -STOP "$witness"
cm org add sleeper >/dev/null
for _ in $(seq 200); do
	if curl -fsS "$API_URL/log/checkpoint.pending" >/dev/null 2>&1; then break; fi
	pause 0.1
done
READER_TOKEN=$(cm token create --role auditor --scope read | jq -r .token) \
NOBODY_TOKEN=$(cm token create --role auditor --scope subscribe | jq -r .token) \
	BRAND_TOKEN=$(cm token create --role brand --org mill | jq -r .token) \
	PARTNER_TOKEN=$(cm token create --role partner --org mill | jq -r .token) \
VARIANT_URL=$variant DOWN_URL=$down BROKEN_URL=$broken LIMITED_URL=$limited \
	OPENAPI=$root/dashboard-api/openapi.yaml ROUTES=$root/dashboard-api/route.c \
	STORY=$(jq -n --arg link "$link" --argjson index "$index" \
		--arg event "$(psql -XqAt "$PGURI" -c "SELECT event_id FROM event WHERE idx = $index AND pos = 0")" '"\($link)/09506000134352/21/" as $item | {
		eventID: $event, place: "https://id.gs1.org/414/9506000111113",
		item: ($item + "A1"), packed: ($item + "A2"), plain: ($item + "P1"), busy: ($item + "BUSY"),
		during: "\($link)/09506000164908/21/D1", sscc: "https://id.gs1.org/00/095060001343520017", index: $index,
		devices: ["mill-line", "mill-old", "mill-gone"],
		codes: [$item + "A1", "]d2010950600013435221A1", $item + "A+1", $item + "NEVER", "\($link)/09506000164908/21/N1",
			"\($link)/09506000164908", "\($link)/09506000111117/21/X", "hello", "a b", ""] }') \
	WITNESS_PID=$witness node "$root/tests/client/openapi.mjs"

grep -qx 'countermark_edge_receipted_total{identity="mill-line"} 2' "$story/edge.prom" || fail "the agent's metrics miss its receipts"
grep -q '^countermark_edge_refused_total{identity="mill-line",reason=".*"} 1$' "$story/edge.prom" || fail "the agent's metrics miss the refusal"
node "$root/tests/client/openmetrics.mjs" "$root/docs/metrics.md" "api=$API_URL/metrics" \
	"ingest=$story/stack/ingest/metrics" "projector=$story/stack/projector/metrics" "edge=$story/edge.prom"
