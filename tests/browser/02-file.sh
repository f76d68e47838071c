#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Goal: a proof file is checked by the page alone, no server is asked, and the
# page names the check that fails.
set -euo pipefail
cd "$(dirname "$0")"
[ -d node_modules ] || exit 77
[ -x "${CHROMIUM:-/usr/bin/chromium}" ] || exit 77
exec node file.mjs ../vectors/bundle
