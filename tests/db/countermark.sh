#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Goal: the commands of countermark that need a database and no gateway keep
# to interface.md: exit codes, members, keys, a certificate that its CA knows.
#   countermark.sh PROGRAM PGDIR
set -euo pipefail
program=$1
pg=$2
here=$(cd "$(dirname "$0")" && pwd)
uri=$("$here/../harness/postgres.sh" start "$pg")
dir=$(mktemp -d)
name=cli_$$
sql=(psql -XqAt -v ON_ERROR_STOP=1)
trap '"${sql[@]}" "$uri" -c "drop database if exists $name with (force)"; rm -rf "$dir"' EXIT
"${sql[@]}" "$uri" -c "create database $name"

fail() {
	echo "FAILED: $*" >&2
	exit 1
}
is() { # what got wanted
	[ "$2" = "$3" ] || fail "$1: got '$2', wanted '$3'"
}
code() { # command…: its exit code
	local c=0
	"$@" >"$dir/out" 2>"$dir/err" || c=$?
	echo $c
}

cat >"$dir/conf" <<CONF
[database]
uri = $uri dbname=$name
[log]
name = demo
[keys]
dir = $dir/keys
[gateway]
socket = $dir/gateway
[tls]
ca = $dir/ca.crt
ca_key = $dir/ca.key
dir = $dir
CONF
cm=("$program" --config "$dir/conf")

is "show before init" "$(code "${cm[@]}" log show)" 1
is "init of another log" "$(code "${cm[@]}" init --authority h.example --log other)" 78
is "init of a bad host" "$(code "${cm[@]}" init --authority 'h example' --log demo)" 64
is "distributed" "$(code "${cm[@]}" init --authority h.example --log demo --distributed)" 1
[ ! -e "$dir/keys" ] || fail "a refused init made keys"
is "init" "$(code "${cm[@]}" init --authority h.example --log demo)" 0
cp "$dir/out" "$dir/init"
is "init again" "$(code "${cm[@]}" init --authority h.example --log demo)" 1
grep -q 'log exists' "$dir/err" || fail "no reason for the second init"
is "show" "$(code "${cm[@]}" log show)" 0
cmp -s "$dir/out" "$dir/init" || fail "log show and init differ"
is "members" "$(jq -r 'keys_unsorted | join(" ")' "$dir/out")" \
	"log origin vkey receipt_key authority genesis"
is "origin" "$(jq -r .origin "$dir/out")" h.example/demo
jq -r .genesis "$dir/out" | base64 -d >"$dir/genesis"
is "genesis" "$(head -n 2 "$dir/genesis" | tr '\n' ' ')" "countermark/genesis/v1 h.example/demo "
is "policy in the genesis" "$(sed -n 's/^policy //p' "$dir/genesis")" \
	"$(openssl dgst -sha256 -binary "$dir/keys/policy" | base64)"
is "policy" "$(cat "$dir/keys/policy")" "log $(jq -r .vkey "$dir/out")
quorum none"
is "modes" "$(stat -c %a "$dir/keys"/*.key | sort -u)" 600
is "keys" "$(cd "$dir/keys" && echo *.key)" "answer.key authority.key log.key receipt.key service.key"
is "migrate again" "$("${cm[@]}" migrate)" '{"ran":0}'

"${cm[@]}" token create --role operator --org demo >"$dir/token"
token=$(jq -r .token "$dir/token")
[[ $token =~ ^cm_[A-Za-z0-9_-]{43}$ ]] || fail "token: $token"
is "the token's hash" "$("${sql[@]}" "$uri dbname=$name" -c "select role || ' ' || organisation from token where hash = sha256('$token')")" \
	"operator demo"
is "a role of nobody" "$(code "${cm[@]}" token create --role public)" 64

is "keygen" "$(code "$program" keygen "$dir/k.key")" 0
[[ $(jq -r .key "$dir/out") == did:key:z6Mk* ]] || fail "keygen prints no did:key"
key=$(jq -r .key "$dir/out")
is "keygen again" "$(code "$program" keygen "$dir/k.key")" 1

# Without a gateway nothing is registered, and nothing is pretended.
openssl req -x509 -newkey ed25519 -nodes -days 10 -subj /CN=ca \
	-keyout "$dir/ca.key" -out "$dir/ca.crt" 2>/dev/null
is "enrol without a gateway" \
	"$(code "${cm[@]}" --timeout 1 device enrol line-1 --org acme --public-key "$key")" 1
is "bad key" "$(code "${cm[@]}" device enrol line-2 --org acme --public-key xx)" 64
is "bad name" "$(code "${cm[@]}" org add Acme)" 64
is "bad GTIN" "$(code "${cm[@]}" goods add 09506000134353 --org acme)" 64
grep -q "check digit" "$dir/err" || fail "no reason for a bad GTIN"
is "bad GLN" "$(code "${cm[@]}" org add acme --gln 9506000111110)" 64
is "certificate" "$(openssl verify -purpose sslclient -CAfile "$dir/ca.crt" "$dir/line-1.crt")" \
	"$dir/line-1.crt: OK"
is "its name" "$(openssl x509 -in "$dir/line-1.crt" -noout -subject)" "subject=CN = line-1"
is "its key" "$(openssl pkey -in "$dir/line-1.key" -pubout)" \
	"$(openssl x509 -in "$dir/line-1.crt" -noout -pubkey)"
is "its key's mode" "$(stat -c %a "$dir/line-1.key")" 600

echo "[nonsense]" >>"$dir/conf"
is "bad configuration" "$(code "${cm[@]}" log show)" 78
is "check" "$(code "${cm[@]}" --check)" 78
is "no words" "$(code "$program")" 64
is "help" "$(code "$program" --help)" 0
