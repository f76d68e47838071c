#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# .clang-format has decided about every C file.
. "$(dirname "$0")/lib.sh"
need clang-format

faults_from < <(c_files | xargs -r -P 2 -n 20 clang-format --dry-run -Werror 2>&1 |
	sed -nE 's/^([^:]+):[0-9]+:[0-9]+: error: .*/\1:1: not as clang-format writes it (build target `format`)/p' |
	sort -u || true)
finish
