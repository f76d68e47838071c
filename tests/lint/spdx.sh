#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Each source and script names its licence in its first lines.
. "$(dirname "$0")/lib.sh"

sources='\.(c|h|sh|sql|cmake|ts|js|mjs|py|go|html|css|awk)$|(^|/)(CMakeLists\.txt|Dockerfile)$'
while IFS= read -r file; do
	[ -n "$file" ] || continue
	# no pipe: a grep that has seen enough would end head with a signal
	grep -qa 'SPDX-License-Identifier: Apache-2\.0' <(head -5 "$file") ||
		fault "$file:1: no SPDX-License-Identifier: Apache-2.0"
done < <({
	tree_of "$sources"
	scripts
} | LC_ALL=C sort -u)
finish
