#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Goal: what is published bears the map witness's cosignature. Without it the
# published checkpoint stays, the newer one stands beside it, and receipts go on;
# when it is back, killed at any moment or not, everything is published. A log
# that goes back, or whose epoch tells a false map, is not cosigned.
# shellcheck source=tests/harness/story.sh
. "$(dirname "$0")/../harness/story.sh"

story_start
token=$API_TOKEN
size_of() { curl -fsS "$API_URL/log/$1" 2>/dev/null | sed -n 2p; }
published() { size_of checkpoint; }
metric() { awk -v n="countermark_ingest_$1" '$1 == n { print $2 }' "$story/stack/ingest/metrics"; }
until_true() { # seconds what command…
	local end=$((SECONDS + $1)) what=$2
	shift 2
	until "$@"; do
		[ $SECONDS -lt $end ] || fail "$what"
		pause 0.2
	done
}
cosigned() { curl -fsS "$API_URL/log/checkpoint" | grep -q "^— $ORIGIN/witness/map "; }
beyond() { [ "$(published)" -gt "$1" ]; }
pending_beyond() { [ "$(size_of checkpoint.pending || echo 0)" -gt "$1" ] 2>/dev/null; }

cosigned || fail "the first published checkpoint bears no cosignature"
grep -q "^quorum " "$POLICY" && ! grep -q "^quorum none" "$POLICY" ||
	fail "the policy has no quorum"
cm audit --from-tiles "$API_URL/log" --token-file <(echo "$token") >"$story/audit" ||
	fail "an auditor does not accept the log: $(cat "$story/audit")"

# ---- the witness is away ----
first=$(published)
kill -STOP "$(pid_of witness)"
cm --timeout 60 org add away >/dev/null # confirmed by a receipt
until_true 30 "nothing stands as pending" pending_beyond "$first"
[ "$(published)" = "$first" ] || fail "published without the witness"
alarmed() { [ "$(metric checkpoint_pending)" = 1 ] && [ "$(metric witness_failures_total)" -gt 0 ]; }
until_true 30 "no alarm" alarmed
kill -CONT "$(pid_of witness)"
until_true 40 "not published after the witness is back" beyond "$first"
cosigned || fail "published without its cosignature"
calm() { [ "$(metric checkpoint_pending)" = 0 ]; }
until_true 20 "the alarm stays" calm

# ---- killed again and again while checkpoints come ----
for i in 1 2 3 4 5; do
	was=$(published)
	cm --timeout 60 org add "killed-$i" >/dev/null
	# its supervisor starts it again
	kill -KILL "$(cat "$story/stack/run/witness.pid")" 2>/dev/null || true
	until_true 60 "not published after kill $i" beyond "$was"
	cosigned || fail "kill $i: published without its cosignature"
done

# ---- a log that goes back, and one that lies ----
key=$story/stack/witness/key
shown=$(curl -fsS "$API_URL/log/checkpoint")
size=$(sed -n 2p <<<"$shown")
port=$(cat "$story/stack/conf/witness.port")
add() { # the request on standard input; prints the status
	curl -sS -o "$story/answer" -w '%{http_code}' --data-binary @- \
		-H 'Content-Type: text/plain' "http://127.0.0.1:$port/add-checkpoint"
}
got=$({ printf 'old 0\n\n' && printf '%s\n' "$shown"; } | add)
[ "$got" = 409 ] && [ "$(cat "$story/answer")" = "$size" ] ||
	fail "asked from size 0: $got $(cat "$story/answer")"
got=$({ printf 'old %s\n\n' "$size" && printf '%s\n' "$shown"; } | add)
[ "$got" = 200 ] || fail "asked for the same again: $got"
got=$({ printf 'old %s\n\n' "$size" && sed '1s/$/x/' <<<"$shown"; } | add)
[ "$got" = 404 ] || fail "another origin: $got"
got=$({ printf 'old %s\n\n' "$size" && sed '2s/$/0/' <<<"$shown"; } | add)
[ "$got" = 403 ] || fail "another size under the same signature: $got"

# The name says who replays.
"$CM_BIN/countermark" witness --key "$key" --name "$ORIGIN/w/map" --listen 127.0.0.1:0 \
	--state "$story" --log "$VKEY" --check 2>/dev/null &&
	fail "a map witness without --replay"
"$CM_BIN/countermark" witness --key "$key" --name "$ORIGIN/w" --listen 127.0.0.1:0 \
	--state "$story" --log "$VKEY" --check || fail "--check refuses a plain witness"

echo "witness: $(published) entries published under a map witness"
