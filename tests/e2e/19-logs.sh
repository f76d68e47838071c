#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Goal: two logs share one PostgreSQL and one broker and know nothing of each
# other: each API shows its own events, each audit is clean, neither ingest may
# touch the other's topics, the death of one disturbs the other in nothing, and
# what an identity of one log says to the other is refused.
. "$(dirname "$0")/../harness/story.sh"
story_start --logs 2

use() { # log: the environment of that log from here on
	local env=$story/stack/log-$1/env
	[ "$1" = 1 ] || [ -e "$env" ] || fail "no $env"
	[ "$1" = 2 ] || env=$story/stack/env
	# shellcheck disable=SC1090
	. "$env"
}
receipt_key() { jq -r .receipt_key "$STATE/conf/log.json"; }
sql() { psql -XqAt "$PGURI" -c "$1"; }
until_ok() { # seconds what command…
	local end=$((SECONDS + $1)) what=$2
	shift 2
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || fail "$what: not within its time"
		pause 0.05
	done
}
# scan DEVICE SERIAL: an agent of the log in use takes one scan and ends when the
# ledger has signed for it.
scan() {
	echo "(01)09506000134352(21)$2" >"$story/$1.codes"
	agent_conf "$1" file "$story/$1.codes"
	timeout 60 "$EDGE" --config "$story/$1.conf" run >>"$story/$1.out" 2>>"$story/$1.log" ||
		fail "$1 ended with $?: $(tail -3 "$story/$1.log")"
	grep -q '^receipted ' "$story/$1.out" || fail "$1 has no receipt"
}
steps() { # SERIAL: how many the API in use shows; an item without any is a 404
	local code
	code=$(curl -sS -o "$story/history" -w '%{http_code}' "$API_URL/v1/items/01%2F09506000134352%2F21%2F$1/history")
	case $code in
	200) jq '.steps | length' "$story/history" ;;
	404) echo 0 ;;
	*) fail "history of $1: $code" ;;
	esac
}
shows() { [ "$(steps "$1")" = "$2" ]; }
status() { curl -s -o /dev/null -w '%{http_code}' "$@"; }

# ---- an event into each ----
declare -A number token size
for k in 1 2; do
	use $k
	number[$k]=$(sql "select log_id from log where name = '$LOG'")
	token[$k]=$API_TOKEN
	cm org add mill >/dev/null
	enrol "line-$k" mill
	scan "line-$k" "OF$k"
	until_ok 20 "the event of log $k in its API" shows "OF$k" 1
	curl -fsS "$API_URL/log/checkpoint" >"$story/checkpoint.$k"
	[ "$(head -1 "$story/checkpoint.$k")" = "$ORIGIN" ] || fail "log $k: another origin"
done
for k in 1 2; do
	use $k
	other=$((3 - k))
	shows "OF$other" 0 || fail "the API of log $k shows the event of log $other"
	[ "$(status "$API_URL/device/line-$k/did.json")" = 200 ] || fail "log $k does not know its device"
	[ "$(status "$API_URL/device/line-$other/did.json")" = 404 ] || fail "log $k knows the other's device"
	bundle=$API_URL/log/tile/entries/000.p/2
	[ "$(status -H "Authorization: Bearer ${token[$k]}" "$bundle")" = 200 ] || fail "log $k refuses its own token"
	[ "$(status -H "Authorization: Bearer ${token[$other]}" "$bundle")" = 401 ] || fail "log $k takes the other's token"
done
[ "$(sed -n 3p "$story/checkpoint.1")" != "$(sed -n 3p "$story/checkpoint.2")" ] || fail "both logs have one root"
audit() { # when
	local k
	for k in 1 2; do
		use $k
		cm audit >"$story/audit" || fail "$1: log $k: $(tail -3 "$story/audit")"
		size[$k]=$(tail -1 "$story/audit" | sed -n 's/^entries=\([0-9]*\) faults=0$/\1/p')
		[ "${size[$k]:-0}" -ge 5 ] || fail "$1: log $k: $(tail -1 "$story/audit")"
	done
}
audit "after the first events"

# ---- the broker keeps the ingests apart ----
may() { # USER TOPIC: publishing says yes or no
	mosquitto_pub -V 5 -h "$MQTT_HOST" -p "$MQTT_PORT" -u "$1" -i "try-$1" -q 1 -t "$2" -m x >"$story/pub" 2>&1 || true
	if grep -q 'Not authorized' "$story/pub"; then echo no; else echo yes; fi
}
while read -r user topic want; do
	[ "$(may "$user" "$topic")" = "$want" ] || fail "broker: $user on $topic, wanted $want: $(cat "$story/pub")"
done <<-'ROWS'
	ingest cm/1/demo/nobody/rc yes
	ingest-2 cm/1/demo-2/nobody/rc yes
	ingest cm/1/demo-2/nobody/rc no
	ingest-2 cm/1/demo/nobody/rc no
ROWS
mosquitto_sub -V 5 -h "$MQTT_HOST" -p "$MQTT_PORT" -u ingest-2 -i watch -t 'cm/1/+/+/ev' -F %t \
	>"$story/heard" 2>&1 &
