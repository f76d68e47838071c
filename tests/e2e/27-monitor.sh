#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Goal: a log is audited and watched from outside, without its database: what is
# right raises no alarm, and each lie of a log that lies is caught and named, as
# is a checkpoint without its quorum.
# shellcheck source=tests/harness/story.sh
. "$(dirname "$0")/../harness/story.sh"

story_start
"$CM_BIN/countermark-load" --mqtt "$MQTT_HOST:$MQTT_PORT" --log "$LOG" \
	--authority "${AUTHORITY#did:web:}" --gateway "$story/stack/run/gateway.sock" \
	--devices 10 --each 60 --window 16 >/dev/null
pause 2.5
kill "$(pid_of ingest)" # the log stands still from here
pause 1
printf '%s\n' "$API_TOKEN" >"$story/token"
cp "$POLICY" "$story/policy"
# What the liar signs bears no cosignature: each lie is to be the only fault.
{
	grep '^log ' "$POLICY"
	echo 'quorum none'
} >"$story/alone"
binary="$CM_BIN/countermark"

# ---- the log itself ----
"$binary" audit --from-tiles "$API_URL/log" --policy "$story/policy" \
	--token-file "$story/token" >"$story/audit" 2>"$story/audit.err" ||
	fail "audit of the log: $(tail -n 3 "$story/audit" "$story/audit.err")"
grep -Eq '^entries=[1-9][0-9]{2,} faults=0$' "$story/audit" || fail "audit says $(tail -n 1 "$story/audit")"
code=0
"$binary" audit --from-tiles "$API_URL/log" --policy "$story/policy" >"$story/audit" 2>&1 || code=$?
[ $code -eq 2 ] || fail "audit without a token exits $code"
grep -q 'entries need a token' "$story/audit" || fail "audit does not ask for a token: $(cat "$story/audit")"

# ---- the liar ----
echo honest >"$story/lie"
node "$root/tests/client/liar.mjs" 0 "$API_URL/log" "$API_TOKEN" \
	"$story/stack/keys/log.key" "$story/lie" >"$story/liar.out" 2>"$story/liar.err" &
story_pids+=($!)
for ((i = 0; i < 100; i++)); do
	! grep -qw ready "$story/liar.out" || break
	pause 0.1
done
port=$(awk '/ready/ { print $2 }' "$story/liar.out")
[ -n "$port" ] || fail "the liar does not start: $(cat "$story/liar.err")"
liar=http://127.0.0.1:$port/log

# monitor CODE [regex of a line] -- arguments
monitor() {
	local want=$1 line=$2 code=0
	shift 2
	timeout 60 "$binary" witness --policy "${policy:-$story/alone}" --token-file "$story/token" \
		--once "$@" >"$story/alarms" 2>"$story/alarms.err" || code=$?
	[ $code -eq "$want" ] ||
		fail "$lie: monitor exits $code, wanted $want: $(tail -n 3 "$story/alarms" "$story/alarms.err")"
	grep -Eq "$line" "$story/alarms" || fail "$lie: no line $line in $(cat "$story/alarms")"
}
lie() {
	lie=$1
	echo "$1" >"$story/lie"
}

lie honest
monitor 0 'entries=[1-9][0-9]* alarms=0$' --monitor "$API_URL/log" --monitor "$liar" --state "$story/seen"
grep -q "^$ORIGIN\$" "$story/seen" || fail "the state holds no checkpoint"
cp "$story/seen" "$story/seen.first"
monitor 0 'alarms=0$' --monitor "$liar" --state "$story/seen"

policy=$story/policy
monitor 0 'alarms=0$' --monitor "$API_URL/log" --state "$story/seen.quorate"
monitor 1 "^alarm=no_quorum url=$liar at=checkpoint " --monitor "$liar" --state "$story/seen.none"
monitor 1 'entries=[1-9][0-9]* alarms=1$' --monitor "$API_URL/log" --monitor "$liar" # and all is watched
[ ! -e "$story/seen.none" ] || fail "a checkpoint without its quorum is kept"
policy=''

