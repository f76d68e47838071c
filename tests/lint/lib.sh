# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Shared by the lint scripts: `. lib.sh` leaves us in the tree to look at
# (first argument, default this one). A fault is a line `file:line: what`.
set -euo pipefail
cd "${1:-$(dirname "${BASH_SOURCE[0]}")/../..}"

lint=$(basename "$0" .sh)
faults=0

# The tracked files that exist, or all files where there is no repository.
tree() {
	local top
	top=$(git rev-parse --show-toplevel 2>/dev/null) || top=
	if [ -n "$top" ] && [ "$top" -ef . ]; then
		git ls-files -z | while IFS= read -r -d '' f; do
			if [ -f "$f" ]; then printf '%s\n' "$f"; fi
		done
	else
		find . -path ./build -prune -o -path ./.git -prune \
			-o -name node_modules -prune -o -type f -print |
			sed 's|^\./||'
	fi | LC_ALL=C sort
}

# tree_of REGEX: those whose path matches.
tree_of() { tree | grep -E "$1" || true; }

c_files() { tree_of '\.[ch]$'; }

# Files by name or by the shebang of a script.
scripts() {
	tree | while IFS= read -r f; do
		case $f in
		*.sh) printf '%s\n' "$f" ;;
		*) if [ -x "$f" ] && head -c 64 "$f" | head -1 |
			grep -qaE '^#!.*\b(ba)?sh\b'; then printf '%s\n' "$f"; fi ;;
		esac
	done
}

fault() {
	printf '%s\n' "$*"
	faults=$((faults + 1))
}

# Reads faults, one a line.
faults_from() {
	local line
	while IFS= read -r line; do fault "$line"; done
}

need() {
	command -v "$1" >/dev/null || {
		echo "$lint: $1 is missing" >&2
		exit 1
	}
}

finish() {
	if [ "$faults" -gt 0 ]; then
		echo "$lint: $faults faults" >&2
		exit 1
	fi
	echo "$lint: ok"
}
