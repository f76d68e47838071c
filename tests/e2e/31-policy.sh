#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Goal: policies decide who reads an event, from their place in the log on. What
# is kept to the brand or to the authorities is for the next party in no list,
# count, value, page, history or refusal; what is public is read without a
# token; when a policy has ended new events are as before, and old ones stay as
# they were. An outsider's policy is refused and has no effect. Audit and
# rebuild come to the same rows.
# shellcheck source=tests/harness/story.sh
. "$(dirname "$0")/../harness/story.sh"
story_start
sql() { psql -XqAt -v ON_ERROR_STOP=1 "$PGURI" -c "$1"; }
registry=application/vnd.countermark.registry+json
until_searchable() {
	for _ in $(seq 300); do
		if projected; then return 0; fi
		pause 0.1
	done
	fail 'the search tables do not reach the end'
}

# demo's gateway captures, the goods are the maker's, the shop is the next.
for org in maker rival; do cm org add $org >/dev/null; done
cm org add shop --gln 9506000111124 >/dev/null
cm goods add 09506000134352 --org maker >/dev/null
declare -A token=([auditor]=$API_TOKEN [public]='')
for org in demo maker shop rival; do token[$org]=$(cm token create --role brand --org $org | jq -r .token); done

get() { # WHO PATH: sets $status, body in $story/answer
	status=$(curl -sS -o "$story/answer" -w '%{http_code}' ${token[$1]:+-H "Authorization: Bearer ${token[$1]}"} "$API_URL$2")
}
id() { echo "https://demo.example/e/$1"; }
epc() { echo "https://id.gs1.org/01/09506000134352/21/P$1"; }
quoted() { jq -rn --arg c "$1" '$c | @uri'; }
capture() { # N: its event, of an item of its own, on the way to the shop
	jq -n --arg id "$(id "$1")" --arg epc "$(epc "$1")" --arg step "step$1" '{
		"@context": "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", type: "EPCISDocument",
		schemaVersion: "2.0", creationDate: "2026-01-02T03:04:05Z", epcisBody: { eventList: [{ type: "ObjectEvent",
		eventID: $id, eventTime: "2026-01-02T03:04:05Z", eventTimeZoneOffset: "+00:00", action: "OBSERVE",
		bizStep: "shipping", epcList: [$epc], readPoint: { id: "https://demo.example/place/\($step)" },
		destinationList: [{ type: "owning_party", destination: "urn:epc:id:pgln:9506000.11112" }] }] } }' >"$story/document"
	cm import "$story/document" >/dev/null || fail "event $1 is refused"
	until_searchable
	# until the API has looked at the newest checkpoint, and its map has
	for _ in $(seq 300); do
		get auditor "/epcis/events/$(quoted "$(id "$1")")"
		if [ "$status" = 200 ]; then
			get auditor "/v1/items/$(quoted "$(epc "$1")")/proof"
			if jq -e 'any(.subjects[]; (.subject | contains("/21/P")) and .present)' "$story/answer" >/dev/null; then return 0; fi
		fi
		pause 0.1
	done
	fail "event $1 does not appear"
}
# seen WHO N: yes or no; all ways to it have to agree.
seen() {
	local who=$1 id epc ways=''
	id=$(id "$2") epc=$(epc "$2")
	way() { # name, and whether it shows the event
		ways+=" $1=$2"
	}
	found() { if jq -e --arg v "$1" "$2" "$story/answer" >/dev/null; then echo yes; else echo no; fi; }
	get "$who" "/epcis/events/$(quoted "$id")"
	way event "${status/200/yes}"
	for order in recordTime eventTime; do
		get "$who" "/epcis/events?perPage=1000&orderBy=$order"
		way $order "$(found "$id" 'any(.epcisBody.queryResults.resultsBody.eventList[]; .eventID == $v)')"
	done
	get "$who" "/epcis/events?MATCH_epc=$(quoted "$epc")&orderBy=eventTime"
	way match "$(found "$id" 'any(.epcisBody.queryResults.resultsBody.eventList[]; .eventID == $v)')"
	get "$who" "/epcis/bizSteps/shipping/events?EQ_eventID=$(quoted "$id")"
	way step "$(found "$id" 'any(.epcisBody.queryResults.resultsBody.eventList[]; .eventID == $v)')"
	if [ "$who" != public ]; then
		get "$who" '/epcis/epcs?perPage=1000'
		way epcs "$(found "$epc" 'any(.member[]; . == $v)')"
	fi
	get "$who" "/epcis/readPoints/$(quoted "https://demo.example/place/step$2")"
	way place "${status/200/yes}"
	get "$who" "/v1/items/$(quoted "$epc")/history"
	way history "$(found x '.steps[0].organisation != null')"
	get "$who" "/v1/items/$(quoted "$epc")/proof"
	way proof "$(found x 'any(.subjects[] | select(.subject | contains("/21/P")) | .entries[]?; .entry)')"
	ways=${ways//404/no}
	case $ways in
	*no*yes* | *yes*no*) fail "event $2 for $who:$ways" ;;
	*=yes*) echo yes ;;
	*) echo no ;;
	esac
}
# readers N WHO…: these read it, the others do not.
readers() {
	local n=$1 who got
	shift
	for who in auditor demo maker shop rival public; do
		got=$(seen $who "$n")
		case " auditor demo $* " in
		*" $who "*) [ "$got" = yes ] || fail "event $n is not for $who" ;;
		*) [ "$got" = no ] || fail "event $n is for $who" ;;
		esac
	done
	echo "event $n: read by $*"
}
policy() { # ID ORGANISATION VISIBILITY [more members]
	printf '{"type":"policy","id":"%s","op":"set","from":1764000000000,"organisation":"%s","visibility":"%s"%s}' \
		"$1" "$2" "$3" "${4:-}" >"$story/policy"
}
issue() {
	policy "$@"
	cm policy add "$story/policy" >"$story/issued" || fail "policy $1: $(cat "$story/issued")"
	[ "$(jq -r .policy "$story/issued")" = "$1" ] || fail "policy add prints $(cat "$story/issued")"
}
finish() { # ID
	printf '{"type":"policy","id":"%s","op":"end","from":1764000000000}' "$1" >"$story/policy"
	cm policy add "$story/policy" >/dev/null || fail "policy $1 does not end"
}

