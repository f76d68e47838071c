#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Goal: whatever an agent reported stored reaches the ledger, though the agent
# is killed in the middle of a burst, the broker is killed while it sends, and
# it starts again on the same outbox; nothing is entered twice.
set -euo pipefail
. "$(dirname "$0")/../harness/story.sh"
story_start
cm org add mill >/dev/null
enrol mill-line-1 mill
for ((i = 0; i < 3000; i++)); do
	printf '(01)09506000134352(21)KILL%07d\n' $i
done >"$story/codes"
agent_conf mill-line-1 file "$story/codes"

"$EDGE" --config "$story/mill-line-1.conf" run >"$story/out.1" 2>>"$story/agent.log" &
agent=$!
story_pids+=("$agent")
for _ in $(seq 200); do
	[ "$(grep -c ^stored "$story/out.1" || true)" -ge 500 ] && break
	pause 0.02
done
kill -KILL $agent
wait $agent || true
stored=$(grep -c ^stored "$story/out.1")
[ "$stored" -ge 500 ] || fail "stored only $stored before the kill"

# Nothing new to scan: the outbox alone is delivered, over a broker that dies.
: >"$story/codes"
"$EDGE" --config "$story/mill-line-1.conf" run >"$story/out.2" 2>>"$story/agent.log" &
agent=$!
story_pids+=("$agent")
pause 0.2
kill -KILL "$(pid_of mosquitto)"
wait $agent || fail "the second run ended with $?: $(tail -3 "$story/agent.log")"

state=$("$EDGE" --config "$story/mill-line-1.conf" status --json)
waiting=$(jq '.identities[0].waiting' <<<"$state")
receipted=$(jq '.identities[0].receipted' <<<"$state")
[ "$waiting" -eq 0 ] || fail "$waiting statements are still waiting"
# The last batch may have been committed and not yet reported.
[ "$receipted" -ge "$stored" ] || fail "$stored were reported stored, the ledger signed for $receipted"
echo "$stored reported, $receipted receipted, none lost"
