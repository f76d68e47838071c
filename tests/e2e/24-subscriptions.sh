#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Goal: named queries and webhook subscriptions. A stream gets every new event
# once, in order and rightly signed; a receiver that is down is tried again and
# catches up without loss or repeat, also when the API is killed in between. A
# schedule fires on time and reports what is empty only when asked to. DELETE
# ends it, a revoked token too; a receiver inside the network is refused unless
# allowed, a certificate that is not trusted always. Another organisation sees
# nothing of it, and is sent nothing that is not its own.
# shellcheck source=tests/harness/story.sh
. "$(dirname "$0")/../harness/story.sh"
story_start
node=$(command -v node) || exit 77

cm org add mill --gln 9506000111131 >/dev/null
cm org add stranger --gln 9506000111148 >/dev/null
cm goods add 09506000134352 --org mill >/dev/null
token() { cm token create "$@" | jq -r .token; }
mill=$(token --role brand --org mill)
stranger=$(token --role partner --org stranger)
reader=$(token --role brand --org mill --scope read)
base=$API_URL/epcis/queries

# ask METHOD URL TOKEN [BODY]: sets $status, body in $story/answer, headers beside.
ask() {
	status=$(curl -sS -o "$story/answer" -D "$story/headers" -w '%{http_code}' -X "$1" \
		-H "Authorization: Bearer $3" ${4:+-H 'Content-Type: application/json' -d "$4"} "$2")
}
want() { # STATUS ask…
	local expected=$1
	shift
	ask "$@"
	[ "$status" = "$expected" ] || fail "$1 $2: $status, wanted $expected: $(cat "$story/answer")"
}
is() { # jq filter over the answer
	jq -e "$1" "$story/answer" >/dev/null || fail "$1 does not hold: $(cat "$story/answer")"
}
until_seen() { # command…
	for _ in $(seq 600); do
		if "$@"; then return 0; fi
		pause 0.1
	done
	fail "never: $*: $(cut -c1-600 "$story/answer"); $(tail -3 "$story"/*.jsonl 2>/dev/null | cut -c1-300)"
}
count=0
capture() { # N: one document of N events about the mill's goods
	local i events=()
	for ((i = 0; i < $1; i++)); do
		count=$((count + 1))
		events+=("$(jq -nc --arg n $count '{ type: "ObjectEvent", eventID: "https://mill.example/e/\($n)",
			eventTime: "2026-01-02T03:04:05Z", eventTimeZoneOffset: "+00:00", action: "OBSERVE", bizStep: "shipping",
			epcList: ["https://id.gs1.org/01/09506000134352/21/S\($n)"] }')")
	done
	printf '%s\n' "${events[@]}" | jq -sc '{ "@context": "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
		type: "EPCISDocument", schemaVersion: "2.0", creationDate: "2026-01-02T03:04:05Z", epcisBody: { eventList: . } }' >"$story/doc.json"
	cm import "$story/doc.json" >/dev/null || fail 'the document is refused'
}
ids() { # LOG PATH: numbers of the events that were taken there, in order
	jq -r --arg p "$2" 'select(.path == $p and .code == 200) | .body.epcisBody.queryResults.resultsBody.eventList[].eventID' "$1" 2>/dev/null |
		sed 's,.*/,,' | paste -sd' '
}
all_from() { seq "$1" $count | paste -sd' '; }
got_all() { [ "$(ids "$2" "$3")" = "$(all_from "$1")" ]; }

