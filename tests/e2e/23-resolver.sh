#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Goal: a phone scans a Digital Link and is led, always by 307, to what the brand
# has set for its language, or to the page that verifies; a program gets the
# verdict or all links. What is no Digital Link is refused; nobody is led to a
# place that was not set. The requirements are those of the GS1-Conformant
# Resolver (docs/conformance.md).
. "$(dirname "$0")/../harness/story.sh"
story_start
gtin=09506000134352
voc=https://ref.gs1.org/voc

ask() { # path curl-arguments… : status in $status, headers in $story/h, body in $story/b
	local path=$1
	shift
	status=$(curl -sS --path-as-is -D "$story/h" -o "$story/b" -w '%{http_code}' "$@" "$API_URL$path")
}
header() { tr -d '\r' <"$story/h" | awk -v n="$1" 'tolower($1) == tolower(n ":") { sub(/^[^ ]* /, ""); print; exit }'; }
leads() { # path wanted-location curl-arguments…
	local path=$1 want=$2
	shift 2
	ask "$path" "$@"
	[ "$status" = 307 ] || fail "$path $*: got $status, wanted 307: $(cat "$story/b")"
	[ "$(header Location)" = "$want" ] || fail "$path $*: led to $(header Location), wanted $want"
}
linkset() { jq -e "$1" "$story/b" >/dev/null || fail "not $1: $(cat "$story/b")"; }
says() { # status path curl-arguments…
	local want=$1 path=$2
	shift 2
	ask "$path" "$@"
	[ "$status" = "$want" ] || fail "$path $*: got $status, wanted $want: $(cat "$story/b")"
}

cm org add maker >/dev/null
cm goods add $gtin --org maker --issuance before >/dev/null
for _ in $(seq 100); do
	ask "/v1/verify?code=%5Dd201${gtin}21A"
	[ "$(jq -r .verdict "$story/b")" != forged ] || break
	pause 0.2
done

# ---- without links of the brand: our page ----
leads /01/$gtin "$API_URL/p/01/$gtin"
leads /01/$gtin/ "$API_URL/p/01/$gtin"
leads /01/$gtin/21/A%2FB "$API_URL/p/01/$gtin/21/A%2FB"
leads "/01/$gtin/10/L/21/A?17=271231&utm=x" "$API_URL/p/01/$gtin/10/L/21/A?17=271231&utm=x"
leads /00/095060001343520000 "$API_URL/p/00/095060001343520000" || true
says 200 /p/01/$gtin/21/A -H 'Accept: text/html'
grep -q '<title>' "$story/b" || fail "no page at /p/"
says 200 /p/01/$gtin/21/A -H 'Accept: application/json'
linkset '.verdict == "forged"'
[ -n "$(header Countermark-Signature)" ] || fail "the verdict is not signed"
leads /01/$gtin/21/A "$API_URL/p/01/$gtin/21/A" -H 'Accept: application/json'

# ---- links of the brand ----
add() { cm link add "$@" >"$story/link"; }
add 01/$gtin --type gs1:pip --href https://brand.example/p --title Product --default
add 01/$gtin --type gs1:pip --href https://brand.example/pt --title Produto --lang pt --media text/html --default
add "https://id.gs1.org/01/$gtin" --type https://gs1.org/voc/certificationInfo --href https://a.example/1 --title One
add 01/$gtin --type gs1:certificationInfo --href https://a.example/2 --title Two
add 01/$gtin/21/A --type gs1:recallStatus --href https://brand.example/recall --title Recall
one=$(jq .link "$story/link")
leads /01/$gtin https://brand.example/p
leads /01/$gtin/21/B https://brand.example/p
leads /01/$gtin https://brand.example/pt -H 'Accept-Language: pt-BR, pt;q=0.9, en;q=0.1' -H 'Accept: text/html'
leads "/01/$gtin?a=1&b=2" 'https://brand.example/p?a=1&b=2'
leads "/01/$gtin/21/A?linkType=gs1:recallStatus" 'https://brand.example/recall?linkType=gs1:recallStatus'
leads "/01/$gtin/21/A?linkType=$voc/verificationService" "$API_URL/p/01/$gtin/21/A?linkType=$voc/verificationService"
says 404 "/01/$gtin/21/B?linkType=gs1:recallStatus"
says 404 "/01/$gtin?linkType=gs1:instructions"
says 300 "/01/$gtin?linkType=gs1:certificationInfo"
linkset ".linkset[0][\"$voc/certificationInfo\"] | length == 2"
header Link | grep -q 'rel="linkset"' || fail "no Link to the linkset"