capture 1
readers 1 maker shop

# ---- brand: not for the next party ----
issue demo demo brand
capture 2
readers 2 maker
readers 1 maker shop
# Its refusals are those of what was never there, its counts and pages without it.
get shop "/epcis/events/$(quoted "$(id 2)")"
cp "$story/answer" "$story/hidden"
get shop /epcis/events/urn:uuid:none
cmp "$story/hidden" "$story/answer" || fail 'the refusal tells of the event'
get shop '/epcis/events?maxEventCount=1'
[ "$status" = 200 ] || fail "the shop's count: $(cat "$story/answer")"
path='/epcis/events?perPage=1' pages=0
while [ -n "$path" ]; do
	curl -fsS -D "$story/headers" -o "$story/answer" -H "Authorization: Bearer ${token[shop]}" "$API_URL$path"
	pages=$((pages + 1))
	path=$(sed -nE 's/^[Ll]ink: <([^>]*)>; rel="next".*/\1/p' "$story/headers" | tr -d '\r')
done
[ $pages = 1 ] || fail "the shop has $pages pages"
curl -fsS -H "Authorization: Bearer ${token[shop]}" -H 'Content-Type: application/json' -d '{"name":"all","query":{}}' \
	"$API_URL/epcis/queries" >/dev/null
get shop /epcis/queries/all/events
[ "$(jq -c '[.epcisBody.queryResults.resultsBody.eventList[].eventID]' "$story/answer")" = "[\"$(id 1)\"]" ] ||
	fail "the shop's query: $(cat "$story/answer")"

