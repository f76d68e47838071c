#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Goal: what is published bears the map witness's cosignature, and who asks for
# the policy's quorum accepts it. Without the witness, killed or hanging, the
# published checkpoint stays, the newer one stands beside it, an alarm rises and
# receipts go on; when it is back everything is published. A log that goes back,
# or whose epoch tells a false map, is not cosigned.
# shellcheck source=tests/harness/story.sh
. "$(dirname "$0")/../harness/story.sh"

story_start
size_of() { curl -fsS "$API_URL/log/$1" 2>/dev/null | sed -n 2p; }
published() { size_of checkpoint; }
metric() { awk -v n="countermark_ingest_$1" '$1 == n { print $2 }' "$story/stack/ingest/metrics"; }
cosigned() { curl -fsS "$API_URL/log/checkpoint" | grep -q "^— $ORIGIN/witness/map "; }
beyond() { [ "$(published)" -gt "$1" ]; }
pending_beyond() { [ "$(size_of checkpoint.pending || echo 0)" -gt "$1" ] 2>/dev/null; }
alarmed() { [ "$(metric checkpoint_pending)" = 1 ] && [ "$(metric witness_failures_total)" -gt 0 ]; }
calm() { [ "$(metric checkpoint_pending)" = 0 ]; }
# The supervisor's file names the last process until it has started the next.
running() { witness_pid=$(cat "$story/stack/run/witness.pid" 2>/dev/null) && kill -0 "$witness_pid" 2>/dev/null; }
audited() { # URL; what it says is in $story/audit
	"$CM_BIN/countermark" audit --from-tiles "$1" --policy "$POLICY" \
		--token-file "$story/token" >"$story/audit" 2>&1
}

printf '%s\n' "$API_TOKEN" >"$story/token"
cosigned || fail "the first published checkpoint bears no cosignature"
grep -q "^quorum " "$POLICY" && ! grep -q "^quorum none" "$POLICY" ||
	fail "the policy has no quorum"
audited "$API_URL/log" || fail "an auditor does not accept the log: $(cat "$story/audit")"


# A stranger with the policy is told that the map was witnessed.
curl -fsS -H "Authorization: Bearer $API_TOKEN" -o "$story/item.cmproof" \
	"$API_URL/v1/items/01%2F09506000134352%2F21%2Fnever/proof" || fail "no proof of an item"
"$VERIFY" "$story/item.cmproof" --policy "$POLICY" --json >"$story/verified" || true # nobody made it
jq -e '.failed == null and .map_witnessed' "$story/verified" >/dev/null ||
	fail "countermark-verify says $(cat "$story/verified")"

# ---- the witness is away: dead, then hanging ----
away() { # name
	local first
	first=$(published)
	cm --timeout 60 org add "$1" >/dev/null # confirmed by a receipt
	until_true 30 "$1: nothing stands as pending" pending_beyond "$first"
	[ "$(published)" = "$first" ] || fail "$1: published without the witness"
	until_true 30 "$1: no alarm" alarmed
	was=$(size_of checkpoint.pending)
	cm --timeout 60 org add "$1-still" >/dev/null
	until_true 30 "$1: what is pending does not grow" pending_beyond "$was"
	[ "$(published)" = "$first" ] || fail "$1: published without the witness"
	was=$first
}
back() { # name
	until_true 60 "$1: not published after the witness is back" beyond "$was"
	cosigned || fail "$1: published without its cosignature"
	until_true 20 "$1: the alarm stays" calm
}
until_true 10 "no witness" running
touch "$story/stack/run/witness.stop" # its supervisor leaves it dead
kill -KILL "$witness_pid"
away dead
kill -KILL "$(pid_of ingest)" # the one that follows starts without its word, and says so
until_true 30 "no word of the witness that was not asked" \
	grep -q 'evt=witness.unasked' "$story/stack/log/ingest.log"
"$root/script/stack" start --state "$story/stack" >>"$story/start.log" 2>&1 ||
	fail "the stack does not start what is missing: $(tail -n 3 "$story/start.log")"
