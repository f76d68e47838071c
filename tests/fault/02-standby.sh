#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Goal: a second ingest takes a log over within 2 s of the first one's death,
# and whoever lost the log neither writes nor signs. Killed: the standby goes
# on. Stopped, its database session ended as a cut network ends it, and woken
# again, with statements waiting for it and without: not an entry, checkpoint,
# high-water mark or receipt comes from the old one, it logs the loss and waits
# as standby. Overtaken by a term while its session lives: it ends as fenced.
# In the end all that was told as stored is in the tiles, and the audit is clean.
set -euo pipefail
. "$(dirname "$0")/../harness/story.sh"
limit_ms=2000
device='line-1'
story_start
cm org add works >/dev/null
enrol $device works
agent_conf $device stdin ''

sql() { psql -XqAt -v ON_ERROR_STOP=1 "$PGURI" -c "$1"; }
now_ms() { echo $((${EPOCHREALTIME/[^0-9]/} / 1000)); }
term() { sql 'SELECT term FROM log_head'; }
until_ok() { # seconds what command…
	local end=$((SECONDS + $1)) what=$2
	shift 2
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || fail "$what: not within its time"
		pause 0.02
	done
}

# ---- the device: one agent for the whole story, and all its receipts ----
mkfifo "$story/fifo"
exec {scans}<>"$story/fifo"
"$EDGE" --config "$story/$device.conf" run <"$story/fifo" >"$story/out" 2>"$story/agent.log" &
story_pids+=($!)
mosquitto_sub -V 5 -h "$MQTT_HOST" -p "$MQTT_PORT" -u $device -i "watch-$device" \
	-t "cm/1/$LOG/$device/rc" >"$story/receipts" 2>"$story/watch.log" &
story_pids+=($!)
scanned=0
scan() { # count
	local i line=''
	for ((i = 0; i < $1; i++)); do
		scanned=$((scanned + 1))
		line+=$(printf '(01)09506000134352(21)STBY%07d' $scanned)$'\n'
	done
	printf '%s' "$line" >&"$scans"
}
stored() { [ "$(grep -c '^stored ' "$story/out")" -ge "$scanned" ]; }
upto() { { grep -o 'upto=[0-9]*' "$story/out" || echo upto=0; } | tail -1 | cut -d= -f2; }
receipted() { [ "$(upto)" -ge "$scanned" ]; }
# Receipts name ever more; one that names less comes from who lost the log.
receipts_rise() {
	grep -ao '"upto_seq":[0-9]*' "$story/receipts" | cut -d: -f2 >"$story/upto"
	sort -nc "$story/upto" 2>"$story/fell" ||
		fail "$1: a receipt names less than one before: $(cat "$story/fell")"
	[ "$(tail -1 "$story/upto")" -eq "$scanned" ] || fail "$1: the newest receipt names $(tail -1 "$story/upto") of $scanned"
}

