#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Each metric that a program names in its source, countermark_<program>_…, has a
# row in docs/metrics.md and each row a metric; the names keep to OpenMetrics.
# Other programs need nothing here but such names.
. "$(dirname "$0")/lib.sh"

table=docs/metrics.md
if [ ! -f $table ]; then
	fault "$table:1: is missing"
	finish
fi
# name file:line, of whole C strings; a path or a table's name has no such form
named=$(tree_of '\.[ch]$' | grep -v '^tests/' |
	xargs -r grep -HnoE '"countermark_[a-z]+_[A-Za-z0-9_]+"' |
	sed -E 's/^([^:]+:[0-9]+):"(.*)"$/\2 \1/' | LC_ALL=C sort -u || true)
# name type unit line
rows=$(awk -F' *[|] *' '$2 ~ /^`/ { gsub(/`/, "", $2); print $2, $3, $4, NR, NF }' $table)
listed=$(while read -r name type _; do
	[ "$type" != counter ] || name=${name%_total}
	[ -z "$name" ] || echo "$name"
done <<<"$rows" | LC_ALL=C sort)

while read -r name at; do
	[ -z "$name" ] || grep -qxF -- "$name" <<<"$listed" || fault "$at: $name has no row in $table"
done <<<"$named"
while read -r name type unit line cells; do
	[ -n "$name" ] || continue
	family=$name want=–
	case $type in
	counter)
		family=${name%_total}
		[ "$family" != "$name" ] || fault "$table:$line: $name: a counter's name ends in _total"
		;;
	gauge | histogram) ;;
	*) fault "$table:$line: $name: type $type, wanted counter, gauge or histogram" ;;
	esac
	case $family in
	*_total | *_count | *_sum | *_bucket | *_created | *_info) fault "$table:$line: $name: the ending is OpenMetrics' own" ;;
	*_seconds) want=seconds ;;
	*_bytes) want=bytes ;;
	*_ms | *_milliseconds | *_minutes | *_hours | *_kb | *_percent) fault "$table:$line: $name: wanted seconds, bytes or a ratio" ;;
	esac
	[[ $family =~ ^countermark_[a-z]+_[a-z][a-z0-9_]*$ ]] || fault "$table:$line: $name: wanted countermark_<program>_<what>"
	[ "$unit" = $want ] || fault "$table:$line: $name: unit $unit, its name says $want"
	[ "$cells" = 8 ] || fault "$table:$line: $name: got $((cells - 2)) columns, wanted 6"
	grep -q "^$family " <<<"$named" || fault "$table:$line: no source names $family"
done <<<"$rows"
while IFS= read -r name; do
	[ -z "$name" ] || fault "$table:1: $name has two rows"
done < <(uniq -d <<<"$listed")
finish