# ---- named queries ----
query='{"name":"shipped","query":{"EQ_bizStep":["shipping"],"MATCH_anyEPC":["urn:epc:idpat:sgtin:9506000.013435.*"]}}'
want 201 POST "$base" "$mill" "$query"
grep -qi "^location: $API_URL/epcis/queries/shipped" "$story/headers" || fail 'no Location'
want 409 POST "$base" "$mill" "$query"
is '.type == "epcisException:ResourceAlreadyExistsException"'
want 400 POST "$base" "$mill" '{"name":"bad","query":{"EQ_bizStop":["shipping"]}}'
is '.type == "epcisException:QueryValidationException" and .parameter == "EQ_bizStop"'
want 400 POST "$base" "$mill" '{"name":"a/b","query":{}}'
is '.parameter == "name"'
want 403 POST "$base" "$reader" "$query"
want 401 GET "$base" nonsense
want 200 GET "$base" "$mill"
is 'map(.name) == ["shipped"] and .[0].query.EQ_bizStep == ["shipping"]'
want 200 GET "$base" "$stranger"
is '. == []'
want 200 GET "$base" "$API_TOKEN"
is '. == []'
want 404 GET "$base/shipped" "$stranger"
is '.type == "epcisException:NoSuchNameException"'
want 404 GET "$base/shipped/events" "$stranger"
want 404 DELETE "$base/shipped" "$stranger"
want 404 POST "$base/shipped/subscriptions" "$stranger" '{"dest":"https://a.example/","stream":true}'
want 201 POST "$base" "$stranger" "$query"
for i in 1 2 3; do want 201 POST "$base" "$mill" "{\"name\":\"q$i\",\"query\":{}}"; done
want 200 GET "$base?perPage=2" "$mill"
is 'map(.name) == ["q1", "q2"]'
next=$(sed -nE 's/^[Ll]ink: <([^>]+)>.*/\1/p' "$story/headers")
want 200 GET "$API_URL$next" "$mill"
is 'map(.name) == ["q3", "shipped"]'
! grep -qi '^link:' "$story/headers" || fail 'the last page has a next one'

# ---- results of a query ----
capture 3
until_seen projected
want 200 GET "$base/shipped/events?perPage=2" "$mill"
is '.epcisBody.queryResults | .queryName == "shipped" and (.resultsBody.eventList | length) == 2'
next=$(sed -nE 's/^[Ll]ink: <([^>]+)>.*/\1/p' "$story/headers")
want 200 GET "$API_URL$next" "$mill"
is '.epcisBody.queryResults.resultsBody.eventList | map(.eventID) == ["https://mill.example/e/3"]'
want 200 GET "$base/shipped/events" "$stranger"
is '.epcisBody.queryResults.resultsBody.eventList == []'
want 400 GET "$base/shipped/events?eventType=ObjectEvent" "$mill"
is '.parameter == "eventType"'
[ "$(curl -s -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $mill" -H 'Connection: Upgrade' -H 'Upgrade: websocket' "$base/shipped/events")" = 501 ] || fail 'a WebSocket is not refused'

# ---- what a subscription has to be ----
subs=$base/shipped/subscriptions
refuse() { # parameter BODY
	want 400 POST "$subs" "$mill" "$2"
	is ".parameter == \"$1\" and .type == \"epcisException:SubscriptionControlsException\""
}
for dest in http://a.example/ https://127.0.0.1/ https://10.1.2.3/ https://169.254.169.254/ 'https://[::1]/' https://localhost/ https://0x7f.1/ https://u@a.example/; do
	refuse dest "{\"dest\":\"$dest\",\"stream\":true}"
done
refuse secret '{"dest":"https://a.example/","secret":"x","stream":true}'
refuse schedule '{"dest":"https://a.example/"}'
refuse stream '{"dest":"https://a.example/","stream":true,"schedule":{"second":"0"}}'
refuse schedule.hour '{"dest":"https://a.example/","schedule":{"hour":"24"}}'
want 201 POST "$base" "$mill" '{"name":"ordered","query":{"orderBy":"eventTime"}}'
want 400 POST "$base/ordered/subscriptions" "$mill" '{"dest":"https://a.example/","stream":true}'
is '.parameter == "orderBy"'

# ---- a second server on the same ledger, with receivers of this machine ----
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
	-addext subjectAltName=DNS:localhost -keyout "$story/tls.key" -out "$story/tls.pem" 2>/dev/null
