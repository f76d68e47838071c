#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# web.sh proof: the tests of dashboard-api/web. web.sh prebuilt: the committed
# page and verifier are what their sources make, byte for byte.
set -euo pipefail
cd "$(dirname "$0")/../../dashboard-api/web"
[ -d node_modules ] || exit 77
case ${1:?proof or prebuilt} in
proof) exec node --test test/ ;;
prebuilt)
	out=$(mktemp -d)
	trap 'rm -rf "$out"' EXIT
	node_modules/.bin/tsc --noEmit
	node_modules/.bin/vite build --logLevel error --outDir "$out"
	node seal.mjs "$out/index.html" "$out/page.js" >/dev/null
	cmp "$out/index.html" prebuilt/index.html || {
		echo "prebuilt/index.html is not what the sources make: npm run build there" >&2
		exit 1
	}
	node pack.mjs "$out/bundle.mjs"
	cmp "$out/bundle.mjs" prebuilt/bundle.mjs || {
		echo "prebuilt/bundle.mjs is not what the sources make: npm run build there" >&2
		exit 1
	}
	;;
esac
