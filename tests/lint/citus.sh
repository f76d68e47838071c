#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The schema and every statement keep the rules that let one schema run on
# plain PostgreSQL and on Citus distributed by log_id: the distribution column
# in each key, no foreign keys, sequences, locks over shards, inheritance; each
# statement over a log's table names its log.
. "$(dirname "$0")/lib.sh"

schema=$(tree_of '^ledger/sql/schema/.*\.sql$')
query=$(tree_of '^ledger/sql/query/.*\.sql$')
# One table for all logs, or none of a log: reference tables on Citus, named
# where `init --distributed` reads them.
everywhere=$(sed -nE "s/^WITH whole \(name\) AS \(VALUES (.*)\),$/\1/p" ledger/sql/query/citus_next.sql 2>/dev/null |
	grep -oE '[a-z_]+' | paste -sd' ' || true)
[ -n "$everywhere" ] || fault 'ledger/sql/query/citus_next.sql:1: names no table that stands everywhere'

# Statements without comments and function bodies, each on one line behind
# file:line: of its first line.
statements() { # file
	awk -v f="$1" '
		{ sub(/--.*/, "") }
		/\$\$/ { n = gsub(/\$\$/, "&"); if (n % 2) body = !body; if (body || n) next }
		body { next }
		!/[^ \t]/ { next }
		text == "" { start = NR }
		{ text = text " " $0 }
		/;[ \t]*$/ { print f ":" start ": " text; text = "" }
		END { if (text ~ /[^ \t]/) print f ":" start ": " text }' "$1"
}
all() {
	local f
	for f in $1; do statements "$f"; done
}

faults_from < <(all "$schema" | awk -v everywhere=" $everywhere " '
	{ where = $1; line = tolower($0) }
	line ~ /create (unlogged )?table / && line !~ /partition of/ {
		name = line; sub(/.*create (unlogged )?table (if not exists )?/, "", name)
		sub(/[^a-z_0-9].*/, "", name)
		if (index(everywhere, " " name " ")) next
		if (line !~ /log_id int (not null|primary key)/) print where " rule 1: table " name " has no log_id"
		else if (line !~ /primary key \(log_id[,)]/ && line !~ /log_id int primary key/)
			print where " rule 1: log_id is not first in the primary key of " name
		rest = line
		while (match(rest, /unique \([^)]*\)/)) {
			key = substr(rest, RSTART, RLENGTH); rest = substr(rest, RSTART + RLENGTH)
			if (key !~ /log_id/) print where " rule 1: " key " of " name " lacks log_id"
		}
		if (line ~ /serial[ ,)]|nextval/) print where " rule 5: table " name " numbers by a sequence"
	}
	line ~ /create unique index/ && line !~ /log_id/ { print where " rule 1: unique index without log_id" }
	line ~ /references |foreign key/ { print where " rule 3: foreign key" }
	line ~ /inherits *\(/ { print where " rule 7: INHERITS" }
	line ~ /detach partition .* concurrently/ { print where " rule 7: DETACH CONCURRENTLY" }')

# Tables of a log, to know which statements must name it.
tables=$(tail -n +2 ledger/sql/tables.tsv | cut -f1 | grep -vxE "${everywhere// /|}" | paste -sd'|')
faults_from < <(all "$query" | awk -v tables="$tables" '
	{ where = $1; line = tolower($0) }
	line ~ "(from|join|into|update|copy) +(" tables ")([ (;]|$)" && line !~ /log_id/ { print where " rule 1: does not name log_id" }
	line ~ /for (no key )?update|for (key )?share/ && line !~ /log_id = \$/ { print where " rule 5: row locks over several logs" }
	line ~ /prepare transaction|nextval/ { print where " rule 5: client transaction or sequence" }
	line ~ /merge into/ { print where " rule 6: MERGE" }
	line ~ /update .* set .*log_id *= *[^$]*(,| where)/ && line ~ /set [^w]*log_id *=/ { print where " rule 6: changes log_id" }
	line ~ /update / && line ~ /now\(\)|random\(\)|clock_timestamp\(\)/ { print where " rule 6: volatile function in UPDATE" }')
finish
