#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Goal: a reader with nothing but a browser sees the right verdict, and a server
# that changes one byte of a proof never gets a green tick.
set -euo pipefail
. "$(dirname "$0")/../harness/story.sh"
[ -d "$root/tests/browser/node_modules" ] || exit 77
[ -x "${CHROMIUM:-/usr/bin/chromium}" ] || exit 77
story_start

gtin=09506000134352
cm org add lumen >/dev/null
cm org add factory >/dev/null
enrol line-1 factory
cm goods add $gtin --org lumen --issuance before >/dev/null
serial=$(LC_ALL=C tr -dc 'ABCDEFGHJKMNPQRSTVWXYZ23456789' </dev/urandom | head -c 20 || true)
printf '01%s21%s\n' $gtin "$serial" >"$story/codes"
agent_conf line-1 file "$story/codes"
"$EDGE" --config "$story/line-1.conf" run >"$story/line-1.out" 2>"$story/line-1.log"
# The same item is shipped from there.
sed -i -e 's/^bizStep = .*/bizStep = shipping/' -e 's/^action = .*/action = OBSERVE/' \
	-e 's/^disposition = .*/disposition = in_transit/' "$story/line-1.conf"
cp "$story/codes" "$story/codes-2"
sed -i "s|^path = .*|path = $story/codes-2|" "$story/line-1.conf"
"$EDGE" --config "$story/line-1.conf" run >>"$story/line-1.out" 2>>"$story/line-1.log"
for _ in $(seq 50); do
	n=$(curl -fsS "$API_URL/v1/items/01%2F$gtin%2F21%2F$serial/history" 2>/dev/null | jq '.steps | length' || echo 0)
	[ "${n:-0}" = 2 ] && break
	pause 0.1
done

mkdir -p "$root/build/screenshots"
API_URL=$API_URL SHOTS=$root/build/screenshots \
	GENUINE="https://id.gs1.org/01/$gtin/21/$serial" \
	INVENTED="https://id.gs1.org/01/$gtin/21/QQQQ2222WWWW3333ZZZZ" \
	OTHER=https://id.gs1.org/01/09506000164908/21/ABC \
	node "$root/tests/browser/page.mjs"
