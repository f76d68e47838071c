# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the stories of tests/e2e and tests/fault share: a stack of their own in
# a folder that goes away, and a few waits. Source it; then call story_start.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
export CM_BIN=${CM_BIN:-$root/build/dev/bin}
story_pids=()
story=''

fail() {
	echo "FAILED: $*" >&2
	exit 1
}
pause() { read -rt "$1" <> <(:) || true; }
until_true() { # seconds, what to say then, command…
	local end=$((SECONDS + $1)) what=$2
	shift 2
	until "$@"; do
		[ $SECONDS -lt $end ] || fail "$what"
		pause 0.2
	done
}

story_end() {
	local code=$?
	trap - EXIT
	local p
	for p in "${story_pids[@]}"; do kill -KILL "$p" 2>/dev/null || true; done
	if [ -d "$story/stack/run" ]; then
		"$root/script/stack" stop --state "$story/stack" >/dev/null 2>&1 || true
	fi
	if [ $code -ne 0 ] && [ $code -ne 77 ]; then
		for f in "$story"/stack/log/*.log; do
			[ -e "$f" ] || continue
			echo "--- $(basename "$f")" >&2
			tail -n 15 "$f" >&2
		done
	fi
	if [ "${CM_KEEP:-}" = 1 ]; then echo "kept: $story"; else rm -rf "$story"; fi
	exit $code
}

# story_start [stack arguments]: folder $story, stack in $story/stack, its env.
story_start() {
	mkdir -p "$root/build/stories"
	story=$(mktemp -d "$root/build/stories/XXXXXXXX")
	chmod 755 "$story"
	trap story_end EXIT
	"$root/script/stack" start --state "$story/stack" "$@" >"$story/start.log" 2>&1 || {
		cat "$story/start.log" >&2
		fail "the stack does not start"
	}
	# shellcheck disable=SC1091
	. "$story/stack/env"
	[ "${CM_STANDIN:-}" != 1 ] || story_distribute "$@"
}
# Every program goes on as where Citus is: the tables are handed over, which a
# stand-in takes and leaves where they are, and settings are SET LOCAL.
story_distribute() {
	psql -XqAt -v ON_ERROR_STOP=1 "$PGURI" -f "$root/tests/db/citus_standin.sql" >/dev/null || fail 'no stand-in for Citus'
	cm migrate --distributed >/dev/null || fail 'the tables are not handed over'
	"$root/script/stack" stop --state "$story/stack" >>"$story/start.log" 2>&1 &&
		"$root/script/stack" start --state "$story/stack" "$@" >>"$story/start.log" 2>&1 || {
		cat "$story/start.log" >&2
		fail 'the stack does not start again'
	}
}
cm() { $COUNTERMARK "$@"; }
receipt_key() { jq -r .receipt_key "$story/stack/conf/log.json"; }
pid_of() { awk -v n="$1" '$1 == n { print $2 }' "$PIDS"; }

# enrol DEVICE ORG: makes a key in $story and enrols it.
enrol() {
	cm keygen "$story/$1.key" >"$story/$1.json"
	cm device enrol "$1" --org "$2" --public-key "$(jq -r .key "$story/$1.json")" >/dev/null
}

# agent_conf DEVICE KIND PATH: configuration of a single-scan agent.
agent_conf() {
	cat >"$story/$1.conf" <<-CONF
		[agent]
		name = $1
		authority = ${AUTHORITY#did:web:}
		log = $LOG
		state = $story/$1
		exit_when_drained = yes
		[identity $1]
		key = $story/$1.key
		[ledger]
		receipt_key = $(receipt_key)
		[mqtt]
		host = $MQTT_HOST
		port = $MQTT_PORT
		[station]
		mode = single
		bizStep = commissioning
		action = ADD
		disposition = active
		readPoint = https://id.gs1.org/414/9506000111113
		bizLocation = https://id.gs1.org/414/9506000111113
		[input scanner]
		kind = $2
		${3:+path = $3}
	CONF
}

# gateway_put IDENTITY TYPE FILE: signs it; prints device, epoch and seq.
gateway_put() {
	{
		printf 'put %s %s %s\n' "$1" "$2" "$(stat -c %s "$3")"
		cat "$3"
	} | socat -t 5 - "UNIX-CONNECT:$story/stack/run/gateway.sock"
}
# search_document SEQ: an EPCISDocument that gives rows to every search table.
search_document() {
	cat <<-JSON
		{"@context":"https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld","type":"EPCISDocument",
		"schemaVersion":"2.0","creationDate":"2026-01-01T00:00:00Z","epcisHeader":{"epcisMasterData":{"vocabularyList":[
		{"type":"urn:epcglobal:epcis:vtype:EPCClass","vocabularyElementList":[{"id":"urn:epc:idpat:sgtin:9506000.013435.*",
		"attributes":[{"id":"cbvmda:descriptionShort","attribute":"Soap $1"}]}]}]}},"epcisBody":{"eventList":[
		{"type":"ObjectEvent","eventTime":"2026-01-02T03:04:05.678Z","eventTimeZoneOffset":"+00:00","action":"ADD",
		"ilmd":{"cbvmda:itemExpirationDate":"2027-01-31"},
		"epcList":["urn:epc:id:sgtin:9506000.013435.S$1","https://id.gs1.org/01/09506000134352/21/S$1"],
		"bizStep":"shipping","disposition":"in_transit","readPoint":{"id":"urn:epc:id:sgln:9506000.11111.0"},
		"bizTransactionList":[{"type":"po","bizTransaction":"urn:epcglobal:cbv:bt:9506000111117:$1"}],
		"sourceList":[{"type":"owning_party","source":"urn:epc:id:pgln:9506000.11111"}],
		"destinationList":[{"type":"location","destination":"https://id.gs1.org/414/9506000111124"}]},
		{"type":"AggregationEvent","eventTime":"2026-01-02T03:04:06Z","eventTimeZoneOffset":"+00:00","action":"ADD",
		"parentID":"urn:epc:id:sscc:9506000.0000000001","childEPCs":["https://id.gs1.org/01/09506000134352/21/S$1"],
		"childQuantityList":[{"epcClass":"urn:epc:class:lgtin:9506000.013435.L$1","quantity":5}],"bizStep":"packing",
		"errorDeclaration":{"declarationTime":"2026-01-03T00:00:00Z","reason":"incorrect_data"}}]}}
	JSON
}
# projected: are the search tables up to the newest checkpoint, and that to
# the log's end?
projected() {
	[ "$(psql -XqAt "$PGURI" -c "SELECT p.size = h.size AND h.size = (SELECT max(size) FROM checkpoint)
		FROM projection p NATURAL JOIN log_head h")" = t ]
}

# fetch_entries FILE: every entry below the checkpoint, from the tiles;
# the checkpoint's text goes to FILE.checkpoint.
fetch_entries() {
	local size n full part newest tries
	newest=$(psql -XqAt "$PGURI" -c 'SELECT max(size) FROM checkpoint')
	# The API looks for a newer one ten times a second.
	for ((tries = 0; ; tries++)); do
		curl -fsS "$API_URL/log/checkpoint" >"$1.checkpoint"
		size=$(sed -n 2p "$1.checkpoint")
		[ "$size" -lt "$newest" ] || break
		[ $tries -lt 100 ] || fail "the API serves the checkpoint of $size, published is that of $newest"
		pause 0.1
	done
	full=$((size / 256)) part=$((size % 256))
	: >"$1"
	for ((n = 0; n < full; n++)); do
		curl -fsS -H "Authorization: Bearer $API_TOKEN" "$API_URL/log/tile/entries/$(tile_path $n)" >>"$1"
	done
	if [ $part -gt 0 ]; then
		curl -fsS -H "Authorization: Bearer $API_TOKEN" "$API_URL/log/tile/entries/$(tile_path $full).p/$part" >>"$1"
	fi
}
tile_path() { # 1234567 -> x001/x234/567
	local n=$1 out
	out=$(printf '%03d' $((n % 1000)))
	n=$((n / 1000))
	while [ $n -gt 0 ]; do
		out=$(printf 'x%03d/%s' $((n % 1000)) "$out")
		n=$((n / 1000))
	done
	echo "$out"
}
