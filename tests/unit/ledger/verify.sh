#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# countermark-verify on the golden bundles: the exit code and the JSON of each,
# what it says to people, and that it links no database and no network.
# Usage: verify.sh PROGRAM
set -euo pipefail
program=$1
vectors=$(cd "$(dirname "$0")/../../vectors/bundle" && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
fail() {
	echo "verify.sh: $*" >&2
	exit 1
}
run() { # wanted exit code, then arguments
	local want=$1 got=0
	shift
	"$program" "$@" >"$tmp/out" 2>"$tmp/err" || got=$?
	[ "$got" = "$want" ] || fail "exit $got, wanted $want: $* ($(cat "$tmp/out" "$tmp/err"))"
}
says() { grep -qF -- "$1" "$tmp/out" || fail "wanted '$1' in: $(cat "$tmp/out")"; }

libraries=$(ldd "$program")
for no in libpq libmosquitto libcurl libmicrohttpd libsqlite libinih libssl; do
	! grep -q "$no" <<<"$libraries" || fail "links $no"
done

cases=0
while read -r line; do
	[[ $line =~ \"bundle\":\"([^\"]+)\",\"policy\":\"([^\"]+)\",\"expect\":(\{.*\})\}$ ]] || continue
	bundle=${BASH_REMATCH[1]} policy=${BASH_REMATCH[2]} expect=${BASH_REMATCH[3]}
	case $expect in
	*'"result":"genuine"'*) code=0 ;;
	*'"result":"otherwise"'*) code=1 ;;
	*) code=2 ;;
	esac
	run "$code" "$vectors/$bundle" --policy "$vectors/$policy" --json
	[ "$(cat "$tmp/out")" = "$expect" ] || fail "$bundle: $(cat "$tmp/out")"
	run "$code" --policy "$vectors/$policy" "$vectors/$bundle"
	cases=$((cases + 1))
done <"$vectors/cases.json"
[ "$cases" -ge 20 ] || fail "only $cases cases"

both=$vectors/both.policy
run 0 "$vectors/genuine.cmproof" --policy "$both"
says 'proven: genuine_code_only'
says 'map root: witnessed'
says 'complete as of its first 20 entries'
says 'that the code is on the right object'
run 1 "$vectors/never-issued.cmproof" --policy "$both"
says 'finding: never_commissioned (identity, hard)'
run 2 "$vectors/fault-map.cmproof" --policy "$both"
says 'not proven: map at subjects[0]'
run 2 "$vectors/withheld.cmproof" --policy "$both"
says 'content is withheld'
# Without the map witness completeness is a claim.
grep -v 'witness.example/map' "$both" | sed 's/^group.*/group both all plain/' >"$tmp/plain"
run 0 "$vectors/genuine.cmproof" --policy "$tmp/plain"
says "map root: operator's claim"
says 'that no entry was left out'

run 3
run 3 "$vectors/genuine.cmproof"
run 3 --policy "$both"
run 3 "$vectors/genuine.cmproof" --policy "$both" more
run 3 "$vectors/genuine.cmproof" --policy "$both" --what
run 3 "$vectors/absent.cmproof" --policy "$both"
run 3 "$vectors/genuine.cmproof" --policy "$tmp/absent"
printf 'quorum x\n' >"$tmp/bad"
run 3 "$vectors/genuine.cmproof" --policy "$tmp/bad"
grep -q 'line 1' "$tmp/err" || fail "no line: $(cat "$tmp/err")"
run 0 --help
says 'usage: countermark-verify'
run 0 --version
says 'countermark-verify '
