#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Goal: what the API says of an item can be taken away and checked by a
# stranger. Of each of 200 items, of codes never issued, of one seen that nobody
# made, and of containers, the bundle that an auditor gets proves the verdict
# that /v1/verify gives; the public's proves that nothing is left out and shows
# nothing; an organisation's shows what is its own. Bundles stay good while the
# log grows, and small.
set -euo pipefail
. "$(dirname "$0")/../harness/story.sh"
story_start
gtin=09506000134352 items=200
link=https://id.gs1.org
case=$link/00/095060001343520017 pallet=$link/00/095060001343520024
base=2026-11-24T0

# ---- three organisations, four devices, a pallet's way to the shop ----
for org in mill harbour shop; do cm org add $org >/dev/null; done
cm goods add $gtin --org mill --issuance before >/dev/null
enrol mill-line mill
enrol mill-dock mill
enrol harbour-dock harbour
enrol shop-till shop
agent_conf mill-line stdin
for ((i = 1; i <= items; i++)); do printf '(01)%s(21)S%03d\n' $gtin $i; done |
	"$EDGE" --config "$story/mill-line.conf" run >"$story/line.out" 2>"$story/agent.log" ||
	fail "the agent ended with $?: $(tail -3 "$story/agent.log")"
[ "$(grep -c '^stored' "$story/line.out")" -eq $items ] || fail "not all are stored"

# document DEVICE EVENTS: one statement by that device; EVENTS in jq.
document() {
	mkdir -p "$story/drop-$1"
	[ -e "$story/$1.conf" ] || agent_conf "$1" document "$story/drop-$1"
	jq -n --arg item "$link/01/$gtin/21/" --arg case "$case" --arg pallet "$pallet" --arg base "$base" '
		def at($h): { eventTime: "\($base)\($h):00:00.000Z", eventTimeZoneOffset: "+00:00" };
		def seen($h; $epc; $step; $gln): { type: "ObjectEvent", action: "OBSERVE", epcList: [$epc], bizStep: $step,
			disposition: "in_progress", readPoint: { id: "https://id.gs1.org/414/\($gln)" } } + at($h);
		def packed($h; $action; $parent; $children): { type: "AggregationEvent", action: $action, parentID: $parent,
			childEPCs: $children, bizStep: (if $action == "ADD" then "packing" else "unpacking" end) } + at($h);
		{ "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"], type: "EPCISDocument",
		  schemaVersion: "2.0", creationDate: "2026-11-24T12:00:00Z", epcisBody: { eventList: [ '"$2"' ] } }' >"$story/doc.tmp"
	mv "$story/doc.tmp" "$story/drop-$1/$(date +%s%N).json"
	touch -d '1 hour ago' "$story/drop-$1"/*.json
	"$EDGE" --config "$story/$1.conf" run >"$story/doc.out" 2>>"$story/agent.log" || fail "$1: $(tail -3 "$story/agent.log")"
	if grep -E '^(refused|nacked)' "$story/doc.out"; then fail "$1: a document is not taken"; fi
}
document mill-dock 'packed(1; "ADD"; $case; [range(1; 11) | $item + ("00\(.)" | "S" + .[-3:])])'
document mill-dock 'packed(2; "ADD"; $pallet; [$case])'
document mill-dock 'seen(3; $pallet; "shipping"; "9506000111113")'
document harbour-dock 'seen(4; $pallet; "receiving"; "9506000111120")'
document harbour-dock 'seen(4; $item + "UNMADE"; "inspecting"; "9506000111120")'
document harbour-dock 'seen(5; $pallet; "shipping"; "9506000111120")'
document shop-till 'packed(6; "DELETE"; $pallet; [$case])'
document shop-till 'seen(7; $case; "receiving"; "9506000111137")'
document shop-till 'packed(8; "DELETE"; $case; [$item + "S001"])'
document shop-till 'seen(9; $item + "S001"; "retail_selling"; "9506000111137")'

# ---- asking and checking ----
code() { echo "01%2F$gtin%2F21%2F$1"; }
uri() { echo "https%3A%2F%2Fid.gs1.org%2F$1"; }
# proof FILE TOKEN CODE: the bundle; Server-Timing to FILE.head.
proof() {
	local auth=()
	[ -z "$2" ] || auth=(-H "Authorization: Bearer $2")
	curl -fsS -D "$1.head" -o "$1" "${auth[@]}" "$API_URL/v1/items/$3/proof" || fail "no proof of $3"
}
# check FILE: exit status of countermark-verify; its words in FILE.json.
check() {
	local code=0
	"$VERIFY" "$1" --policy "$POLICY" --json >"$1.json" || code=$?
	echo $code
}
# The epochs come with the clock, and the server's map after them: all that the
# agents sent has to be covered.
newest=$(psql -XqAt "$PGURI" -c "SELECT max(idx) FROM device_entry")
for ((tries = 0; ; tries++)); do
	[ $tries -lt 300 ] || fail "the map does not come to entry $newest"
	if proof "$story/first" "$API_TOKEN" "$(code S001)" 2>/dev/null; then
		check "$story/first" >/dev/null
		[ "$(jq .asOf "$story/first.json")" -le "$newest" ] || break
	fi
	pause 0.1
done

# One request for all bundles, one for all verdicts; then each is checked.
codes=()
for ((i = 1; i <= items; i++)); do codes+=("01/$gtin/21/$(printf 'S%03d' $i)"); done
for s in NEVER1 NEVER2 S999 UNMADE; do codes+=("01/$gtin/21/$s"); done
codes+=("00/${pallet##*/}" 01/09506000164908/21/X)
mkdir "$story/all"
for c in "${codes[@]}"; do
	printf 'url = "%s/v1/items/%s/proof"\noutput = "%s/all/%s"\n' "$API_URL" "${c//\//%2F}" "$story" "${c//\//_}"