# ---- ingests: the stack's own, then others on copies of its configuration ----
declare -A pid_of_ingest log_of_ingest
pid_of_ingest[first]=$(pid_of ingest)
log_of_ingest[first]=$story/stack/log/ingest.log
wait_standby() { # name, how often it has become one
	until_ok 15 "$1 as standby" eval "[ \$(grep -c evt=standby ${log_of_ingest[$1]}) -ge $2 ]"
}
connections() { # name: to the broker
	ss -Htnp "dport = :$MQTT_PORT" | grep -c "pid=${pid_of_ingest[$1]}," || true
}
start_standby() { # name
	sed "s,^metrics_file = .*,metrics_file = $story/$1.metrics," "$story/stack/conf/ingest.conf" >"$story/$1.conf"
	# Long enough to be stopped with a batch in hand.
	[ "$1" != second ] || echo 'idle_ms = 1000' >>"$story/$1.conf"
	chmod 600 "$story/$1.conf"
	log_of_ingest[$1]=$story/$1.log
	"$CM_BIN/countermark-ingest" --config "$story/$1.conf" >"$story/$1.log" 2>&1 &
	pid_of_ingest[$1]=$!
	story_pids+=($!)
	wait_standby "$1" 1
	[ "$(connections "$1")" -eq 0 ] || fail "$1 is standby and has a connection to the broker"
	! grep -q 'evt=mqtt\|evt=loaded' "$story/$1.log" || fail "$1 is standby and subscribed"
}
holder_backend() { # whose session holds a log's lock
	sql "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND classid = 17229 AND granted"
}
# took_over NAME TERM SINCE_MS WHAT: by NAME, to the term after TERM.
took_over() {
	local to t_term t_sub
	until_ok 15 "$4: the term rises" eval '[ "$(term)" -gt '"$2"' ]'
	t_term=$(($(now_ms) - $3))
	until_ok 15 "$4: $1 subscribes" grep -q 'evt=mqtt connected=1' "${log_of_ingest[$1]}"
	t_sub=$(($(now_ms) - $3))
	to=$(term)
	[ "$to" -eq $(($2 + 1)) ] || fail "$4: term went from $2 to $to"
	grep -q "evt=loaded .* term=$to " "${log_of_ingest[$1]}" || fail "$4: $1 did not log term $to"
	echo "$4: term $to after $t_term ms, subscribed after $t_sub ms"
	[ $t_sub -le $limit_ms ] || fail "$4: took $t_sub ms, wanted at most $limit_ms"
}
# What the ledger says, to be the same before and after.
ledger_state() {
	sql "SELECT size, term, encode(chain, 'hex'), last_epoch FROM log_head;
		SELECT count(*), max(idx) FROM entry; SELECT count(*), max(size) FROM checkpoint;
		SELECT count(*) FROM nack; SELECT count(*) FROM quarantine"
	cat "$story/stack/ingest/highwater"
}
# Nothing waits: the newest epoch covers all, and its checkpoint is published.
# The last epoch before idling covers every entry but epochs (4.5): until then
# the holder cuts one more.
settled() {
	receipted && [ "$(sql "SELECT h.size = h.last_epoch + 1 AND h.size = (SELECT max(size) FROM checkpoint) AND p.covered >
			(SELECT max(e.idx) FROM entry e WHERE NOT EXISTS (SELECT FROM epoch q WHERE q.idx = e.idx))
		FROM log_head h JOIN epoch p ON p.idx = h.last_epoch")" = t ]
}
highwater_fits() { # what
	[ "$(sql "SELECT size || ' ' || encode(root, 'base64') FROM checkpoint ORDER BY size DESC LIMIT 1")" = \
		"$(paste -sd' ' "$story/stack/ingest/highwater")" ] ||
		fail "$1: the high-water file is not the newest checkpoint"
}

scan 5
until_ok 15 'first receipts' receipted

# ---- 1. killed: the standby goes on ----
start_standby second
before=$(term)
touch "$story/stack/run/ingest.stop" # its supervisor lets it lie
start=$(now_ms)
kill -KILL "${pid_of_ingest[first]}"
took_over second "$before" "$start" killed
scan 5
until_ok 10 'receipts of the second' receipted
receipts_rise killed

