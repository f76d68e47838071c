#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Goal: an organisation captures over REST what goes through its gateway, MQTT
# and ingest like anything else: a document of one, a thousand, ten thousand
# events in a statement a part. Bad events refuse the document or are left out,
# each by name. An event that is stored already is not stored again; another
# one with its eventID is a conflict. A server killed in the middle of a
# capture ends it after its restart: nothing twice, nothing lost.
. "$(dirname "$0")/../harness/story.sh"
story_start
sql() { psql -XqAt "$PGURI" -c "$1"; }
context=https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld

document() { # count, prefix of serials and eventIDs
	jq -cn --argjson n "$1" --arg p "$2" --arg context $context '{"@context": [$context], type: "EPCISDocument",
		schemaVersion: "2.0", creationDate: "2026-01-05T09:00:00Z", epcisBody: {eventList: [range($n) |
		{type: "ObjectEvent", eventID: "https://events.example/\($p)/\(.)", eventTime: "2026-01-05T08:00:00Z",
			eventTimeZoneOffset: "+01:00", action: "ADD", bizStep: "commissioning", disposition: "active",
			epcList: ["https://id.gs1.org/01/09506000134352/21/\($p)\(.)"]}]}}'
}
bare() { # serial
	document 1 "$1" | jq -c '{"@context": .["@context"]} + .epcisBody.eventList[0]'
}
ask() { # path, curl arguments…: status in $status, body in $story/out, headers in $story/head
	local token=()
	[ -z "$ADMIN_TOKEN" ] || token=(-H "Authorization: Bearer $ADMIN_TOKEN")
	status=$(curl -sS -o "$story/out" -D "$story/head" -w '%{http_code}' "${token[@]}" "${@:2}" "$API_URL$1")
}
location() { tr -d '\r' <"$story/head" | sed -n 's/^Location: //p'; }
post() { # path, file, wanted status, more for curl
	ask "$1" -X POST -H 'Content-Type: application/json' --data-binary "@$2" "${@:4}"
	[ "$status" = "$3" ] || fail "POST $1 $2: $status, wanted $3: $(head -c 1000 "$story/out")"
}
shows() { # jq filter that must be true of the answer
	jq -e "$1" "$story/out" >/dev/null || fail "not $1: $(head -c 2000 "$story/out")"
}
ends() { # location of a job, jq filter that must be true at its end
	for _ in $(seq 1200); do
		ask "$1"
		[ "$status" = 200 ] || fail "GET $1: $status"
		if jq -e '.running == false' "$story/out" >/dev/null; then
			shows "has(\"finishedAt\") and ($2)"
			return
		fi
		shows '.running and (has("finishedAt") | not)'
		pause 0.05
	done
	fail "job $1 does not end: $(cat "$story/out")"
}
# How often each event of a prefix stands in the ledger, not in a table made of it.
stored() { # prefix: distinct and all
	sql "select count(distinct m[1]), count(*) from entry, regexp_matches(
		encode(entry, 'escape'), '\"eventID\": ?\"https://events.example/$1/([0-9]+)\"', 'g') m"
}
is_stored() { # prefix, how many
	[ "$(stored "$1")" = "$2|$2" ] || fail "events of $1, distinct and all: $(stored "$1"), wanted $2 of both"
}

# ---- one, a thousand, ten thousand ----
for n in 1 1000 10000; do
	document $n "n$n-" >"$story/n$n.json"
	post /epcis/capture "$story/n$n.json" 202
	ends "$(location)" '.success and .errors == [] and .captureErrorBehaviour == "rollback"'
	is_stored "n$n-" $n
done
statements=$(sql "select cardinality(seqs) from capture_job where events = 1000")
[ "$statements" -le 6 ] || fail "a thousand events took $statements statements"
hex=$(od -An -v -tx1 "$story/n1.json" | tr -d ' \n' | sed 's/0a$//')
[ "$(sql "select count(*) from entry where position('\\x$hex'::bytea in entry) > 0")" = 1 ] ||
	fail "the document of one event is not signed as received"