# ---- whose policy it may be ----
said() { # IDENTITY: code of the refusal of what stands in $story/policy, or none
	local put
	put=$(gateway_put "$1" $registry "$story/policy")
	printf 'wait %s %s\n' "$1" "$(jq .seq <<<"$put")" | socat -t 30 - "UNIX-CONNECT:$story/stack/run/gateway.sock" |
		jq -r --argjson put "$put" 'first(.nacks[] | select(.seq == $put.seq) | .code) // "none"'
}
policy maker maker public
[ "$(said gateway-demo)" = forbidden ] || fail "an outsider's policy is taken"
policy demo/dock demo public ',"bizSteps":["shipping"]'
[ "$(said gateway-demo)" = forbidden ] || fail 'a key without the right sets a policy'
policy demo demo secret
! cm policy add "$story/policy" >"$story/refused" 2>&1 || fail 'a visibility of no kind is taken'
grep -q 'visibility of policy: got secret' "$story/refused" || fail "it is not named: $(cat "$story/refused")"
capture 3
readers 3 maker
key=$(curl -fsS "$API_URL/device/gateway-demo/did.json" | jq -r '.verificationMethod[-1].publicKeyMultibase')
printf '{"type":"organisation","id":"demo","op":"set","from":1,"name":"demo","did":"%s:org:demo","keys":[{"key":"did:key:%s","may":["policy"]}]}' \
	"$AUTHORITY" "$key" >"$story/policy"
[ "$(said authority)" = none ] || fail 'the organisation does not get its key'
policy demo/dock demo public ',"bizSteps":["shipping"]'
[ "$(said gateway-demo)" = none ] || fail 'demo may not set its own policy'
policy maker maker public
[ "$(said gateway-demo)" = forbidden ] || fail "demo sets the maker's policy"
printf '{"type":"policy","id":"maker","op":"end","from":1}' >"$story/policy"
[ "$(said gateway-demo)" = forbidden ] || fail "demo ends the maker's policy"

# ---- public: when all who have a say agree ----
capture 4
readers 4 maker shop
issue maker maker public ',"gtin":"09506000134352"'
capture 5
readers 5 maker shop rival public
for path in queries capture epcs bizSteps 'events?MATCH_epc=urn:epc:idpat:sgtin:9506000.*.*'; do
	[ "$(curl -gsS -o /dev/null -w '%{http_code}' "$API_URL/epcis/$path")" = 401 ] || fail "$path without a token"
done
curl -fsS "$API_URL/epcis/events?perPage=1000" | jq -e --arg id "$(id 5)" \
	'[.epcisBody.queryResults.resultsBody.eventList[].eventID] == [$id]' >/dev/null || fail 'the public reads more'

# ---- ended ----
finish demo
finish demo/dock
finish maker
capture 6
readers 6 maker shop

# ---- authority ----
issue demo/all demo authority
capture 7
readers 7
for n in 1 4 6; do readers $n maker shop; done
readers 2 maker
readers 5 maker shop rival public

# ---- the same from the entries ----
cm audit >"$story/audit" || fail "the audit finds faults: $(head -n 3 "$story/audit")"
cm audit --since "$(sql "SELECT idx FROM event WHERE event_id = '$(id 7)'")" >"$story/audit" ||
	fail "the audit from event 7 on finds faults: $(head -n 3 "$story/audit")"
touch "$story/stack/run/ingest.stop"
kill "$(pid_of ingest)"
for _ in $(seq 150); do
	[ -n "$(pid_of ingest)" ] || break
	pause 0.1
done
until_searchable
rows() { sql "SELECT org, idx FROM event_org ORDER BY idx, org"; }
rows >"$story/before"
[ "$(grep -c '^public|' "$story/before")" = 1 ] || fail "public entries: $(cat "$story/before")"
sql "INSERT INTO event_org SELECT log_id, idx, 'public' FROM event WHERE event_id = '$(id 2)'"
! cm audit >"$story/audit" || fail 'the audit does not see an entry that was opened'
grep -Eq '^table=event_org row=[0-9]+/public field=org ' "$story/audit" || fail "the audit says $(cat "$story/audit")"
cm rebuild >/dev/null || fail 'rebuild'
rows >"$story/after"
cmp "$story/before" "$story/after" || fail 'rebuild: the rows are others'
cm audit | tail -n 1 | grep -q ' faults=0$' || fail 'the audit finds faults'
echo 'policy: who reads an event is what the log says'