# ---- 2. stopped, cut off and woken again ----
# fence OLD NEW WAITING: OLD holds the log; with WAITING it is stopped with a
# batch in hand, and so many statements more reach it in vain.
fence() {
	local old=$1 new=$2 waiting=$3 what="$1 stopped, $3 waiting" before start lost standbys
	start_standby "$new"
	until_ok 15 "$what: settled" settled
	before=$(term)
	lost=$(grep -c evt=database.lost "${log_of_ingest[$old]}" || true)
	standbys=$(grep -c evt=standby "${log_of_ingest[$old]}" || true)
	if [ "$waiting" -gt 0 ]; then
		# The first brings an epoch; those within a second of it only a batch.
		scan 1
		until_ok 15 "$what: a receipt of $old" receipted
		scan 4
		until_ok 15 "$what: stored" stored
		pause 0.2
	fi
	kill -STOP "${pid_of_ingest[$old]}"
	if [ "$waiting" -gt 0 ]; then
		# The broker still counts it as connected: they lie in its socket.
		scan "$waiting"
		until_ok 15 "$what: stored" stored
		until_ok 15 "$what: statements wait in the socket" eval "
			[ \"\$(ss -Htnp 'dport = :$MQTT_PORT' | awk '/pid=${pid_of_ingest[$old]},/ { print \$2 }')\" -gt 0 ]"
		! receipted || fail "$what: a stopped ingest signed"
	fi
	start=$(now_ms)
	[ "$(sql "SELECT pg_terminate_backend($(holder_backend))")" = t ] || fail "$what: no session to end"
	took_over "$new" "$before" "$start" "$what"
	scan 5
	until_ok 30 "$what: receipts of $new" receipted
	until_ok 15 "$what: settled after" settled
	highwater_fits "$what"
	ledger_state >"$story/state.before"

	kill -CONT "${pid_of_ingest[$old]}"
	wait_standby "$old" $((standbys + 1))
	[ "$(grep -c evt=database.lost "${log_of_ingest[$old]}")" -gt "$lost" ] ||
		fail "$what: $old does not log the loss"
	[ "$(connections "$old")" -eq 0 ] || fail "$what: $old waits and is still connected to the broker"
	# Longer than an epoch and a receipt's wait.
	pause 2.5
	ledger_state >"$story/state.after"
	diff "$story/state.before" "$story/state.after" >&2 || fail "$what: something was written after $old woke"
	receipts_rise "$what"
	[ -z "$(grep 'evt=loaded' "${log_of_ingest[$old]}" | grep "term=$((before + 1)) ")" ] ||
		fail "$what: $old took the log back"
	grep -h 'evt=database.lost' "${log_of_ingest[$old]}" | tail -1
	scan 5
	until_ok 15 "$what: receipts at the end" receipted
	receipts_rise "$what, at the end"
}
fence second third 40
grep -q 'evt=database.lost.*"BEGIN: ' "$story/second.log" || fail "second: no batch was in hand when it woke"
kill -KILL "${pid_of_ingest[second]}"
fence third fourth 0

# ---- 3. overtaken while the session lives: the term alone decides ----
until_ok 15 'settled' settled
kill -KILL "${pid_of_ingest[third]}"
start_standby fifth
start=$(now_ms)
before=$(sql 'UPDATE log_head SET term = term + 1 RETURNING term')
scan 5
took_over fifth "$before" "$start" overtaken
code=0
wait "${pid_of_ingest[fourth]}" || code=$?
[ $code -eq 1 ] || fail "the overtaken ingest ended with $code"
grep 'evt=ended.*fenced' "$story/fourth.log" || fail "the overtaken ingest does not say fenced"
until_ok 15 'receipts of the fifth' receipted
until_ok 15 'settled' settled
receipts_rise overtaken
highwater_fits overtaken

# ---- what was told against what the tiles hold ----
fetch_entries "$story/entries"
"$CM_BIN/tiledump" <"$story/entries" >"$story/dump"
want="root $(sed -n 2p "$story/entries.checkpoint") $(sed -n 3p "$story/entries.checkpoint")"
got=$(tail -1 "$story/dump")
[ "$got" = "$want" ] || fail "entries give '$got', the checkpoint says '$want'"
awk -v d=$device '$2 == "statement" && $3 == d { print $5, $6 }' "$story/dump" |
	sed 's,https://id.gs1.org/01/09506000134352/21/,,' >"$story/have"
sed -n 's/^stored seq=\([0-9]*\) code=.*(21)\(STBY[0-9]*\).*/\1 \2/p' "$story/out" >"$story/told"
[ "$(wc -l <"$story/told")" -eq $scanned ] || fail "$(wc -l <"$story/told") of $scanned were told as stored"
diff "$story/told" "$story/have" >&2 || fail "the tiles hold other statements than were told as stored"
cm audit >"$story/audit" || {
	cat "$story/audit" >&2
	fail "the audit"
}
grep 'faults=0' "$story/audit" || fail "the audit finds faults"
echo "$scanned told as stored, all in the tiles once and in order"
