#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Goal: a second ingest waits for the log and takes over within 2 s of the
# first one's SIGKILL. One that was cut off and wakes up after a takeover, with
# statements in its hands, writes nothing and signs nothing: the term is not
# its own any more. Every scan told as stored is in the log, once.
set -euo pipefail
. "$(dirname "$0")/../harness/story.sh"
story_start
sql() { psql -XqAt "$PGURI" -c "$1"; }
term() { sql 'select term from log_head'; }
now_ms() { echo $(($(date +%s%N) / 1000000)); }

cm org add works >/dev/null
enrol line-1 works
agent_conf line-1 file "$story/codes"
scans=0
codes() { # how many: new ones into the agent's file
	local i
	for ((i = 0; i < $1; i++)); do
		printf ']d2010950600013435221S%08dQ\n' $((scans + i))
	done >"$story/codes"
	scans=$((scans + $1))
}
agent() { timeout 60 "$EDGE" --config "$story/line-1.conf" run >>"$story/out" 2>>"$story/agent.log"; }

ingest() { # name: another ingest of the same log, its pid in $pid
	sed "s|^metrics_file = .*|metrics_file = $story/$1.metrics|" \
		"$story/stack/conf/ingest.conf" >"$story/$1.conf"
	"$CM_BIN/countermark-ingest" --config "$story/$1.conf" >"$story/stack/log/$1.log" 2>&1 &
	pid=$!
	story_pids+=("$pid")
}
until_log() { # name event
	local i
	for ((i = 0; i < 300; i++)); do
		if grep -q "evt=$2 " "$story/stack/log/$1.log"; then return; fi
		pause 0.05
	done
	fail "$1 says no $2"
}
until_term() { # above: milliseconds since $since are in $took
	local i
	for ((i = 0; i < 400; i++)); do
		if [ "$(term)" -gt "$1" ]; then
			took=$(($(now_ms) - since))
			return
		fi
		pause 0.02
	done
	fail "nobody took over from term $1"
}

# ---- the first one is killed ----
ingest second
second=$pid
until_log second standby
codes 50
agent || fail "the agent ended with $?"
before=$(term)
touch "$story/stack/run/ingest.stop" # its supervisor lets it lie
since=$(now_ms)
kill -KILL "$(pid_of ingest)"
until_term "$before"
echo "standby: took over in $took ms"
[ "$took" -le 2000 ] || fail "the takeover took $took ms"
codes 50
agent || fail "no receipt from the second one: $(tail -3 "$story/agent.log")"

# ---- the second one is cut off, and wakes up later ----
ingest third
until_log third standby
before=$(term)
kill -STOP "$second"
codes 30
agent &
sender=$!
# The broker hands the statements to the one that sleeps.
for ((i = 0; i < 100; i++)); do
	if [ "$(grep -c '^stored ' "$story/out")" -ge $scans ]; then break; fi
	pause 0.05
done
pause 0.5
since=$(now_ms)
[ "$(sql "select count(pg_terminate_backend(a.pid)) from pg_stat_activity a join pg_locks l using (pid)
	where l.locktype = 'advisory' and l.granted and l.classid = 17229")" -ge 1 ] || fail "nobody holds the log"
until_term "$before"
echo "standby: took over from a sleeping one in $took ms"
held=$(term)
wait "$sender" || fail "statements that the sleeping one took were lost: $(tail -3 "$story/agent.log")"
size=$(sql 'select size from log_head')
kill -CONT "$second"
until_log second database.lost
for ((i = 0; i < 300; i++)); do
	if [ "$(grep -c 'evt=standby ' "$story/stack/log/second.log")" -ge 2 ]; then break; fi
	pause 0.05
done
[ "$(grep -c 'evt=standby ' "$story/stack/log/second.log")" -ge 2 ] || fail "the woken one does not wait again"
[ "$(term)" = "$held" ] || fail "the woken one raised the term"
[ "$(sql "select count(*) from entry where idx >= $size and entry not like 'countermark/epoch%'::bytea")" = 0 ] ||
	fail "the woken one wrote"
codes 20
agent || fail "no receipt after the wakening: $(tail -3 "$story/agent.log")"
[ "$(term)" = "$held" ] || fail "the term moved"

# ---- nothing lost, nothing twice, nothing signed that does not fit ----
[ "$(grep -c '^stored ' "$story/out")" = $scans ] || fail "the agent stored another number than $scans"
[ "$(sql "select count(*) from device_entry where device = 'line-1'")" = $scans ] || fail "not $scans statements"
[ "$(sql "select count(distinct seq) from device_entry where device = 'line-1'")" = $scans ] || fail "a seq stands twice"
cm audit >"$story/audit" || fail "the audit: $(tail -3 "$story/audit")"
tail -1 "$story/audit" | grep -q 'faults=0' || fail "the audit: $(tail -1 "$story/audit")"
echo "standby: $scans scans, once each, over three holders of the log"
