#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Goal: a stranger who read docs/formats.md and docs/interface.md can enrol,
# sign, publish, get receipts for all that is right and the promised code for
# all that is not, and finds exactly that in the tiles.
set -euo pipefail
. "$(dirname "$0")/../harness/story.sh"
[ -d "$root/tests/client/node_modules" ] || exit 77
story_start
set -a
# shellcheck disable=SC1091
. "$story/stack/env"
set +a
node "$root/tests/client/client.mjs"
