#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Goal: while the broker is away a box breaks down, and its scans go on from
# another machine: export, import, and each of them reaches the ledger once and
# in order. The old machine signs no more, whenever its export is killed; later
# the chain comes home the same way.
. "$(dirname "$0")/../harness/story.sh"
story_start
sql() { psql -XqAt "$PGURI" -c "$1"; }
old=$story/mill-line-1.conf new=$story/new.conf
n=400

cm org add mill >/dev/null
enrol mill-line-1 mill
agent_conf mill-line-1 file "$story/codes"
# The new machine has its own folder; the key was brought there by hand.
sed "s|^state = .*|state = $story/new-box|; s|^path = .*|path = $story/new-codes|" "$old" >"$new"
# The stack starts a killed broker again: away means another port.
sed -i 's/^port = .*/port = 1/' "$old"

codes() { # first last
	local i
	for ((i = $1; i <= $2; i++)); do printf '(01)09506000134352(21)MOVE%05d\n' "$i"; done
}
edge() { # conf arguments…: its output, its log to a file
	"$EDGE" --config "$1" "${@:2}" 2>>"$story/agent.log"
}
code() { # expected code, text in the log, conf, arguments…
	local got=0
	"$EDGE" --config "$3" "${@:4}" >"$story/refused" 2>&1 || got=$?
	[ $got -eq "$1" ] || fail "${*:4}: ended with $got, wanted $1: $(cat "$story/refused")"
	grep -q "$2" "$story/refused" || fail "${*:4}: no '$2' in $(cat "$story/refused")"
}

# 1. All is scanned, nothing can be sent; the export waits for the agent's end.
codes 1 $n >"$story/codes"
"$EDGE" --config "$old" run >"$story/out.1" 2>>"$story/agent.log" &
agent=$!
story_pids+=("$agent")
for _ in $(seq 500); do
	[ "$(grep -c ^stored "$story/out.1" || true)" -eq $n ] && break
	pause 0.02
done
[ "$(grep -c ^stored "$story/out.1")" -eq $n ] || fail "not all is stored"
code 1 'code=exists .*another agent runs' "$old" export "$story/stick"
kill -TERM $agent
wait $agent || true

# 2. The export is killed a little later each time, until one gets through.
# Before its mark the agent still starts; nobody can import what it left.
kills=0
for ((ms = 1; ; ms += 3)); do
	edge "$old" export "$story/stick" >"$story/exported" &
	export=$!
	story_pids+=("$export")
	pause "0.$(printf '%03d' $ms)"
	kill -KILL $export 2>/dev/null || true
	wait $export 2>/dev/null && break
	kills=$((kills + 1))
	[ $kills -lt 300 ] || fail "the export never ends"
	if [ -e "$story/stick.tmp" ] && ! edge "$old" status | grep -q stopped=moved; then
		code 1 'evt=import' "$new" import "$story/stick.tmp"
	fi
done
[ "$(cat "$story/exported")" = "exported identity=mill-line-1 statements=$n from=1 upto=$n" ] ||
	fail "export prints $(cat "$story/exported")"
edge "$old" export "$story/stick.2" >/dev/null || fail "a second export fails"
cmp "$story/stick" "$story/stick.2" || fail "the second export differs"

# 3. The old machine says why it does not run.
code 1 'code=moved .*was exported (move 1)' "$old" run
edge "$old" status | grep -q "waiting=$n .*stopped=moved" || fail "status: $(edge "$old" status)"
code 1 'code=moved .*this very file' "$old" import "$story/stick"

# 4. A damaged stick is refused and changes nothing; the whole one is taken,
# twice, and the new machine delivers and goes on.
sed 's/MOVE00200/MOVE00201/' "$story/stick" >"$story/stick.bad"
code 1 'code=proof .*damaged' "$new" import "$story/stick.bad"
[ ! -e "$story/new-box/mill-line-1.outbox" ] || fail "a refused file left an outbox"
[ "$(edge "$new" import "$story/stick")" = "imported identity=mill-line-1 statements=$n from=1 upto=$n" ] ||
	fail "the import fails: $(tail -3 "$story/agent.log")"
[ "$(edge "$new" import "$story/stick")" = "imported identity=mill-line-1 statements=0 from=$((n + 1)) upto=$n" ] ||
	fail "the second import is not harmless: $(tail -3 "$story/agent.log")"
codes $((n + 1)) $((n + 50)) >"$story/new-codes"
edge "$new" run >"$story/out.2" || fail "the new machine ended with $?: $(tail -3 "$story/agent.log")"
grep -q "^receipted upto=$((n + 50)) " "$story/out.2" || fail "not receipted: $(tail -3 "$story/out.2")"

# 5. And home again, with the broker back.
edge "$new" export "$story/stick.3" >/dev/null || fail "the export back fails"
[ "$(edge "$old" import "$story/stick.3")" = "imported identity=mill-line-1 statements=0 from=$((n + 51)) upto=$((n + 50))" ] ||
	fail "the import back fails: $(tail -3 "$story/agent.log")"
sed -i "s/^port = .*/port = $MQTT_PORT/" "$old"
codes $((n + 51)) $((n + 60)) >"$story/codes"
edge "$old" run >"$story/out.3" || fail "at home it ended with $?: $(tail -3 "$story/agent.log")"
grep -q "^stored seq=$((n + 51)) " "$story/out.3" || fail "the chain does not go on: $(head -1 "$story/out.3")"
code 1 'code=moved .*move 2' "$new" run

# 6. Each scan stands in the ledger once, in the order of the scans, unforked.
sql "select substring(encode(entry, 'escape') from '21/(MOVE[0-9]{5})') from entry
	where position('mill-line-1'::bytea in entry) > 0 and position('/21/MOVE'::bytea in entry) > 0
	order by idx" >"$story/entered"
for ((i = 1; i <= n + 60; i++)); do printf 'MOVE%05d\n' $i; done >"$story/wanted"
cmp "$story/entered" "$story/wanted" || fail "entered: $(diff "$story/wanted" "$story/entered" | head -5)"
[ "$(sql "select count(*) from entry where entry like 'countermark/fork%'::bytea")" = 0 ] || fail "a fork"
cm audit | tail -1 | grep -q 'faults=0' || fail "the audit finds faults"
echo "$n scans moved after $kills killed exports, $((n + 60)) in the ledger, once and in order"
