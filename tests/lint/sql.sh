#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SQL stands in .sql files: no statement in a C string but BEGIN, COMMIT and
# ROLLBACK. Tests may prepare their tables themselves. And who may read an event
# is said by its row in event alone: a statement for the API either tells which
# events have a value, or is joined with event before it tells the value.
. "$(dirname "$0")/lib.sh"

upper='"[^"]*\b(SELECT|INSERT INTO|UPDATE|DELETE FROM|CREATE (TABLE|INDEX|SCHEMA|ROLE|UNIQUE)|ALTER TABLE|DROP (TABLE|INDEX|SCHEMA)|TRUNCATE|COPY|PRAGMA|LISTEN|NOTIFY|VALUES|LOCK TABLE|VACUUM|EXPLAIN|SET (LOCAL|SESSION)) '
any='"[^"]*\b(select .* from |insert into [a-z_]+ *\(|delete from |update [a-z_]+ set |create table |pragma [a-z_]+)'
faults_from < <({
	tree_of '\.[ch]$' | grep -v '^tests/' | xargs -r grep -HnE "$upper" || true
	tree_of '\.[ch]$' | grep -v '^tests/' | xargs -r grep -HniE "$any" || true
} | grep -vE '^[^:]+:[0-9]+:[[:space:]]*(/\*|\*)' |
	sed -E 's/^([^:]+:[0-9]+):.*/\1: SQL in a C string/' | sort -u || true)
values='event_(epc|ref|quantity|declaration|ilmd)'
faults_from < <(tree_of '^ledger/sql/query/.*\.sql$' | grep -vE '/(audit|copy|rebuild)_[a-z_]+\.sql$' |
	xargs -r grep -lE "(FROM|JOIN) $values\b" | while read -r f; do
		grep -qE '(FROM|JOIN) event e\b' "$f" || grep -qE '^\(SELECT x\.idx, x\.pos( |$)' "$f" ||
			echo "$f:1: tells values without the event they are of"
	done)
finish
