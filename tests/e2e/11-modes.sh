#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Goal: items that an agent made (mode batch) and packed into containers, their
# codes written into a named pipe by two writers, are in the ledger: nothing
# nacked, and the API tells of each step.
set -euo pipefail
. "$(dirname "$0")/../harness/story.sh"
story_start
cm org add mill >/dev/null
cm goods add 09506000134352 --org mill >/dev/null
enrol mill-press mill
enrol mill-packer mill

agent_conf mill-press stdin
sed -i -e '/^\[input/,$d' -e 's/^mode = .*/mode = batch\ngtin = 09506000134352\ncount = 1000/' "$story/mill-press.conf"
timeout 60 "$EDGE" --config "$story/mill-press.conf" run >"$story/out.press" 2>"$story/agent.log" ||
	fail "batch ended with $?: $(tail -3 "$story/agent.log")"
sed -n 's/^issued code=//p' "$story/out.press" >"$story/items"
[ "$(sort -u "$story/items" | wc -l)" -eq 1000 ] || fail "not 1000 different items"
grep -q '^receipted upto=2 ' "$story/out.press" || fail "not two statements: $(grep receipted "$story/out.press")"

agent_conf mill-packer fifo "$story/scans"
sed -i -e 's/^mode = .*/mode = pack\npackSize = 10/' -e 's/^bizStep = .*/bizStep = packing/' \
	-e '/^action/d' -e 's/^disposition = .*/disposition = in_progress/' "$story/mill-packer.conf"
"$EDGE" --config "$story/mill-packer.conf" run >"$story/out.packer" 2>>"$story/agent.log" &
packer=$!
story_pids+=("$packer")
for _ in $(seq 100); do
	if [ -p "$story/scans" ]; then break; fi
	pause 0.05
done
{ echo '(00)095060001343520000' && sed -n 1,10p "$story/items"; } >"$story/scans"
{ echo '(00)095060001343520017' && sed -n 11,20p "$story/items"; } >"$story/scans"
for _ in $(seq 100); do
	if grep -q '^receipted upto=2 ' "$story/out.packer"; then break; fi
	pause 0.1
done
[ "$(grep -c ^packed "$story/out.packer")" -eq 22 ] || fail "not all were packed: $(tail -3 "$story/out.packer")"
[ "$(grep -c '^stored .*code=(00)' "$story/out.packer")" -eq 2 ] || fail "not two containers"
grep -q '^receipted upto=2 ' "$story/out.packer" || fail "the containers are not receipted"
rss=$(awk '/^VmRSS/ { print $2 }' "/proc/$packer/status")
kill -TERM $packer
wait $packer || fail "the packer ended with $?"
if grep -h '^nacked\|^refused' "$story"/out.*; then fail "the ledger or the agent objects"; fi

code="01/09506000134352/21/$(sed -n '15s/.*(21)//p' "$story/items")"
# Entries are visible with the first checkpoint after them, a second at most.
pause 2.5
steps=$(curl -fsS -H "Authorization: Bearer $API_TOKEN" \
	"$API_URL/v1/items/$(jq -rn --arg c "https://id.gs1.org/$code" '$c | @uri')/history" | jq -c '[.steps[].bizStep]')
[[ $steps == *commissioning*packing* ]] || fail "the history says $steps"
echo "1000 made, 20 packed into 2 by way of a pipe; packer $rss KB resident"