# A second start goes on from what it has, and asks for no entry twice.
lie refused
monitor 0 'entries=[1-9][0-9]* alarms=0$' --monitor "$liar" --state "$story/seen"

lie older
monitor 1 '^alarm=rewind url=[^ ]+ at=checkpoint ' --monitor "$liar" --state "$story/seen"
monitor 0 'alarms=0$' --monitor "$API_URL/log" --monitor "$liar" # behind is no lie
lie forked
monitor 1 "^alarm=split_view url=$liar " --monitor "$API_URL/log" --monitor "$liar"
monitor 1 "^alarm=split_view url=$liar " --monitor "$liar" --state "$story/seen"
lie dropped
monitor 1 "^alarm=split_view url=$liar " --monitor "$API_URL/log" --monitor "$liar"
monitor 1 '^alarm=bad_entry url=[^ ]+ at=entry/[0-9]+ detail="entry: got (seq|prev)' --monitor "$liar"
lie wrong_map
monitor 1 '^alarm=wrong_map url=[^ ]+ at=entry/[0-9]+ detail="map_root: ' --monitor "$liar"
lie truncated
monitor 1 '^alarm=bad_tile url=[^ ]+ at=tile/entries/000' --monitor "$liar"
lie omitted
monitor 1 '^alarm=bad_tile url=[^ ]+ at=tile/entries/000' --monitor "$liar"
lie altered
monitor 1 '^alarm=split_view ' --monitor "$liar"
lie unsigned
monitor 1 '^alarm=bad_checkpoint ' --monitor "$liar"
lie down
monitor 1 "^alarm=unreachable url=$liar " --monitor "$API_URL/log" --monitor "$liar"
lie refused
monitor 1 '^alarm=refused ' --monitor "$liar"
lie stalled
monitor 1 '^alarm=stalled ' --monitor "$API_URL/log" --stalled 1
cmp -s "$story/seen" "$story/seen.first" || fail "a lie went into the state"

# ---- the audit names the place too ----
# audit_lie LIE FAULT
audit_lie() {
	local code=0
	lie "$1"
	"$binary" audit --from-tiles "$liar" --policy "$story/policy" >"$story/audit" 2>"$story/audit.err" || code=$?
	[ $code -eq 1 ] || fail "$1: audit exits $code: $(tail -n 3 "$story/audit" "$story/audit.err")"
	grep -Eq "^$2" "$story/audit" || fail "$1: no fault says $2: $(cat "$story/audit")"
	tail -n 1 "$story/audit" | grep -Eq '^entries=[0-9]+ faults=[1-9]' || fail "$1: no last line"
}
audit_lie bad_tile 'table=tile row=0/0\[0\] field=hashes got=[0-9a-f]{64} want=[0-9a-f]{64} proofs='
audit_lie truncated 'table=tile row=entries/000 field=bytes '
audit_lie altered 'table=tile row=0/0\[255\] field=hashes '
audit_lie altered 'table=checkpoint row=newest field=note got=split_view '
audit_lie wrong_map 'table=entry row=[0-9]+ field=map_root '
audit_lie dropped 'table=entry row=[0-9]+ field=entry got=(seq|prev)'
audit_lie unsigned 'table=checkpoint row=newest field=note got=bad_checkpoint '

# ---- it goes on until it is stopped, and tells an alarm once ----
lie honest
"$binary" witness --policy "$story/alone" --monitor "$liar" >"$story/alarms" 2>"$story/alarms.err" &
watcher=$!
story_pids+=("$watcher")
pause 2
lie down
for ((i = 0; i < 50; i++)); do
	! grep -q unreachable "$story/alarms" || break
	pause 0.2
done
pause 2.5
kill -TERM "$watcher"
code=0
wait "$watcher" || code=$?
[ $code -eq 1 ] || fail "the stopped monitor exits $code: $(cat "$story/alarms.err")"
[ "$(grep -c '^alarm=unreachable' "$story/alarms")" -eq 1 ] || fail "alarms: $(cat "$story/alarms")"
echo "each lie is caught and named"