# ---- the same bytes again: a new job, nothing stored ----
size=$(sql "select count(*) from device_entry where device = 'gateway-demo'")
for n in 1 1000 10000; do
	post /epcis/capture "$story/n$n.json" 202
	again=$(location)
	ends "$again" '.success and .errors == []'
	[ "$(sql "select duplicates from capture_job where id = '${again##*/}'")" = $n ] || fail "not all $n are duplicates"
	is_stored "n$n-" $n
done
# also in other words: order of members, blanks, escapes, within a larger document
jq '.epcisBody.eventList |= (map(to_entries | reverse | from_entries) + [.[0] + {eventID: "https://events.example/more/0"}])' \
	"$story/n1.json" | sed 's/commissioning/comm\\u0069ssioning/' >"$story/words.json"
post /epcis/capture "$story/words.json" 202
ends "$(location)" .success
is_stored n1- 1
is_stored more 1
[ "$(sql "select count(*) from device_entry where device = 'gateway-demo'")" -eq $((size + 1)) ] ||
	fail "duplicates became statements"

# ---- bad ones: rollback and proceed ----
document 1200 bad- | jq -c '.epcisBody.eventList[7].action = "MAYBE" | .epcisBody.eventList[9].bizStep = "nonsense"
	| .epcisBody.eventList[1100].epcList = ["09506000134352"] | .epcisBody.eventList[3] = 7
	| .epcisBody.eventList[5].eventID = "https://events.example/n1-/0"' >"$story/bad.json"
before=$(sql "select size from log_head")
jobs=$(sql "select count(*) from capture_job")
post /epcis/capture "$story/bad.json" 400
shows '.type == "epcisException:ValidationException" and .pointer == .errors[0].pointer
	and [.errors[].position] == [3, 7, 9, 1100] and .rule == .errors[0].rule
	and [.errors[].rule] == ["value_type", "action", "biz_step_word", "uri"] and all(.errors[]; .pointer | startswith("/epcisBody/eventList/"))'
[ "$(sql "select count(*) from capture_job")" = "$jobs" ] || fail "a refused document has a job"
[ "$(sql "select count(*) from entry where idx >= $before and entry not like 'countermark/epoch%'::bytea")" = 0 ] ||
	fail "a refused document has an entry"
post /epcis/capture "$story/bad.json" 202 -H 'GS1-Capture-Error-Behaviour: proceed'
ends "$(location)" '.success == false and .captureErrorBehaviour == "proceed"
	and ([.errors[] | [.position, .status]] | sort) == [[3, 400], [5, 409], [7, 400], [9, 400], [1100, 400]]'
is_stored bad- 1195
document 3 clash- | jq -c '.epcisBody.eventList[1].eventID = "https://events.example/n1-/0"' >"$story/clash.json"
post /epcis/capture "$story/clash.json" 400
shows '.errors[0].code == "event_id_reused" and .errors[0].position == 1'
# the answer of a query is captured as a document around its events
answer() { # file of a document
	jq -c '{"@context": .["@context"], type: "EPCISQueryDocument", schemaVersion, creationDate, epcisBody:
		{queryResults: {queryName: "q", resultsBody: .epcisBody}}}' "$1"
}
document 2 answer- >"$story/inner.json"
answer "$story/inner.json" >"$story/answer.json"
post /epcis/capture "$story/answer.json" 202
ends "$(location)" '.success and .errors == []'
is_stored answer- 2
answer "$story/clash.json" >"$story/answer.json"
post /epcis/capture "$story/answer.json" 400
shows '.errors[0].pointer == "/epcisBody/queryResults/resultsBody/eventList/1" and .errors[0].position == 1'
# what is worth a warning only is taken
document 1 warned- | jq -c '.["@context"] += ["https://example.org/unknown.jsonld"]' >"$story/warned.json"
post /epcis/capture "$story/warned.json" 202
ends "$(location)" '.success and .errors == []'
is_stored warned- 1
# sealed fields are refused as such, whatever else is wrong
document 1 sealed- | jq -c '.["cm:sealed"] = {} | .epcisBody.eventList[0].action = "MAYBE"' >"$story/sealed.json"
post /epcis/capture "$story/sealed.json" 400
shows '.code == "unsupported" and .clause == "formats 1.6" and (.errors | length) == 1'
answer "$story/sealed.json" | jq -c '.["cm:sealed"] = {}' >"$story/answer.json"
post /epcis/capture "$story/answer.json" 400 -H 'GS1-Capture-Error-Behaviour: proceed'
shows '.code == "unsupported" and .clause == "formats 1.6"'
# an error declaration repeats the eventID by right
jq -c '.epcisBody.eventList[0].errorDeclaration = {declarationTime: "2026-01-06T00:00:00Z", reason: "did_not_occur"}' \
	"$story/n1.json" >"$story/declared.json"