back dead
until_true 10 "no witness" running
kill -STOP "$witness_pid"
away hanging
kill -CONT "$witness_pid"
back hanging
# It answers, but cannot read the log: that is missed, too.
was=$(published)
kill -STOP "$(pid_of api)"
cm --timeout 60 org add unread >/dev/null
behind() { grep -q 'evt=witness.behind' "$story/stack/log/ingest.log" && alarmed; }
until_true 60 "a witness that cannot read the log raises no alarm" behind
cm --timeout 60 org add unread-still >/dev/null
# Signed heads that wait are no fault of the ledger, nor those that were passed over.
cm audit >"$story/audit.db" || fail "audit while checkpoints wait: $(cat "$story/audit.db")"
kill -CONT "$(pid_of api)"
back unread
cm audit >"$story/audit.db" || fail "audit after they were passed over: $(cat "$story/audit.db")"

# ---- killed again and again while checkpoints come ----
for i in 1 2 3 4 5; do
	was=$(published)
	until_true 20 "kill $i: not started again" running
	cm --timeout 60 org add "killed-$i" >/dev/null &
	added=$!
	pause "0.$((i * 2 - 1))"
	kill -KILL "$witness_pid" || fail "kill $i: it had ended by itself"
	wait $added || fail "kill $i: no receipt"
	until_true 60 "not published after kill $i" beyond "$was"
	cosigned || fail "kill $i: published without its cosignature"
done
audited "$API_URL/log" || fail "after the kills: $(cat "$story/audit")"

# ---- what it answers ----
until_true 20 "not started again" running
pause 1
kill "$(pid_of ingest)" # the log stands still from here
pause 1
shown=$(curl -fsS "$API_URL/log/checkpoint")
size=$(sed -n 2p <<<"$shown")
stack_witness=http://127.0.0.1:$(cat "$story/stack/conf/witness.port")
add() { # URL; the request on standard input; prints the status
	curl -sS -o "$story/answer" -w '%{http_code}' --data-binary @- \
		-H 'Content-Type: text/plain' "$1/add-checkpoint"
}
ask() { # URL old: the note on standard input, without a proof
	{
		printf 'old %s\n\n' "$2"
		cat
	} | add "$1"
}
# refused STATUS what URL old: and no line of a signature in the answer
refused() {
	local got
	got=$(ask "$3" "$4")
	[ "$got" = "$1" ] || fail "$2: $got $(cat "$story/answer"), wanted $1"
	! grep -q '^—' "$story/answer" || fail "$2: cosigned"
}
refused 409 "asked from size 0" "$stack_witness" 0 <<<"$shown"
[ "$(cat "$story/answer")" = "$size" ] || fail "409 says $(cat "$story/answer"), wanted $size"
got=$(ask "$stack_witness" "$size" <<<"$shown")
[ "$got" = 200 ] && grep -q "^— $ORIGIN/witness/map " "$story/answer" ||
	fail "asked for the same again: $got $(cat "$story/answer")"
refused 404 "another origin" "$stack_witness" "$size" < <(sed '1s/$/x/' <<<"$shown")
refused 403 "another size under the same signature" "$stack_witness" "$size" < <(sed '2s/$/0/' <<<"$shown")
refused 400 "no checkpoint" "$stack_witness" "$size" < <(head -n 2 <<<"$shown")

# ---- a log that goes back, and one that lies: signed by the log's own key ----
echo honest >"$story/lie"
node "$root/tests/client/liar.mjs" 0 "$API_URL/log" "$API_TOKEN" \
	"$story/stack/keys/log.key" "$story/lie" >"$story/liar.out" 2>"$story/liar.err" &
