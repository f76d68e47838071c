#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Goal: what a newcomer runs first works, twice in the same folder.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "$root/build/stories"
state=$(mktemp -d "$root/build/stories/XXXXXXXX")
chmod 755 "$state"
trap 'rm -rf "$state"' EXIT
for round in first second; do
	if ! "$root/script/demo" --once --state "$state/demo"; then
		echo "the $round round failed"
		tail -n 15 "$state"/demo/log/*.log "$state"/demo/edge/*.log 2>/dev/null || true
		exit 1
	fi
done