post /epcis/capture "$story/declared.json" 202
ends "$(location)" .success
[ "$(stored n1-)" = "1|2" ] || fail "the declaration is not stored: $(stored n1-)"
post /epcis/capture "$story/declared.json" 202
ends "$(location)" .success
[ "$(stored n1-)" = "1|2" ] || fail "the same declaration is stored twice"

# ---- what is no capture ----
is_problem() { # status, exception
	[ "$status" = "$1" ] || fail "$status, wanted $1: $(head -c 500 "$story/out")"
	shows ".type == \"epcisException:$2\" and .status == $1"
}
send() { ask /epcis/capture -X POST "$@"; }
for type in text/xml application/xml text/plain application/jsonx; do
	send -H "Content-Type: $type" --data '<x/>'
	is_problem 415 UnsupportedMediaTypeException
done
send -H 'Content-Type: application/ld+json; charset=utf-8' --data-binary "@$story/n1.json"
[ "$status" = 202 ] || fail "ld+json: $status"
json=(-H 'Content-Type: application/json')
for body in '' '{' '[]' '{"type":"EPCISDocument","type":"x"}' $'\xef\xbb\xbf{}' $'{"type":"\xff"}' '{"type":"\ud800"}' \
	"$(printf '[%.0s' {1..40})$(printf ']%.0s' {1..40})"; do
	send "${json[@]}" --data-binary "$body"
	is_problem 400 ValidationException
done
document 10001 many >"$story/many.json"
post /epcis/capture "$story/many.json" 413
is_problem 413 CaptureLimitExceededException
truncate -s $((16 * 1024 * 1024 + 1)) "$story/large.json"
post /epcis/capture "$story/large.json" 413
is_problem 413 CaptureLimitExceededException
bare large | jq -c '.epcList = [range(2000) | "https://id.gs1.org/01/09506000134352/21/large\(.)"]' >"$story/large.json"
post /epcis/events "$story/large.json" 413
send "${json[@]}" -H 'GS1-Capture-Error-Behaviour: perhaps' --data-binary "@$story/n1.json"
is_problem 406 NotAcceptableException
# who may not is told before anything else
ADMIN_TOKEN=$API_TOKEN send -H 'Content-Type: text/xml' --data '<x/>'
is_problem 403 SecurityException
ADMIN_TOKEN='' send -H 'Content-Type: text/xml' --data '<x/>'
is_problem 401 SecurityException

# ---- one event ----
bare single >"$story/single.json"
post /epcis/events "$story/single.json" 201
[ "$(location)" = /epcis/events/https%3A%2F%2Fevents.example%2Fsingle%2F0 ] || fail "Location is $(location)"
is_stored single 1
post /epcis/events "$story/single.json" 201
is_stored single 1
jq -c '.action = "OBSERVE"' "$story/single.json" >"$story/other.json"
post /epcis/events "$story/other.json" 409
is_problem 409 ResourceAlreadyExistsException
jq -c 'del(.eventID)' "$story/single.json" >"$story/plain.json"
post /epcis/events "$story/plain.json" 201
location | grep -q '^/epcis/events/urn%3Auuid%3A[0-9a-f-]*$' || fail "Location is $(location)"
jq -c 'del(.["@context"])' "$story/single.json" >"$story/bad.json"
post /epcis/events "$story/bad.json" 400

# ---- jobs are seen by whom they concern ----
ask '/epcis/capture?perPage=2'
shows 'length == 2'
next=$(tr -d '\r' <"$story/head" | sed -n 's/^Link: <\(.*\)>; rel="next"$/\1/p')
first=$(jq -r '.[1].captureID' "$story/out")
ask "$next"
shows "length == 2 and all(.[]; .captureID != \"$first\")"
ask "${next}0"
is_problem 400 QueryParameterException
job=$(jq -rn --arg f "$first" '"/epcis/capture/\($f)"')
cm org add mill >/dev/null
other=$(cm token create --role brand --org mill | jq -r .token)
ADMIN_TOKEN=$other ask "$job"
is_problem 404 NoSuchResourceException
ADMIN_TOKEN=$other ask /epcis/capture
shows '. == []'
ADMIN_TOKEN=$other ask "$next"
is_problem 400 QueryParameterException
ADMIN_TOKEN=$API_TOKEN ask "$job"
shows ".captureID == \"$first\""

