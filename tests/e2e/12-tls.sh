#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Goal: with client certificates only, an enrolled device gets its receipts; a
# device cannot speak for another one, whatever its configuration says; nobody
# gets in without a certificate or with one of another CA, be it that of another
# log on the same server, which works beside this one. And a device tells
# nothing to a server whose certificate does not name it.
set -euo pipefail
. "$(dirname "$0")/../harness/story.sh"
story_start --tls --logs 2
cm org add mill >/dev/null
enrol mill-line-1 mill
enrol mill-line-2 mill
cert_1=${MQTT_CERT//\{device\}/mill-line-1} key_1=${MQTT_KEY//\{device\}/mill-line-1}
for f in "$cert_1" "$key_1" "$MQTT_CA"; do
	[ -s "$f" ] || fail "device enrol wrote no $f"
done
openssl verify -CAfile "$MQTT_CA" "$cert_1" >/dev/null || fail "the certificate is not the CA's"
subject=$(openssl x509 -in "$cert_1" -noout -subject -nameopt multiline | sed -n 's/ *commonName *= //p')
[ "$subject" = mill-line-1 ] || fail "the certificate names $subject"

# tls_conf DEVICE LINES: agent_conf with these lines in [mqtt].
tls_conf() {
	agent_conf "$1" file "$story/codes"
	[ -z "$2" ] || sed -i "/^port = /a $2" "$story/$1.conf"
}
printf '(01)09506000134352(21)TLS%d\n' 1 2 3 >"$story/codes"

# A device and its own certificate: all is receipted and the agent ends.
tls_conf mill-line-1 "ca = $MQTT_CA\ncert = ${MQTT_CERT//\{device\}/\{identity\}}\nkey = ${MQTT_KEY//\{device\}/\{identity\}}"
timeout 60 "$EDGE" --config "$story/mill-line-1.conf" run >"$story/out.1" 2>"$story/agent.1" ||
	fail "the agent ended with $?: $(tail -3 "$story/agent.1")"
grep -q '^receipted upto=3 ' "$story/out.1" || fail "not receipted: $(cat "$story/out.1")"

# Device 2 with device 1's certificate: stored, never taken over.
tls_conf mill-line-2 "ca = $MQTT_CA\ncert = $cert_1\nkey = $key_1"
timeout 20 "$EDGE" --config "$story/mill-line-2.conf" run >"$story/out.2" 2>"$story/agent.2" || true
grep -q '^stored seq=3 ' "$story/out.2" || fail "device 2 stored nothing"
if grep -q '^receipted' "$story/out.2"; then fail "device 1's certificate spoke for device 2"; fi
grep -q '^stopped reason=forbidden ' "$story/out.2" || fail "device 2 was not told: $(tail -3 "$story/agent.2")"

# Without a certificate, and with one that signs for itself.
refused() { # NAME LINES [HOST]
	tls_conf mill-line-2 "$2"
	[ -z "${3:-}" ] || sed -i "s/^host = .*/host = $3/" "$story/mill-line-2.conf"
	timeout 5 "$EDGE" --config "$story/mill-line-2.conf" run >"$story/out.$1" 2>"$story/agent.$1" || true
	if grep -q 'connected=yes' "$story/agent.$1"; then fail "$1: connected"; fi
	grep -q 'connected=no' "$story/agent.$1" || fail "$1: did not try"
	[ "$("$EDGE" --config "$story/mill-line-2.conf" status --json | jq '.identities[0].receipted')" = 0 ] ||
		fail "$1: receipted"
}
refused nobody "ca = $MQTT_CA"
openssl req -x509 -newkey ed25519 -nodes -days 2 -subj /CN=mill-line-2 \
	-keyout "$story/self.key" -out "$story/self.crt" 2>/dev/null
refused self "ca = $MQTT_CA\ncert = $story/self.crt\nkey = $story/self.key"
refused plain ""
other=$story/stack/log-2/tls
[ -s "$other/authority.crt" ] || fail "the second log has no certificates"
refused other "ca = $MQTT_CA\ncert = $other/authority.crt\nkey = $other/authority.key"
# All is right but the name: 127.1 is the same server, which its certificate does
# not call so.
own="ca = $MQTT_CA\ncert = ${MQTT_CERT//\{device\}/\{identity\}}\nkey = ${MQTT_KEY//\{device\}/\{identity\}}"
refused misnamed "$own" 127.1
grep -q 'connected=no text="not connected: .*host name' "$story/agent.misnamed" ||
	fail "another fault than its name: $(tail -3 "$story/agent.misnamed")"
"$root/script/stack" status --state "$story/stack" >"$story/status" || fail "not all of two logs run: $(cat "$story/status")"
grep -q '^mosquitto-2 *running' "$story/status" || fail "the second log has no broker"

# The same outbox with the right certificate: what waited is delivered.
: >"$story/codes"
tls_conf mill-line-2 "$own"
timeout 60 "$EDGE" --config "$story/mill-line-2.conf" run >"$story/out.3" 2>"$story/agent.3" ||
	fail "device 2 ended with $?: $(tail -3 "$story/agent.3")"
n=$("$EDGE" --config "$story/mill-line-2.conf" status --json | jq '.identities[0].receipted')
[ "$n" -ge 9 ] || fail "device 2: only $n of what waited were receipted"
echo "two devices receipted over TLS, six wrong ways kept out"
