#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SQL stands in .sql files: no statement in a C string but BEGIN, COMMIT and
# ROLLBACK. Tests may prepare their tables themselves.
. "$(dirname "$0")/lib.sh"

upper='"[^"]*\b(SELECT|INSERT INTO|UPDATE|DELETE FROM|CREATE (TABLE|INDEX|SCHEMA|ROLE|UNIQUE)|ALTER TABLE|DROP (TABLE|INDEX|SCHEMA)|TRUNCATE|COPY|PRAGMA|LISTEN|NOTIFY|VALUES|LOCK TABLE|VACUUM|EXPLAIN|SET (LOCAL|SESSION)) '
any='"[^"]*\b(select .* from |insert into [a-z_]+ *\(|delete from |update [a-z_]+ set |create table |pragma [a-z_]+)'
faults_from < <({
	tree_of '\.[ch]$' | grep -v '^tests/' | xargs -r grep -HnE "$upper" || true
	tree_of '\.[ch]$' | grep -v '^tests/' | xargs -r grep -HniE "$any" || true
} | grep -vE '^[^:]+:[0-9]+:[[:space:]]*(/\*|\*)' |
	sed -E 's/^([^:]+:[0-9]+):.*/\1: SQL in a C string/' | sort -u || true)
finish