story_pids+=($!)
until_true 20 "the liar does not start: $(cat "$story/liar.err")" grep -qw ready "$story/liar.out"
liar=http://127.0.0.1:$(awk '/ready/ { print $2 }' "$story/liar.out")/log
told() { # lie: its checkpoint
	echo "$1" >"$story/lie"
	curl -fsS "$liar/checkpoint"
}
told older >"$story/older"
older=$(sed -n 2p "$story/older")
[ "$older" -lt "$size" ] || fail "the older checkpoint has $older of $size entries"
refused 409 "back, from the beginning" "$stack_witness" 0 <"$story/older"
refused 409 "back, from its own size" "$stack_witness" "$older" <"$story/older"
refused 400 "back, from what is known" "$stack_witness" "$size" <"$story/older"
told forked >"$story/forked"
refused 409 "another history of that size" "$stack_witness" "$size" <"$story/forked"

# Witnesses that know nothing yet; each reads the liar from its first entry.
witness_up() { grep -q 'evt=listening' "$story/$1.log"; }
start_witness() { # name [more options]: its address in $address
	local name=$1
	shift
	mkdir -p "$story/$name"
	[ -e "$story/$name.key" ] || "$CM_BIN/countermark" keygen "$story/$name.key" >/dev/null
	"$CM_BIN/countermark" witness --key "$story/$name.key" --state "$story/$name" \
		--listen 127.0.0.1:0 --log "$VKEY" "$@" >"$story/$name.log" 2>&1 &
	story_pids+=($!)
	until_true 20 "witness $name does not start: $(cat "$story/$name.log")" witness_up "$name"
	address=http://127.0.0.1:$(sed -n 's/.*evt=listening .*port=\([0-9]*\).*/\1/p' "$story/$name.log")
}
told honest >"$story/honest"
start_witness first --name w.example/map --replay "$liar" --token-file "$story/token"
got=$(ask "$address" 0 <"$story/honest")
[ "$got" = 200 ] && grep -q '^— w.example/map ' "$story/answer" ||
	fail "an honest log: $got $(cat "$story/answer")"
told wrong_map >"$story/wrong"
refused 409 "a false map after the true one" "$address" "$size" <"$story/wrong"
# Started again it goes on from what it has, and asks for no entry twice.
kill "${story_pids[-1]}"
wait "${story_pids[-1]}" || fail "the witness does not end as asked: $(tail -n 3 "$story/first.log")"
told refused >/dev/null
start_witness first --name w.example/map --replay "$liar" --token-file "$story/token"
grep -q "evt=replay from=$size fresh=0" "$story/first.log" || fail "it begins anew: $(cat "$story/first.log")"
got=$(ask "$address" "$size" <"$story/honest")
[ "$got" = 200 ] && grep -q '^— w.example/map ' "$story/answer" ||
	fail "asked after its restart: $got $(cat "$story/answer")"
told wrong_map >/dev/null
start_witness second --name w.example/map --replay "$liar" --token-file "$story/token"
refused 422 "a false map" "$address" 0 <"$story/wrong"
grep -q 'map root is not that of its entries' "$story/answer" || fail "not for the map: $(cat "$story/answer")"
refused 422 "a false map, once more" "$address" 0 <"$story/wrong"
! compgen -G "$story/second/*.note" >/dev/null || fail "a false map is remembered as if it were cosigned"
compgen -G "$story/first/*.note" >/dev/null || fail "what was cosigned is not remembered"
# One without replay cannot know: its name does not say so.
start_witness plain --name w.example/plain
got=$(ask "$address" 0 <"$story/wrong")
[ "$got" = 200 ] || fail "a plain witness: $got $(cat "$story/answer")"
# What bears no quorum is not believed, signed by the log or not.
told honest >/dev/null
! audited "$liar" || fail "an auditor accepts a checkpoint without its quorum"
grep -q quorum "$story/audit" || fail "the auditor does not name the quorum: $(cat "$story/audit")"

# The name says who replays.
! "$CM_BIN/countermark" witness --key "$story/first.key" --name "$ORIGIN/w/map" --listen 127.0.0.1:0 \
	--state "$story" --log "$VKEY" --check 2>/dev/null || fail "a map witness without --replay"
"$CM_BIN/countermark" witness --key "$story/first.key" --name "$ORIGIN/w" --listen 127.0.0.1:0 \
	--state "$story" --log "$VKEY" --check >/dev/null || fail "--check refuses a plain witness"

echo "witness: $(published) entries published under a map witness"
