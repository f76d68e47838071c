#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Goal: an operator hands over files of events: a document, a long one that
# becomes several statements, JSON Lines from a pipe. What is in them is in the
# ledger and in the items' histories, in its order. A file with one fault
# anywhere, or one that is too large, changes nothing and says what and where.
# Importing a file again says everything again. A gateway that refuses in the
# middle, or gives no receipt, is told of as it is.
. "$(dirname "$0")/../harness/story.sh"
story_start
sql() { psql -XqAt "$PGURI" -c "$1"; }
statements() { sql "select count(*) from device_entry where device = 'gateway-demo'"; }
context=https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld

# events N FIRST: N events with the serials FIRST, FIRST + 1, …
events() {
	jq -cn --argjson n "$1" --argjson first "$2" '[range($n) | . + $first | {type: "ObjectEvent",
		eventTime: "2026-01-05T08:00:00Z", eventTimeZoneOffset: "+01:00", action: "ADD",
		bizStep: "commissioning", disposition: "active",
		readPoint: {id: "https://id.gs1.org/414/9506000111113"},
		epcList: ["https://id.gs1.org/01/09506000134352/21/imp\(.)"]}]'
}
document() { # reads the list of events
	jq --arg context $context '{"@context": [$context], type: "EPCISDocument", schemaVersion: "2.0",
		creationDate: "2026-01-05T09:00:00Z", epcisHeader: {epcisMasterData: {vocabularyList: [
			{type: "urn:epcglobal:epcis:vtype:BusinessLocation", vocabularyElementList: [
				{id: "https://id.gs1.org/414/9506000111113"}]}]}},
		epcisBody: {eventList: .}}'
}
import() { # expected code, arguments… ; answer in $story/out
	local want=$1 got=0
	shift
	cm import "$@" >"$story/out" 2>"$story/err" || got=$?
	[ $got -eq "$want" ] || fail "import $*: ended with $got, wanted $want: $(cat "$story/out" "$story/err")"
}
shows() { # jq filter that must be true of the answer
	jq -e "$1" "$story/out" >/dev/null || fail "not $1: $(head -c 2000 "$story/out")"
}
history_of() { # serial
	curl -fsS -H "Authorization: Bearer $API_TOKEN" "$API_URL/v1/items/$(jq -rn --arg c \
		"https://id.gs1.org/01/09506000134352/21/imp$1" '$c | @uri')/history"
}
history_shows() { # serial, jq filter
	for _ in $(seq 100); do
		# visible with the first checkpoint after the entry
		if history_of "$1" >"$story/history" 2>/dev/null && jq -e "$2" "$story/history" >/dev/null; then return 0; fi
		pause 0.1
	done
	fail "the history of imp$1 is not $2: $(cat "$story/history")"
}

# ---- a document, signed as it is ----
events 5 1 | document >"$story/doc.json"
events 3 1 | jq '.[2].bizStep = "shipping" | .[2].action = "OBSERVE" | .[2].epcList = .[0].epcList' | document >"$story/three.json"
import 0 "$story/doc.json"
shows '(.statements | length) == 1 and .errors == []'
index=$(jq .statements[0].index "$story/out")
hex=$(printf '%s' "$(cat "$story/doc.json")" | od -An -v -tx1 | tr -d ' \n')
[ "$(sql "select position('\\x$hex'::bytea in entry) > 0 from entry where idx = $index")" = t ] ||
	fail "other bytes in the entry"
[ "$(sql "select seq from device_entry where device = 'gateway-demo' and idx = $index")" = \
	"$(jq .statements[0].seq "$story/out")" ] || fail "seq and index are of two entries"
history_shows 1 "[.steps[] | .index, .pos, .bizStep] == [$index, 0, \"commissioning\"]"
history_shows 5 "[.steps[] | .index, .pos] == [$index, 4] and .steps[0].device == \"$AUTHORITY:device:gateway-demo\""

# ---- again: said again, not swallowed ----
before=$(statements)
import 0 "$story/doc.json"
shows '(.statements | length) == 1 and .errors == []'
again=$(jq .statements[0].index "$story/out")
[ "$again" -gt "$index" ] || fail "the second import has the index of the first"
[ "$(statements)" -eq $((before + 1)) ] || fail "not one statement more"
history_shows 1 "[.steps[].index] == [$index, $again]"

# ---- long: several statements, the header in each, the order kept ----
events 400 1000 | document >"$story/long.json"
import 0 "$story/long.json"
shows '(.statements | length) > 1 and .errors == []
	and ([.statements[].index] | . == sort and . == unique)
	and ([.statements[].seq] | . == [range(.[0]; .[0] + length)])'