# ---- all links ----
for how in '?linkType=linkset' '?linkType=all'; do
	says 200 "/01/$gtin/21/A$how"
	[ "$(header Content-Type)" = application/linkset+json ] || fail "$(header Content-Type)"
	linkset ".linkset | length == 2"
	linkset ".linkset[0].anchor == \"$API_URL/01/$gtin/21/A\""
	linkset ".linkset[1].anchor == \"$API_URL/01/$gtin\""
	linkset ".linkset[1][\"$voc/defaultLink\"] == [{href: \"https://brand.example/p\", title: \"Product\"}]"
	linkset ".linkset[1][\"$voc/defaultLinkMulti\"][0].hreflang == [\"pt\"]"
	linkset "[.linkset[] | to_entries[] | select(.key != \"anchor\") | .value[] | .href, .title] | all(length > 0)"
	header Link | grep -q 'json-ld#context' || fail "no context"
done
says 200 /01/$gtin -H 'Accept: application/linkset+json'
says 200 /linkset-context.jsonld
says 200 /.well-known/gs1resolver
linkset ".resolverRoot == \"$API_URL\" and (.supportedPrimaryKeys | index(\"01\")) != null and .contact.fn != null"

# ---- what is no Digital Link ----
for path in /01/09506000134353 /01/$gtin/21 /01/$gtin/21/ /01/$gtin/99/x "/01/$gtin?10=L" "/01/$gtin/21/%23" \
	"/01/$gtin?17=271301" "/01/$gtin?linkType=a%20b" /01/1/01/$gtin; do
	# one slash at the end is taken off: the path then ends in 21
	says 400 "$path"
	jq -e '.type | test("/(bad_link|bad_parameter)$")' "$story/b" >/dev/null || fail "$(cat "$story/b")"
done
says 400 /99/x
says 404 /x/01/$gtin
ask /01/$gtin -I
[ "$status" = 307 ] || fail "HEAD: $status"
ask /01/$gtin -X OPTIONS
[ "$status" = 204 ] || fail "OPTIONS: $status"

# ---- refused links, removed links ----
refuses() { ! cm link add "$@" >/dev/null 2>"$story/err" || fail "taken: $*"; }
refuses 01/$gtin --type gs1:pip --href 'javascript:alert(1)' --title x
refuses 01/$gtin --type gs1:pip --href https://u:p@x.example/ --title x
refuses 01/$gtin --type 'no type' --href https://x.example/ --title x
refuses 01/$gtin --type gs1:pip --href https://x.example/ --title ''
refuses 01/09506000134353 --type gs1:pip --href https://x.example/ --title x
cm link list | jq -e '.links | length == 5' >/dev/null || fail "$(cm link list)"
cm link remove "$one" >/dev/null
! cm link remove "$one" 2>/dev/null || fail "removed twice"
says 404 "/01/$gtin/21/A?linkType=gs1:recallStatus"

# ---- asking has left no trace in the ledger ----
before=$(curl -fsS "$API_URL/log/checkpoint" | sed -n 2p)
for i in 1 2 3 4 5; do ask "/01/$gtin/21/trace$i"; done
[ "$(psql -XqAt "$PGURI" -c "select count(*) from item where subject like '%trace%'")" = 0 ] || fail "a trace"
echo "resolver: ${before:-0} entries before, no trace after"