# ---- and by tokens that are good for it ----
reader=$(cm token create --role brand --org demo --scope read | jq -r .token)
writer=$(cm token create --role brand --org demo --scope capture | jq -r .token)
ADMIN_TOKEN=$reader post /epcis/capture "$story/n1.json" 403
is_problem 403 SecurityException
ADMIN_TOKEN=$reader ask "$job"
shows ".captureID == \"$first\""
for path in "$job" /epcis/capture; do
	ADMIN_TOKEN=$writer ask "$path"
	is_problem 403 SecurityException
done
# the search tables show the writer its organisation's events, and no other's
for _ in $(seq 200); do
	if [ "$(sql "select count(*) from capture_event")" = 0 ]; then break; fi
	pause 0.05
done
ADMIN_TOKEN=$writer post /epcis/capture "$story/n1000.json" 202
again=$(location)
ends "$again" '.success and .errors == []'
[ "$(sql "select duplicates from capture_job where id = '${again##*/}'")" = 1000 ] || fail "not all are known"
ADMIN_TOKEN=$writer post /epcis/capture "$story/clash.json" 400
shows '.errors[0].code == "event_id_reused"'

# ---- no receipt in time ----
ingest=$(cat "$story/stack/run/ingest.pid")
kill -STOP "$ingest"
[ "$(curl -fsS "$API_URL/metrics" | sed -n 's/^countermark_api_capture_statements_total //p')" -gt 20 ] ||
	fail "statements are not counted"
[ "$(curl -fsS "$API_URL/metrics" | sed -n 's/^countermark_api_capture_events_refused_total //p')" -ge 1205 ] ||
	fail "refused events are not counted"
bare late >"$story/late.json"
post /epcis/events "$story/late.json" 202
late=$(location)
ask "$late"
shows '.running and .success'
kill -CONT "$ingest"
ends "$late" '.success and .errors == []'
is_stored late 1

# ---- killed in the middle, at several moments ----
restart() { # the supervisor starts it again
	for _ in $(seq 200); do
		if curl -fsS "$API_URL/healthz" >/dev/null 2>&1; then return; fi
		pause 0.05
	done
	fail "the API does not come back"
}
turns=0
for after in 0 0.05 0.1 0.2 0.4; do
	turns=$((turns + 1))
	document 10000 "kill$turns-" >"$story/kill.json"
	post /epcis/capture "$story/kill.json" 202
	job=$(location)
	pause $after
	kill -KILL "$(cat "$story/stack/run/api.pid")"
	restart
	ends "$job" '.success and .errors == []'
	is_stored "kill$turns-" 10000
done
# while nothing comes back from the ledger, and the gateway dies too
document 10000 dark- >"$story/kill.json"
kill -STOP "$ingest"
post /epcis/capture "$story/kill.json" 202
job=$(location)
pause 0.3
kill -KILL "$(cat "$story/stack/run/api.pid")" "$(cat "$story/stack/run/gateway.pid")"
pause 1
kill -CONT "$ingest"
restart
ends "$job" '.success and .errors == []'
is_stored dark- 10000
[ "$(sql "select count(*) from capture_job where finished_ms > 0 and octet_length(body) > 0")" = 0 ] ||
	fail "documents are kept after the end"
metric() { curl -fsS "$API_URL/metrics" | sed -n "s/^countermark_api_capture_$1 //p"; }
for _ in $(seq 100); do
	if [ "$(metric jobs)" = 0 ]; then break; fi
	pause 0.05
done
[ "$(metric jobs)" = 0 ] || fail "jobs under way: $(metric jobs)"
cm audit >"$story/audit" || fail "audit: $(tail -3 "$story/audit")"
echo "capture: $(sql 'select count(*) from capture_job') jobs, killed $((turns + 1)) times"