parts=$(jq '.statements | length' "$story/out")
[ "$(sql "select count(*) from entry where position('vtype:BusinessLocation'::bytea in entry) > 0 and idx in
	($(jq -r '[.statements[].index] | join(",")' "$story/out"))")" -eq "$parts" ] || fail "a part lost the header"
history_shows 1000 ".steps[0].index == $(jq .statements[0].index "$story/out") and .steps[0].pos == 0"
history_shows 1399 ".steps[0].index == $(jq .statements[-1].index "$story/out")"

# ---- JSON Lines from a pipe: bare events and a document ----
{
	events 2 2000 | jq -c --arg context $context '.[] | {"@context": $context} + .'
	jq -c . "$story/three.json"
	events 1 2002 | jq -c --arg context $context '.[] | {"@context": $context} + .'
} >"$story/lines"
cm import - --as gateway-demo <"$story/lines" >"$story/out" || fail "lines: $(cat "$story/out")"
shows '(.statements | length) == 3 and .errors == []'
history_shows 2001 ".steps[0].index == $(jq .statements[0].index "$story/out") and .steps[0].pos == 1"
history_shows 2002 ".steps[0].index == $(jq .statements[2].index "$story/out") and .steps[0].pos == 0"
history_shows 1 '[.steps[].bizStep] | .[-1] == "shipping"'

# ---- faults: nothing of it is in the log ----
before=$(sql 'select size from log_head')
jq '.epcisBody.eventList[398].action = "MAYBE" | .epcisBody.eventList[399].epcList = ["09506000134352"]' \
	"$story/long.json" >"$story/bad.json"
import 1 "$story/bad.json"
shows '.statements == [] and [.errors[] | .pointer, .code] == ["/epcisBody/eventList/398/action", "schema",
	"/epcisBody/eventList/399/epcList/0", "schema"] and all(.errors[]; .line > 1000 and (.detail | test("wanted")))'
grep -q '2 faults, nothing was handed over' "$story/err" || fail "standard error says $(cat "$story/err")"
sed -i '2s/"action":"ADD",//;3s/$/}/' "$story/lines"
import 1 "$story/lines"
shows '.statements == [] and ([.errors[] | .line, .code] | sort) == [2, 3, "json", "schema"]'
truncate -s $((64 * 1024 * 1024 + 1)) "$story/large.json"
import 1 "$story/large.json"
shows '.statements == [] and [.errors[].code] == ["too_large"]'
head -c $((64 * 1024 * 1024 + 1)) /dev/zero | cm import - >"$story/out" 2>/dev/null && fail "a large stream is taken"
shows '.statements == [] and [.errors[].code] == ["too_large"]'
import 1 "$story/absent.json"
shows '.statements == [] and [.errors[].code] == ["io"]'
import 64 "$story/doc.json" --as 'No name'
import 1 "$story/doc.json" --as nobody
shows '.statements == [] and (.errors | length) == 1'
[ "$(sql "select count(*) from entry where idx >= $before and entry not like 'countermark/epoch%'::bytea")" = 0 ] ||
	fail "a refused file added an entry"

# ---- a gateway without a ledger behind it, with room for three ----
cm keygen "$story/line-1.key" >/dev/null
cat >"$story/small.conf" <<-CONF
	[agent]
	name = small
	authority = ${AUTHORITY#did:web:}
	log = $LOG
	state = $story/small
	outbox_rows = 3
	[ledger]
	receipt_key = $(receipt_key)
	[mqtt]
	host = 127.0.0.1
	port = 1
	[identity line-1]
	key = $story/line-1.key
	[input gateway]
	kind = socket
	path = $story/small.sock
CONF
"$EDGE" --config "$story/small.conf" run >"$story/small.log" 2>&1 &
small=$!
story_pids+=("$small")
sed "s|^socket = .*|socket = $story/small.sock|" "$story/stack/conf/countermark.conf" >"$story/small.cm.conf"
COUNTERMARK="${COUNTERMARK%% *} --config $story/small.cm.conf"
import 2 --timeout 2 "$story/doc.json" --as line-1
shows '.statements == [{seq: 1, index: null}] and [.errors[].code] == ["timeout"]'
events 1500 5000 | document >"$story/longer.json"
import 1 --timeout 2 "$story/longer.json" --as line-1
shows '.statements == [{seq: 2, index: null}, {seq: 3, index: null}]
	and .errors[0].code == "full" and (.errors[0].pointer | test("^/epcisBody/eventList/[0-9]+$"))
	and .errors[-1].code == "timeout"'
grep -q '2 of [0-9]* statements stored' "$story/err" || fail "standard error says $(cat "$story/err")"
kill -TERM "$small"
wait "$small" || fail "the small gateway ended with $?"
echo "import: document, $parts parts, lines; faults and a full gateway told"