done >"$story/all.curl"
curl -fsS -H "Authorization: Bearer $API_TOKEN" -K "$story/all.curl" || fail "not all have a proof"
printf '%s\n' "${codes[@]}" | jq -R . | jq -sc --arg link "$link/" '{items: map($link + .)}' >"$story/all.ask"
curl -fsS -H 'Content-Type: application/json' --data-binary "@$story/all.ask" "$API_URL/v1/verify" >"$story/all.answer"
for c in "${codes[@]}"; do
	code=0
	said=$("$VERIFY" "$story/all/${c//\//_}" --policy "$POLICY" --json) || code=$?
	printf '{"code":"%s","exit":%d,"said":%s}\n' "$c" $code "$said"
done | jq -s . >"$story/all.said"
jq -n --slurpfile api "$story/all.answer" --slurpfile proven "$story/all.said" '
	[$api[0].items, $proven[0]] | transpose | map(. as [$a, $p] |
		{code: $p.code, api: $a.verdict, proven: $p.said.verdict, exit: $p.exit, failed: $p.said.failed,
		 due: (if $a.verdict | startswith("genuine_") then 0 else 1 end)})' >"$story/all.both"
jq -e 'all(.api == .proven and .exit == .due)' "$story/all.both" >/dev/null ||
	fail "proven otherwise: $(jq -c '.[] | select(.api != .proven or .exit != .due)' "$story/all.both" | head -5)"
for v in genuine_code_only forged not_registered unknown_here; do
	jq -e --arg v $v 'any(.api == $v)' "$story/all.both" >/dev/null || fail "no item is $v"
done
echo "proven as answered: $(jq -c 'group_by(.api) | map({(.[0].api): length}) | add' "$story/all.both")"

# ---- its size: ten events, two containers, four devices ----
proof "$story/item" "$API_TOKEN" "$(code S001)"
[ "$(check "$story/item")" = 0 ] || fail "S001: $(cat "$story/item.json")"
jq -e '[.subjects[].subject] as $s | ($s | map(select(startswith("registry/device/"))) | length) >= 4 and
	([$s[] | select(startswith("https://id.gs1.org/00/"))] | length) == 2' "$story/item" >/dev/null ||
	fail "subjects: $(jq -c '[.subjects[].subject]' "$story/item")"
bytes=$(stat -c %s "$story/item")
# Base64 takes a third more than the statements; the head is note and two texts.
budget=$(jq '[.. | objects | .entry? // empty | length] as $e | 1400 * (.subjects | length) + ($e | add) + 4096' "$story/item")
[ "$bytes" -lt 40000 ] && [ "$bytes" -lt "$budget" ] ||
	fail "the bundle has $bytes bytes for $(jq '.subjects | length' "$story/item") subjects, budget $budget"
echo "bundle: $bytes bytes, $(jq '.subjects | length' "$story/item") subjects; $(grep -i '^server-timing' "$story/item.head" | tr -d '\r')"

# ---- changed by one hex digit anywhere it matters, it proves nothing ----
jq -c '.verdict = "forged"' "$story/item" >"$story/lie"
[ "$(check "$story/lie")" = 2 ] || fail "a changed verdict: $(cat "$story/lie.json")"
jq -c '(.subjects[] | select(.subject | endswith("S001")) | .entries) |= .[:-1]' "$story/item" >"$story/lie"
[ "$(check "$story/lie")" = 2 ] || fail "an event left out: $(cat "$story/lie.json")"
[ "$(jq -r .failed.check "$story/lie.json")" = map ] || [ "$(jq -r .failed.check "$story/lie.json")" = list ] ||
	fail "an event left out is found elsewhere: $(cat "$story/lie.json")"

