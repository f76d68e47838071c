#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Each clause of docs/formats.md is cited by code or tests as `formats N.M`,
# and each citation names a clause that exists.
. "$(dirname "$0")/lib.sh"

text=docs/formats.md
if [ ! -f $text ]; then
	echo "clauses: $text is not there, nothing to hold against"
	exit 0
fi
clauses=$(grep -oE '^[[:space:]]*[0-9]+\.[0-9]+ ' $text | tr -d ' \t' | sort -u)
# file:line:number of each citation; lists as in `formats 1.2, 1.5 and 3.3`
citations=$(tree_of '\.(c|h|sql|sh|ts|js|mjs|py|go)$' | grep -v '^tests/lint/' |
	xargs -r grep -HnoE 'formats(\.md)? [0-9]+\.[0-9]+((, | and |, and |-)[0-9]+\.[0-9]+)*' |
	awk -F: '{ n = split($3, w, /[^0-9.]+/); for (i = 1; i <= n; i++) if (w[i] ~ /^[0-9]+\.[0-9]+$/) print $1 ":" $2 ":" w[i] }' || true)
cited=$(cut -d: -f3 <<<"$citations" | sort -u)
# Clauses whose code comes later stand with a reason in clauses.later; one that
# is cited by now must leave that list.
later=$(sed -n 's/^\([0-9]*\.[0-9]*\)\t.*/\1/p' "$(dirname "$0")/clauses.later" | sort -u)
while IFS= read -r clause; do
	[ -z "$clause" ] || fault "clauses.later: $clause is cited by now, take it out"
done < <(comm -12 <(printf '%s\n' "$later") <(printf '%s\n' "$cited"))
cited=$(printf '%s\n' "$cited" "$later" | sort -u)
while IFS= read -r clause; do
	[ -z "$clause" ] || fault "$text: clause $clause has neither code nor test that cites it"
done < <(comm -23 <(printf '%s\n' "$clauses") <(printf '%s\n' "$cited"))
while IFS=: read -r file number clause; do
	[ -n "$file" ] || continue
	grep -qxF "$clause" <<<"$clauses" ||
		fault "$file:$number: formats $clause does not exist"
done <<<"$citations"
finish
