#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Usage: tls.sh PROGRAM. Makes a certificate authority, a stranger's, and
# certificates for this machine and for another, then runs PROGRAM FOLDER.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
key=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)

for ca in ca stranger; do
	openssl req -x509 "${key[@]}" -days 2 -subj "/CN=$ca" -keyout "$dir/$ca.key" -out "$dir/$ca.crt" 2>/dev/null
done
cert() { # name authority names
	openssl req "${key[@]}" -subj "/CN=$1" -keyout "$dir/$1.key" -out "$dir/$1.csr" 2>/dev/null
	openssl x509 -req -in "$dir/$1.csr" -CA "$dir/$2.crt" -CAkey "$dir/$2.key" -CAcreateserial \
		-days 2 -out "$dir/$1.crt" -extfile <(echo "subjectAltName=$3") 2>/dev/null
}
cert here ca IP:127.0.0.1
cert elsewhere ca DNS:other.example
cert self stranger IP:127.0.0.1
"$1" "$dir"
