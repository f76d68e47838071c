#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# .clang-format has decided about every C file.
. "$(dirname "$0")/lib.sh"
need clang-format

faults_from < <(c_files | while IFS= read -r file; do
	clang-format --dry-run -Werror "$file" >/dev/null 2>&1 ||
		echo "$file:1: not as clang-format writes it (build target \`format\`)"
done)
finish
