#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Goal: whatever is killed, nothing the operator was told is stored gets lost,
# nothing stands twice, and each device's order holds. Under load, agent,
# ingest, broker and PostgreSQL get SIGKILL in turn, CM_KILLS times (default 8);
# only kills with statements in flight count. Then the agents' "stored" lines
# are held against what the tiles hold.
set -euo pipefail
. "$(dirname "$0")/../harness/story.sh"
kills=${CM_KILLS:-8}
devices=(line-1 line-2 line-3)
story_start
cm org add works >/dev/null
for d in "${devices[@]}"; do
	enrol "$d" works
	agent_conf "$d" stdin ''
	mkfifo "$story/$d.fifo"
	mkdir -p "$story/sup-$d/run" "$story/sup-$d/log"
done

# Agents read a pipe that the story keeps open, so that a killed agent's
# successor goes on where it stopped.
run_agent() { # device: restarts it whenever it is killed
	local d=$1
	until [ -e "$story/$d.end" ]; do
		"$CM_BIN/countermark-edge" --config "$story/$d.conf" run <"$story/$d.fifo" \
			>>"$story/$d.out" 2>>"$story/$d.log" &
		echo $! >"$story/$d.pid"
		wait $! || true
	done
}
fds=()
for d in "${devices[@]}"; do
	exec {fd}<>"$story/$d.fifo"
	fds+=("$fd")
	: >"$story/$d.out"
	run_agent "$d" &
	story_pids+=($!)
done

# Load: unique codes at some hundred a second and device, until told to end.
feed() { # device number, file descriptor
	local n=0 i line code
	while [ ! -e "$story/feed.end" ]; do
		line=''
		for ((i = 0; i < 20; i++)); do
			printf -v code ']d2010950600013435221S%d%08dQ' "$1" $n
			line+=$code$'\n'
			n=$((n + 1))
		done
		printf '%s' "$line" >&"$2"
		pause 0.05
	done
}
for ((k = 0; k < ${#devices[@]}; k++)); do
	feed $k "${fds[k]}" &
	feeders[k]=$!
	story_pids+=($!)
done
# Both numbers of a device from one reading: read one after the other, the later
# one runs ahead on a busy machine and nothing ever seems in flight.
in_flight() {
	local d sum=0
	for d in "${devices[@]}"; do
		sum=$((sum + $(awk '/^stored / { s = substr($2, 5) }
			/^receipted upto=/ { r = substr($2, 6) }
			END { print s - r }' "$story/$d.out")))
	done
	echo $sum
}

# No kill before each of them has begun.
end=$((SECONDS + 60))
for d in "${devices[@]}"; do
	until grep -q '^stored ' "$story/$d.out"; do
		[ $SECONDS -lt $end ] || fail "$d stored nothing: $(tail -1 "$story/$d.log")"
		pause 0.1
	done
done

victims=(agent ingest mosquitto postgres)
counted=0 flying=0 tries=0
while [ $counted -lt "$kills" ]; do
	tries=$((tries + 1))
	[ $tries -le $((kills * 25)) ] || fail "only $counted of $tries kills met statements in flight"
	victim=${victims[counted % 4]}
	if [ "$victim" = agent ]; then
		pid=$(cat "$story/${devices[(counted / 4) % ${#devices[@]}]}.pid")
	else
		pid=$(pid_of "$victim")
	fi
	if [ -z "$pid" ] || ! kill -0 "$pid" 2>/dev/null; then
		pause 0.3
		continue
	fi
	n=$(in_flight)
	if [ "$n" -le 0 ]; then
		pause 0.05
		continue
	fi
	kill -KILL "$pid"
	counted=$((counted + 1))
	flying=$((flying + n))
	echo "kill $counted: $victim ($pid), $n in flight"
	pause "$((1 + RANDOM % 2)).$((RANDOM % 10))"
done
echo "$counted kills, $flying statements in flight in all"

touch "$story/feed.end"
wait "${feeders[@]}" 2>/dev/null || true
end=$((SECONDS + 180))
until [ "$(in_flight)" -eq 0 ]; do
	[ $SECONDS -lt $end ] || fail "still $(in_flight) statements without a receipt after 180 s"
	pause 0.5
done
for d in "${devices[@]}"; do
	touch "$story/$d.end"
	kill "$(cat "$story/$d.pid")" 2>/dev/null || true
done
pause 1.5

# ---- what was told against what the tiles hold ----
all=0
fetch_entries "$story/entries"
"$CM_BIN/tiledump" <"$story/entries" >"$story/dump"
want="root $(sed -n 2p "$story/entries.checkpoint") $(sed -n 3p "$story/entries.checkpoint")"
got=$(tail -1 "$story/dump")
[ "$got" = "$want" ] || fail "entries give '$got', the checkpoint says '$want'"
for d in "${devices[@]}"; do
	awk -v d="$d" '$2 == "statement" && $3 == d { print $5, $6 }' "$story/dump" >"$story/$d.ledger"
	awk '{ if ($1 != NR) { print "entry " NR " of the device has seq " $1; exit 1 } }' "$story/$d.ledger" ||
		fail "$d: order or gap"
	[ -z "$(cut -d' ' -f2 "$story/$d.ledger" | sort | uniq -d)" ] || fail "$d: a code stands twice"
	# "stored seq=N code=TEXT": the serial is the code's tail.
	sed -n 's/^stored seq=\([0-9]*\) code=.*21S\([0-9]*Q\).*/\1 S\2/p' "$story/$d.out" >"$story/$d.told"
	sed 's,https://id.gs1.org/01/09506000134352/21/,,' "$story/$d.ledger" | sort >"$story/$d.have"
	lost=$(sort "$story/$d.told" | comm -23 - "$story/$d.have" | wc -l)
	[ "$lost" -eq 0 ] || fail "$d: $lost of $(wc -l <"$story/$d.told") stored statements are not in the tiles"
	told=$(wc -l <"$story/$d.told")
	[ "$told" -gt 0 ] || fail "$d: nothing was stored at all"
	all=$((all + told))
	echo "$d: $told told as stored, $(wc -l <"$story/$d.ledger") in the tiles, none lost, none twice, order kept"
done
echo "kills: $counted with $flying statements in flight; $all scans told as stored, none lost, none twice, order kept"
