#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Goal: an operator puts places, rights, licences and recalls into the registry
# with one command each; what stands in the ledger is what the file said, byte
# for byte; a wrong word or file is refused before anything is signed.
. "$(dirname "$0")/../harness/story.sh"
story_start
sql() { psql -XqAt "$PGURI" -c "$1"; }

cm place add 9506000111117 --country AU --lat -33.8567844 --lon 151.2152967 \
	--kind port >"$story/place" || fail "place: $(cat "$story/place")"
[ "$(jq -r .place "$story/place")" = 9506000111117 ] || fail "place prints $(cat "$story/place")"
[ "$(sql "select position('\"lat7\":-338567844,\"lon7\":1512152967'::bytea in entry) > 0
	from entry where idx = $(jq .index "$story/place")")" = t ] || fail "the place is not in its entry"

add() { # command id payload
	printf '%s' "$3" >"$story/$1.json"
	cm "$1" add "$story/$1.json" >"$story/$1.out" || fail "$1: $(cat "$story/$1.out")"
	[ "$(jq -r ".$1" "$story/$1.out")" = "$2" ] || fail "$1 prints $(cat "$story/$1.out")"
	local hex
	hex=$(od -An -v -tx1 "$story/$1.json" | tr -d ' \n')
	[ "$(sql "select position('\\x$hex'::bytea in entry) > 0 from entry where idx = $(jq .index "$story/$1.out")")" = t ] ||
		fail "$1: other bytes in the entry"
}
add right XX500000000012345 '{"type":"right","id":"XX500000000012345","op":"set","from":1764000000000, "st13":"XX500000000012345","office":"XX","kind":"word","mark":"LUMEN","classes":[9,11],"holder":"demo","status":"registered"}'
add licence lumen-2026 '{"type":"licence","id":"lumen-2026","op":"set","from":1764000000000,"right":"XX500000000012345","licensor":"demo","licensee":"works","countries":["AU","NZ"],"quantity":1000}'
add recall lot-42 '{"type":"recall","id":"lot-42","op":"set","from":1764000000000,"gtin":"09506000134352","lots":["L42"],"reason":"seal"}'

before=$(sql 'select size from log_head')
code() { # expected code, command…
	local want=$1 got=0
	shift
	cm "$@" >"$story/refused" 2>&1 || got=$?
	[ $got -eq "$want" ] || fail "$*: ended with $got, wanted $want: $(cat "$story/refused")"
}
code 64 place add 9506000111118 --country AU --lat 1 --lon 1 --kind port
code 64 place add 9506000111117 --country au --lat 1 --lon 1 --kind port
code 64 place add 9506000111117 --country AU --lat 91 --lon 1 --kind port
code 64 place add 9506000111117 --country AU --lat 1 --lon 1e2 --kind port
code 1 recall add "$story/right.json"
grep -q 'wanted recall' "$story/refused" || fail "another type is not named: $(cat "$story/refused")"
printf '{"type":"recall"' >"$story/broken.json"
code 1 recall add "$story/broken.json"
code 1 recall add "$story/absent.json"
[ "$(sql "select count(*) from entry where idx >= $before and entry like 'countermark/epoch%'::bytea")" = \
	"$(sql "select count(*) from entry where idx >= $before")" ] || fail "a refused command added an entry"
cm audit | tail -1 | grep -q 'faults=0' || fail "the audit finds faults"
echo "registry: place, right, licence and recall stand in the ledger"
