#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Goal: logs of several sizes, written by our code, are found right by the Go
# project's transparency-log code (first argument go) or by our Python written
# from the standards alone (python); a changed byte is found by both.
set -eu
kind=$1
make_log=$2
here=$(cd "$(dirname "$0")/../../.." && pwd)
dir=$(mktemp -d)
trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT

if [ "$kind" = go ]; then
	command -v go >/dev/null || exit 77
	[ -d /usr/share/gocode/src/golang.org/x/mod/sumdb/tlog ] || exit 77
	(cd "$here/tests/oracle/go/checklog" && GO111MODULE=off \
		GOPATH=/usr/share/gocode GOCACHE="${GOCACHE:-$dir/cache}" \
		GOFLAGS='' go build -o "$dir/checklog" .)
fi

check() {
	if [ "$kind" = go ]; then
		"$dir/checklog" -vkey "$(cat "$1/vkey")" \
			-witness "$(cat "$1/witness")" \
			-old "$1/checkpoint.old" "$1"
	else
		python3 "$here/tests/oracle/merkle.py" \
			--vkey "$(cat "$1/vkey")" \
			--witness "$(cat "$1/witness")" --old "$1/checkpoint.old" \
			--proofs "$1/proofs" "$1"
	fi
}

refused() {
	if check "$1" 2>"$dir/err"; then
		echo "not refused: $2" >&2
		exit 1
	fi
	echo "refused as wanted: $2: $(cat "$dir/err")"
}

for size in 1 255 256 257 1000 70000; do
	"$make_log" "$dir/log$size" "$size"
	check "$dir/log$size"
done

log=$dir/log1000
printf 'X' | dd of="$log/tile/entries/002" bs=1 seek=700 conv=notrunc 2>/dev/null
refused "$log" "a byte of an entry"
log=$dir/log256
cp "$dir/log255/witness" "$log/witness"
refused "$log" "a checkpoint that this witness has not cosigned"
"$make_log" "$log" 256
log=$dir/log257
sed -i '2s/257/256/' "$log/checkpoint"
refused "$log" "the size in the checkpoint"
log=$dir/log70000
cp "$dir/log256/checkpoint.old" "$log/checkpoint.old"
refused "$log" "an older checkpoint of another log"