story_pids+=($!)
heard() { # whether its own log was heard more than $1 times
	[ "$(may line-2 cm/1/demo-2/line-2/ev)" = yes ] && [ "$(grep -c '^cm/1/demo-2/' "$story/heard")" -gt "$1" ]
}
until_ok 10 "a subscription to hear its own log" heard 0
use 1
scan line-1 HEARD
until_ok 10 "its own log again" heard "$(grep -c '^cm/1/demo-2/' "$story/heard")"
if grep -q '^cm/1/demo/' "$story/heard"; then fail "ingest-2 hears log 1: $(cat "$story/heard")"; fi
kill "${story_pids[-1]}"

# ---- one ingest dies, the other does not notice ----
state_of() { sql "select term || ' ' || size from log_head where log_id = ${number[$1]}"; }
held=$(pid_of ingest)
before=$(state_of 1)
touch "$story/stack/run/ingest-2.stop" # its supervisor lets it lie
kill -KILL "$(pid_of ingest-2)"
until_ok 10 "the end of ingest-2" test ! -e "$story/stack/run/ingest-2.supervisor"
dead=$(state_of 2)
use 2
echo '(01)09506000134352(21)WAITS' >"$story/line-2.codes"
agent_conf line-2 file "$story/line-2.codes"
"$EDGE" --config "$story/line-2.conf" run >"$story/waits" 2>>"$story/line-2.log" &
waits=$!
story_pids+=("$waits")
until_ok 20 "the scan of log 2 on disk" grep -q '^stored ' "$story/waits"
use 1
scan line-1 ALONE
until_ok 20 "log 1 alone" shows ALONE 1
[ "$(pid_of ingest)" = "$held" ] || fail "the ingest of log 1 is another process"
after=$(state_of 1)
[ "${after% *}" = "${before% *}" ] && [ "${after#* }" -gt "${before#* }" ] ||
	fail "log 1 went from term and size $before to $after"
[ "$(state_of 2)" = "$dead" ] || fail "log 2 moves without its ingest"
if grep -q '^receipted ' "$story/waits"; then fail "log 2 receipted without its ingest"; fi
[ "$("$root/script/stack" status --state "$story/stack" | awk '$2 != "running" { print $1 }')" = ingest-2 ] ||
	fail "status does not tell that ingest-2 alone is down"
"$root/script/stack" start --state "$story/stack" >>"$story/start.log" 2>&1 || fail "ingest-2 does not come back"
wait $waits || fail "line-2 ended with $?"
grep -q '^receipted ' "$story/waits" || fail "what waited has no receipt"
[ "$(pid_of ingest)" = "$held" ] || fail "the second start touched the ingest of log 1"
use 2
until_ok 20 "what waited in the API of log 2" shows WAITS 1

# ---- an identity of log 2 speaks to log 1 ----
use 2
host_2=${AUTHORITY#did:web:}
cm org add yard >/dev/null
enrol both yard
mv "$story/both.key" "$story/both-2.key"
use 1
enrol both mill # another key under the same name
mv "$story/both.key" "$story/both-1.key"
# foreign NAME KEY AUTHORITY CODE: that statement on log 1's topic ends in the
# quarantine of log 1 with CODE.
foreign() {
	local put size_1
	put="select count(*) from quarantine where log_id = ${number[1]} and code = '$4'"
	rm -rf "${story:?}/$1"
	cp "$2" "$story/$1.key"
	echo "(01)09506000134352(21)FOREIGN" >"$story/$1.codes"
	agent_conf "$1" file "$story/$1.codes"
	sed -i "s/^authority = .*/authority = $3/" "$story/$1.conf"
	[ "$(sql "$put")" = 0 ] || fail "the quarantine of log 1 is not empty of $4"
	"$EDGE" --config "$story/$1.conf" run >"$story/foreign" 2>>"$story/foreign.log" &
	local agent=$!
	story_pids+=("$agent")
	until_ok 20 "$4 in the quarantine" eval "[ \$(sql \"$put\") -ge 1 ]"
	kill -KILL $agent
	wait $agent || true
	if grep -q '^receipted ' "$story/foreign"; then fail "log 1 receipted a statement of log 2's $1"; fi
	size_1=$(sql "select count(*) from device_entry where log_id = ${number[1]} and device = '$1'")
	[ "$size_1" = 0 ] || fail "log 1 took $size_1 statements of log 2's $1"
	sql "delete from quarantine where log_id = ${number[1]}"
}
cp "$story/line-2.key" "$story/kept.key"
foreign line-2 "$story/kept.key" "$host_2" unknown_device
foreign both "$story/both-2.key" "$host_2" unknown_device
foreign both "$story/both-2.key" "${AUTHORITY#did:web:}" bad_signature
[ "$(steps FOREIGN)" = 0 ] || fail "log 1 shows what log 2 said"
# The one that log 1 enrolled under this name starts its chain undisturbed.
rm -rf "${story:?}/both"
cp "$story/both-1.key" "$story/both.key"
scan both MINE
until_ok 20 "log 1's own device" shows MINE 1

audit "at the end"
echo "logs: two of ${size[1]} and ${size[2]} entries, each its own"
