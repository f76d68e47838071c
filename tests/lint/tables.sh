#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# ledger/sql/tables.tsv gives each table its kind and the reason for it, and
# names no table that the schema does not create.
. "$(dirname "$0")/lib.sh"

list=ledger/sql/tables.tsv
schema=ledger/sql/schema
if [ ! -f $list ]; then
	fault "$list:1: is missing"
	finish
fi

# Partitions and %I templates are no tables of their own.
created=$(cat $schema/*.sql | sed 's/--.*//' |
	grep -oiE 'create( unlogged)? table( if not exists)? +[a-z_0-9.]+[[:space:]]*(\(|$|as\b)' |
	sed -E 's/.*[tT][aA][bB][lL][eE]( [iI][fF] [nN][oO][tT] [eE][xX][iI][sS][tT][sS])? +//; s/[^a-z_0-9.].*//' |
	sort -u)
faults_from < <(awk -F'\t' -v list=$list '
	NR == 1 {
		if ($0 != "table\tkind\treason") print list ":1: wanted the columns table, kind, reason"
		next
	}
	$2 !~ /^(ledger|derived|operational)$/ { print list ":" NR ": kind of " $1 ": got \"" $2 "\", wanted ledger, derived or operational" }
	NF != 3 || $3 == "" { print list ":" NR ": no reason for " $1 }
	seen[$1]++ { print list ":" NR ": " $1 " stands here twice" }
' $list)
listed=$(tail -n +2 $list | cut -f1 | sort -u)
while IFS= read -r table; do
	[ -z "$table" ] || fault "$list:1: table $table of the schema is not listed"
done < <(comm -23 <(printf '%s\n' "$created") <(printf '%s\n' "$listed"))
while IFS= read -r table; do
	[ -z "$table" ] || fault "$list:1: table $table is not in the schema"
done < <(comm -13 <(printf '%s\n' "$created") <(printf '%s\n' "$listed"))
finish
