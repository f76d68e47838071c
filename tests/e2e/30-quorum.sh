#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Goal: two parties watch each other's log with the operators' guide's commands,
# as printed there. A's log asks for all of its two witnesses, B's for any. With
# a witness killed or hanging the one keeps what is published, with an alarm,
# until it is back; the other goes on. `on_failure = open` publishes without,
# which a monitor calls by its name. An ingest whose database was restored from
# an earlier copy signs nothing while a witness knows more, and says what to do.
# shellcheck source=tests/harness/story.sh
. "$(dirname "$0")/../harness/story.sh"

# on LOG command…: with that log's environment; log 1 is A's, log 2 is B's.
on() {
	local file=$story/stack/env
	[ "$1" = 1 ] || file=$story/stack/log-$1/env
	shift
	# shellcheck disable=SC1090
	(. "$file" && "$@")
}
of() { on "$1" eval "printf '%s' \"\$$2\""; } # LOG VARIABLE
checkpoint() { curl -fsS "$API_URL/log/checkpoint"; }
published() { on "$1" checkpoint | sed -n 2p; }
beyond() { [ "$(published "$1")" -gt "$2" ]; }
pending() { curl -fsS "$API_URL/log/checkpoint.pending" 2>/dev/null | sed -n 2p; }
pending_beyond() { [ "$(on "$1" pending)" -gt "$2" ] 2>/dev/null; }
cosigned() { on "$1" checkpoint | grep -q "^— $2 "; } # LOG, witness's name
metric() { awk -v n="countermark_ingest_$1" '$1 == n { print $2 }' "$STATE/ingest/metrics"; }
metric_is() { [ "$(on "$1" metric "$2")" = "$3" ]; }
grow() { on "$1" cm --timeout 60 org add "$2" >/dev/null; } # LOG, name: confirmed by a receipt