free_port() { # below those that the kernel gives to who connects
	local p
	p=$(shuf -i 20000-31999 -n 1)
	while (exec 3<>"/dev/tcp/127.0.0.1/$p") 2>/dev/null; do p=$(shuf -i 20000-31999 -n 1); done
	echo "$p"
}
api_port=$(free_port)
sed -e "s/^port = .*/port = $api_port/" "$story/stack/conf/api.conf" >"$story/second.conf"
printf '[subscriptions]\nprivate = yes\nca = %s\n' "$story/tls.pem" >>"$story/second.conf"
start_second() {
	"$CM_BIN/countermark-api" --config "$story/second.conf" 2>>"$story/second.log" &
	second=$!
	story_pids+=("$second")
	until_seen curl -fsS -o /dev/null "http://127.0.0.1:$api_port/healthz"
}
start_receiver() { # PORT NAME [CERT KEY]
	"$node" "$root/tests/client/receiver.mjs" "$1" "$story/$2.jsonl" "$story/$2.status" secret-1 "${@:3}" >"$story/$2.out" 2>&1 &
	receiver=$!
	story_pids+=("$receiver")
	until_seen grep -qx ready "$story/$2.out" # "already in use" is another word
}
# The stack's own server holds the lock; it lets go of it, and this one delivers.
start_second
pause 1.5
if grep -q evt=delivering "$story/second.log"; then fail 'two servers deliver'; fi
printf '[subscriptions]\ndeliver = no\n' >>"$story/stack/conf/api.conf"
kill -TERM "$(pid_of api)"
until_seen grep -q evt=delivering "$story/second.log"
# The witness reads the log from the stack's own server.
"$CM_BIN/countermark-api" --config "$story/stack/conf/api.conf" 2>>"$story/api.log" &
story_pids+=($!)
base=http://127.0.0.1:$api_port/epcis/queries
subs=$base/shipped/subscriptions
API_URL=http://127.0.0.1:$api_port
touch "$story/tls.jsonl"
tls_port=$(free_port)
start_receiver "$tls_port" tls "$story/tls.pem" "$story/tls.key"
dest=https://localhost:$tls_port

# ---- a stream ----
want 201 POST "$subs" "$mill" "{\"dest\":\"$dest/stream\",\"signatureToken\":\"secret-1\",\"stream\":true}"
is '.stream == true and .state == "active" and has("signatureToken") == false'
stream=$(jq -r .subscriptionID "$story/answer")
grep -qi "^location: .*/epcis/queries/shipped/subscriptions/$stream" "$story/headers" || fail 'no Location of the subscription'
want 201 POST "$base/shipped/subscriptions" "$stranger" "{\"dest\":\"$dest/stranger\",\"stream\":true}"
capture 2
until_seen got_all 4 "$story/tls.jsonl" /stream
capture 3
until_seen got_all 4 "$story/tls.jsonl" /stream
jq -es 'map(select(.path == "/stream")) | length > 1 and all(.[]; .signed and .method == "POST" and .body.type == "EPCISQueryDocument"
	and .headers["content-type"] == "application/json" and (.headers["gs1-query-min-record-time"] | fromdateiso8601? // (sub("\\.\\d+Z$"; "Z") | fromdateiso8601)) > 0
	and .body.epcisBody.queryResults.queryName == "shipped" and all(.body.epcisBody.queryResults.resultsBody.eventList[]; has("recordTime")))' \
	"$story/tls.jsonl" >/dev/null || fail "a delivery is not as it should be: $(tail -1 "$story/tls.jsonl")"
want 200 GET "$subs/$stream" "$mill"
is '.state == "active" and .deliveredEvents == 5 and has("lastNotifiedAt")'
want 404 GET "$subs/$stream" "$stranger"
want 404 DELETE "$subs/$stream" "$stranger"
want 200 GET "$subs" "$mill"
is "map(.subscriptionID) == [\"$stream\"]"

# ---- the receiver fails, is down, the API dies: nothing is lost, nothing comes twice ----
echo 500 >"$story/tls.status"
capture 1
failing() {
	ask GET "$subs/$stream" "$mill"
	jq -e '.state == "failing" and (.lastError | contains("500")) and has("failingSince") and has("nextAttemptAt")' "$story/answer" >/dev/null
}
until_seen failing
kill -KILL $receiver
rm "$story/tls.status"
capture 2
kill -KILL $second
capture 2
start_second
pause 2
ask GET "$subs/$stream" "$mill"
is '.state == "failing" and (.lastError | contains("status") | not)'
start_receiver "$tls_port" tls "$story/tls.pem" "$story/tls.key"
until_seen got_all 4 "$story/tls.jsonl" /stream
echo 302 >"$story/tls.status"
capture 1
redirected() { jq -es 'any(.[]; .code == 302)' "$story/tls.jsonl" >/dev/null; }
until_seen redirected
rm "$story/tls.status"
until_seen got_all 4 "$story/tls.jsonl" /stream
jq -es 'all(.[]; .path != "/elsewhere")' "$story/tls.jsonl" >/dev/null || fail 'a redirect was followed'
# A batch that is too large is sent in smaller ones.
echo 413 >"$story/tls.status"
capture 4
too_large() { jq -es 'any(.[]; .code == 413)' "$story/tls.jsonl" >/dev/null; }
until_seen too_large
rm "$story/tls.status"
until_seen got_all 4 "$story/tls.jsonl" /stream
jq -es 'map(select(.path == "/stream" and .code == 200)) | .[-1].body.epcisBody.queryResults.resultsBody.eventList | length == 2' "$story/tls.jsonl" >/dev/null ||
	fail 'the batches are not smaller'
