#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A list of company prefix lengths that cannot be used ends countermark-api with
# status 78 and the reason; a good one, and none, do not.
# Usage: gcp_lengths.sh COUNTERMARK-API
set -euo pipefail
api=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

printf '%064d\n' 7 >"$dir/key"
chmod 600 "$dir/key"
# No connection is made by --check.
cat >"$dir/conf" <<END
[database]
uri = host=$dir
[log]
name = demo
[keys]
answer = $dir/key
END

# check STATUS WORDS: what --check must end with, and say
check() {
	local status=0
	"$api" --config "$dir/conf" --check >"$dir/out" 2>&1 || status=$?
	if [ "$status" != "$1" ] || [[ $(<"$dir/out") != *"$2"* ]]; then
		echo "got status $status, wanted $1 and '$2':" >&2
		cat "$dir/out" >&2
		exit 1
	fi
}

entry() {
	printf '{"GCPPrefixFormatList":{"entry":[{"prefix":%s}]}}' "$1" \
		>"$dir/list.json"
}

check 0 ''
printf '[gs1]\ngcp_lengths = %s\n' "$dir/list.json" >>"$dir/conf"
check 78 '[gs1] gcp_lengths: open'
entry '"952","gcpLength":7'
check 0 ''
entry '"952","gcpLength":13'
check 78 'gcp_lengths: entry 0: gcpLength: wanted 0 or 4 to 12'
echo '<GCPPrefixFormatList/>' >"$dir/list.json"
check 78 'XML is not read'