# ---- two parties and the guide's commands ----
guide=$root/docs/operators-guide.md
documented() { # what it begins with: the command as it is printed there, once
	sed -n '/^## Witnesses/,/^## /s/^\(countermark .*\)$/\1/p' "$guide" | grep -e "^countermark $1" || fail "the guide has no command $1"
}
free_port() {
	local p=$((20000 + RANDOM % 12000))
	while ss -Hltn "sport = :$p" | grep -q .; do p=$((20000 + RANDOM % 12000)); done
	echo $p
}
mkdir -p "$root/build/stories"
story=$(mktemp -d "$root/build/stories/XXXXXXXX")
chmod 755 "$story"
trap story_end EXIT
declare -A port pid
own() { # party command: its own name and address in it, nothing else
	local command=${2//a.example/$1.example}
	echo "${command//0.0.0.0:8470/127.0.0.1:${port[$1]}}"
}
run_as() { (cd "$story/$1" && PATH=$CM_BIN:$PATH exec bash -c "exec $(own "$1" "$2")"); } # party command
for party in a b; do
	mkdir -p "$story/$party/DIR"
	port[$party]=$(free_port)
	run_as $party "$(documented keygen)" >/dev/null
	run_as $party "$(documented 'witness .* --show')" | jq -r .vkey >"$story/$party/vkey"
done
# watch PARTY VKEY: the party's witness for the other's log
up() { curl -fsS "http://127.0.0.1:${port[$1]}/healthz" >/dev/null 2>&1; }
watch() {
	local command
	command=$(documented 'witness .* --listen')
	[[ $command == *VKEY-OF-B ]] || fail "the guide's command does not end in VKEY-OF-B"
	command=$(own "$1" "${command/VKEY-OF-B/$2}")
	(cd "$story/$1" && PATH=$CM_BIN:$PATH exec bash -c "exec $command") >>"$story/$1.log" 2>&1 &
	pid[$1]=$!
	story_pids+=("${pid[$1]}")
	until_true 20 "witness of $1 does not start: $(tail -n 3 "$story/$1.log")" up "$1"
}
begin_log() { # arguments: what stands in that log's policy
	"$root/script/stack" start --state "$story/stack" "$@" >>"$story/start.log" 2>&1 &
	starting=$!
	story_pids+=("$starting")
}
ready() { wait $starting || fail "the stack does not start: $(tail -n 5 "$story/start.log")"; }
made() { [ -e "$1" ] || { ! kill -0 $starting 2>/dev/null && ready; }; }

# A's log names B's witness, and publishes nothing before that runs.
begin_log --witness "$(cat "$story/b/vkey")=http://127.0.0.1:${port[b]}" --quorum all
until_true 120 "A's log is not made" made "$story/stack/conf/log.json"
vkey_a=$(jq -r .vkey "$story/stack/conf/log.json")
watch b "$vkey_a"
ready
begin_log --logs 2 --witness "$(cat "$story/a/vkey")=http://127.0.0.1:${port[a]}" --quorum any
until_true 120 "B's log is not made" made "$story/stack/log-2/conf/log.json"
vkey_b=$(jq -r .vkey "$story/stack/log-2/conf/log.json")
watch a "$vkey_b"
ready
map_a=$(of 1 ORIGIN)/witness/map
map_b=$(of 2 ORIGIN)/witness/map
cosigned 1 b.example/w || fail "A's log bears no cosignature of B: $(on 1 checkpoint)"
cosigned 1 "$map_a" || fail "A's log bears no cosignature of its map witness"
n=0
both() { # within some checkpoints: it answers, though it need not
	n=$((n + 1))
	grow 2 "both-$n"
	cosigned 2 a.example/w
}
until_true 60 "B's log never bears A's cosignature" both

# ---- any: goes on ----
goes_on() { # what
	local was
	was=$(published 2)
	grow 2 "$1"
	until_true 30 "$1: any does not publish" beyond 2 "$was"
	! cosigned 2 a.example/w || fail "$1: cosigned by who cannot"
	cosigned 2 "$map_b" || fail "$1: published without any cosignature"
	metric_is 2 checkpoint_pending 0 || fail "$1: an alarm though the quorum holds"
}
kill -STOP "${pid[a]}"
goes_on hanging
goes_on hanging-still
kill -KILL "${pid[a]}"
goes_on killed
watch a "$vkey_b"
until_true 60 "A's witness is not asked again" both

# ---- all: waits, tells, and goes on when it is back ----
waits() { # what
	local was
	was=$(published 1)
	grow 1 "$1"
	until_true 30 "$1: nothing stands as pending" pending_beyond 1 "$was"
	until_true 30 "$1: no alarm" metric_is 1 checkpoint_pending 1
	grow 1 "$1-still"
	[ "$(published 1)" = "$was" ] || fail "$1: published without its quorum"
	kept=$was
}
back() { # what
	until_true 60 "$1: not published after its return" beyond 1 "$kept"
	cosigned 1 b.example/w || fail "$1: published without its cosignature"
	until_true 20 "$1: the alarm stays" metric_is 1 checkpoint_pending 0
}
kill -STOP "${pid[b]}"
waits hanging
kill -CONT "${pid[b]}"
back hanging
kill -KILL "${pid[b]}"
waits killed
watch b "$vkey_a"
back killed

# ---- a copy of the database, for later ----
/usr/lib/postgresql/15/bin/pg_dump -Fc -f "$story/early" "$(of 1 PGURI)"
early=$(published 1)

# ---- open: publishes without, with an alarm ----
# The stack's own ingest ends, others run on copies of its configuration.
kill "$(on 1 pid_of ingest)"
{
	cat "$story/stack/conf/ingest.conf"
	printf '[witness]\non_failure = open\n'
} >"$story/open.conf"
chmod 600 "$story/open.conf"
kill -KILL "${pid[b]}"
"$CM_BIN/countermark-ingest" --config "$story/open.conf" >"$story/open.log" 2>&1 &
open=$!
story_pids+=("$open")
was=$(published 1)
grow 1 open
until_true 60 "open does not publish: $(tail -n 3 "$story/open.log")" beyond 1 "$was"
! cosigned 1 b.example/w || fail "open: cosigned by who is dead"
grep -q 'evt=witness.quorum .*published=1' "$story/open.log" || fail "open: no alarm"
unwitnessed() { [ "$(on 1 metric unwitnessed_total)" -gt 0 ] 2>/dev/null; }
until_true 20 "open: what lacks its quorum is not counted" unwitnessed
printf '%s\n' "$(of 1 API_TOKEN)" >"$story/token"
code=0
"$CM_BIN/countermark" witness --monitor "$(of 1 API_URL)/log" --policy "$(of 1 POLICY)" \
	--token-file "$story/token" --once >"$story/alarms" 2>&1 || code=$?
[ $code -eq 1 ] || fail "the monitor exits $code: $(cat "$story/alarms")"
grep -q '^alarm=no_quorum url=.* at=checkpoint ' "$story/alarms" || fail "the monitor says $(cat "$story/alarms")"
tail -n 1 "$story/alarms" | grep -Eq '^entries=[1-9][0-9]* alarms=1$' || fail "more than that: $(cat "$story/alarms")"
watch b "$vkey_a"
again() {
	n=$((n + 1))
	grow 1 "again-$n"
	cosigned 1 b.example/w
}
until_true 60 "B's witness is not asked again" again
grep -q 'evt=witness.quorum_back' "$story/open.log" || fail "open: the alarm stays"
kill "$open"
wait "$open" || fail "the open ingest: $(tail -n 3 "$story/open.log")"

# ---- rewind: an earlier copy, on a machine without the high-water file ----
[ "$(published 1)" -gt "$early" ] || fail "the log has not grown since the copy was made"
uri=$(of 1 PGURI)
psql -XqAt "$uri" -c 'CREATE DATABASE restored' >/dev/null
/usr/lib/postgresql/15/bin/pg_restore -d "${uri%/*}/restored" "$story/early"
mkdir "$story/newborn"
sed "s,dbname=countermark,dbname=restored,;s,^highwater = .*,highwater = $story/newborn/highwater,;s,^metrics_file = .*,metrics_file = $story/newborn/metrics," \
	"$story/stack/conf/ingest.conf" >"$story/restored.conf"
chmod 600 "$story/restored.conf"
signed() { psql -XqAt "${uri%/*}/restored" -c 'SELECT log_id, size FROM checkpoint UNION ALL SELECT log_id, size FROM checkpoint_pending ORDER BY 1, 2'; }
before=$(signed)
code=0
timeout 120 "$CM_BIN/countermark-ingest" --config "$story/restored.conf" >"$story/restored.log" 2>&1 || code=$?
[ $code -eq 1 ] || fail "ingest on an earlier copy exits $code: $(tail -n 3 "$story/restored.log")"
said=$(grep 'code=rewind' "$story/restored.log") || fail "ingest on an earlier copy says $(tail -n 3 "$story/restored.log")"
for word in 'the log has [0-9]* entries' witness 'knows [0-9]' 'hint=.*restore a newer copy'; do
	grep -q "$word" <<<"$said" || fail "the refusal lacks \"$word\": $said"
done
[ "$(signed)" = "$before" ] || fail "a rewound log has signed"
[ ! -s "$story/newborn/highwater" ] || fail "a rewound log has raised its high-water mark"

echo "two parties watch each other: $(published 1) and $(published 2) entries published"