[ -z "$(ids "$story/tls.jsonl" /stranger)" ] || fail 'the stranger was sent events of the mill'

# ---- schedules ----
from=$((count + 1))
want 201 POST "$subs" "$mill" "{\"dest\":\"$dest/each\",\"schedule\":{\"second\":\"[0-59]\"}}"
want 201 POST "$subs" "$mill" "{\"dest\":\"$dest/empty\",\"schedule\":{\"second\":\"[0-29],[30-59]\"},\"reportIfEmpty\":true}"
empty=$(jq -r .subscriptionID "$story/answer")
reports() { [ "$(jq -r 'select(.path == "/empty") | 1' "$story/tls.jsonl" | wc -l)" -ge 3 ]; }
until_seen reports
jq -es 'all(.[]; .path != "/each")' "$story/tls.jsonl" >/dev/null || fail 'an empty result was reported'
capture 2
until_seen got_all $from "$story/tls.jsonl" /each
until_seen got_all $from "$story/tls.jsonl" /empty
jq -es 'map(select(.path == "/empty")) | any(.[]; .signed) | not' "$story/tls.jsonl" >/dev/null || fail 'signed without a token'
want 204 DELETE "$subs/$empty" "$mill"
want 404 GET "$subs/$empty" "$mill"
pause 1.2
before=$(jq -r 'select(.path == "/empty") | 1' "$story/tls.jsonl" | wc -l)
pause 2.5
[ "$(jq -r 'select(.path == "/empty") | 1' "$story/tls.jsonl" | wc -l)" = "$before" ] || fail 'a removed subscription goes on'

# ---- a certificate that is not trusted; a token that was revoked ----
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
	-addext subjectAltName=DNS:localhost -keyout "$story/other.key" -out "$story/other.pem" 2>/dev/null
other_port=$(free_port)
start_receiver "$other_port" other "$story/other.pem" "$story/other.key"
cm token create --role brand --org mill >"$story/temporary.json"
temporary=$(jq -r .token "$story/temporary.json")
want 201 POST "$subs" "$temporary" "{\"dest\":\"https://localhost:$other_port/\",\"stream\":true}"
mistrusted=$(jq -r .subscriptionID "$story/answer")
want 201 POST "$base/q1/subscriptions" "$temporary" "{\"dest\":\"$dest/revoked\",\"stream\":true}"
revoked=$(jq -r .subscriptionID "$story/answer")
capture 1
untrusted() {
	ask GET "$subs/$mistrusted" "$mill"
	jq -e '.lastError // "" | test("certificate|SSL")' "$story/answer" >/dev/null
}
until_seen untrusted
[ ! -s "$story/other.jsonl" ] || fail 'a receiver that is not trusted was sent events'
cm token revoke "$(jq -r .id "$story/temporary.json")" >/dev/null
capture 1
suspended() {
	ask GET "$base/q1/subscriptions/$revoked" "$mill"
	jq -e '.state == "suspended" and (.lastError | contains("revoked"))' "$story/answer" >/dev/null
}
until_seen suspended
grep -q evt=subscription_suspended "$story/second.log" || fail 'the log does not tell of it'
until_seen got_all 4 "$story/tls.jsonl" /stream

# ---- a query takes its subscriptions with it ----
want 204 DELETE "$base/shipped" "$mill"
want 404 GET "$subs/$stream" "$mill"
want 201 POST "$base" "$mill" "$query"
want 200 GET "$subs" "$mill"
is '. == []'
sent=$(wc -l <"$story/tls.jsonl")
capture 1
until_seen projected
pause 2
[ "$(jq -r 'select(.path == "/stream" or .path == "/each") | 1' "$story/tls.jsonl" | wc -l)" -gt 0 ]
[ "$(wc -l <"$story/tls.jsonl")" = "$sent" ] || fail "a removed query is still delivered: $(tail -1 "$story/tls.jsonl" | cut -c1-300)"
[ -z "$(ids "$story/tls.jsonl" /stranger)" ] || fail 'the stranger was sent events of the mill'
curl -fsS "$API_URL/metrics" >"$story/metrics"
grep -q '^countermark_api_delivery_failures_total [1-9]' "$story/metrics" || fail 'failures are not counted'
echo "ok - $count events, streamed and scheduled"