# ---- what others may read ----
proof "$story/public" '' "$(code S001)"
[ "$(check "$story/public")" = 2 ] || fail "public: $(cat "$story/public.json")"
[ "$(jq -c '[.result, .withheld, .failed]' "$story/public.json")" = '["not_proven",true,null]' ] || fail "public: $(cat "$story/public.json")"
[ "$(jq '[.subjects[] | select(.subject | startswith("goods/") | not) | .entries[]? | select(.entry)] | length' "$story/public")" = 0 ] ||
	fail "the public reads entries"
[ "$(jq -c '[.subjects[] | [.subject, [.entries[]?.index]]]' "$story/public")" = "$(jq -c '[.subjects[] | [.subject, [.entries[]?.index]]]' "$story/item")" ] ||
	fail "the public's lists are others"
for _ in $(seq 200); do
	if projected; then break; fi
	pause 0.1
done
shop=$(cm token create --role partner --org shop --scope read | jq -r .token)
proof "$story/shop" "$shop" "$(code S001)"
[ "$(check "$story/shop")" = 2 ] || fail "shop: $(cat "$story/shop.json")"
# Of the item's own list the shop reads what it did, not what the mill did.
[ "$(jq -c '.subjects[] | select(.subject | endswith("/21/S001")) | [.entries[] | has("entry")]' "$story/shop")" = '[false,false,true,true]' ] ||
	fail "the shop reads $(jq -c '.subjects[] | select(.subject | endswith("/21/S001"))' "$story/shop")"
for s in registry/device/shop-till registry/organisation/shop; do
	jq -e --arg s $s '[.subjects[] | select(.subject == $s) | .entries[] | has("entry")] | all' "$story/shop" >/dev/null || fail "the shop does not read $s"
done
jq -e '[.subjects[] | select(.subject == "registry/device/harbour-dock") | .entries[] | has("entry")] | any | not' "$story/shop" >/dev/null ||
	fail "the shop reads who signed what it may not see"

# ---- the log goes on; what was proven stays proven ----
before=$(jq .asOf "$story/item.json")
document shop-till 'seen(9; $item + "S002"; "retail_selling"; "9506000111137")'
for ((tries = 0; ; tries++)); do
	[ $tries -lt 300 ] || fail "the map stands still"
	proof "$story/later" "$API_TOKEN" "$(code S002)"
	check "$story/later" >/dev/null
	[ "$(jq .asOf "$story/later.json")" -le "$before" ] || break
	pause 0.1
done
[ "$(check "$story/item")" = 0 ] || fail "the old bundle: $(cat "$story/item.json")"
[ "$(jq .asOf "$story/item.json")" = "$before" ] || fail "it says another moment"

# ---- absence alone, and consistency from the moment of the old bundle on ----
curl -fsS "$API_URL/log/absence?subject=$(uri "$(code NEVER1)")" >"$story/absence"
jq -e '.subject.present == false and (.subject.map | length) > 0 and (.checkpoint | startswith("'"$ORIGIN"'\n"))' "$story/absence" >/dev/null ||
	fail "absence: $(cat "$story/absence")"
old=$(jq '.epoch.index + 1' "$story/item") new=$(curl -fsS "$API_URL/log/checkpoint" | sed -n 2p)
for from in 0 1 "$old" "$new"; do
	curl -fsS "$API_URL/log/consistency?from=$from&to=$new" | jq -e --argjson f "$from" '.from == $f and (.path | type) == "array"' >/dev/null ||
		fail "no consistency from $from"
done
curl -fsS "$API_URL/metrics" >"$story/metrics"
grep -q '^countermark_api_map_differences_total 0$' "$story/metrics" || fail "the map differs"
[ "$(sed -n 's/^countermark_api_map_entries //p' "$story/metrics")" -gt "$newest" ] || fail "metrics: $(grep map "$story/metrics")"

# ---- a table that lacks an entry gives no shortened history ----
verify() { curl -sS -o "$story/verdict" -w '%{http_code}' "$API_URL/v1/verify?code=$(uri "$(code S001)")"; }
[ "$(verify)" = 200 ] || fail "verify: $(cat "$story/verdict")"
psql -Xq "$PGURI" -c "SET session_replication_role = replica;
	DELETE FROM item WHERE (log_id, subject, idx) IN (SELECT log_id, subject, min(idx) FROM item
		WHERE subject LIKE '%/21/S001' GROUP BY 1, 2)"
[ "$(verify)" = 503 ] || fail "a lacking row: $(cat "$story/verdict")"
jq -e '.type | endswith("/entries_differ")' "$story/verdict" >/dev/null || fail "a lacking row: $(cat "$story/verdict")"
echo ok
