#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Goal: `countermark init --distributed` hands every table of the schema to
# Citus as its rules want it, or refuses precisely and makes nothing; again is
# harmless; what fails half-way goes on from there. Citus itself is not in
# Debian: citus_standin.sql stands in for it and refuses what Citus would.
#   citus.sh PROGRAM PGDIR
set -euo pipefail
program=$1
pg=$2
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
uri=$("$here/../harness/postgres.sh" start "$pg")
dir=$(mktemp -d)
name=citus_$$
export PGOPTIONS="-c client_min_messages=warning"
psql=(psql -XqAt -v ON_ERROR_STOP=1)
trap '"${psql[@]}" "$uri" -c "drop database if exists $name with (force)"; rm -rf "$dir"' EXIT

fail() {
	echo "FAILED: $*" >&2
	[ ! -s "$dir/err" ] || cat "$dir/err" >&2
	exit 1
}
is() { # what got wanted
	[ "$2" = "$3" ] || fail "$1: got '$2', wanted '$3'"
}
code() { # command…: its exit code
	local c=0
	"$@" >"$dir/out" 2>"$dir/err" || c=$?
	echo $c
}
sql() { "${psql[@]}" "$uri dbname=$name" -c "$1"; }
says() { grep -q -- "$1" "$dir/err" || fail "wanted a reason with '$1'"; }
fresh() { # [stand-in]: an empty database
	"${psql[@]}" "$uri" -c "drop database if exists $name with (force)"
	"${psql[@]}" "$uri" -c "create database $name"
	rm -rf "$dir/keys"
	[ $# -eq 0 ] || "${psql[@]}" "$uri dbname=$name" -f "$here/citus_standin.sql" >/dev/null
}
cat >"$dir/conf" <<CONF
[database]
uri = $uri dbname=$name
[log]
name = demo
[keys]
dir = $dir/keys
[gateway]
socket = $dir/gateway
CONF
cm=("$program" --config "$dir/conf")
init=("${cm[@]}" init --authority h.example --log demo --distributed)

# ---- without the extension ----
fresh
is "no citus" "$(code "${init[@]}")" 1
says 'extension citus is not'
says 'CREATE EXTENSION citus'
is "tables of a refused init" "$(sql "select count(*) from pg_class where relnamespace = 'public'::regnamespace")" 0
[ ! -e "$dir/keys" ] || fail "a refused init made keys"
is "migrate too" "$(code "${cm[@]}" migrate --distributed)" 1
is "plain afterwards" "$(code "${cm[@]}" migrate)" 0
is "a plain schema keeps its triggers" "$(sql "select count(*) from pg_trigger where tgname = 'append_only'
	and tgrelid in ('log'::regclass, 'entry'::regclass, 'tile'::regclass, 'checkpoint'::regclass)")" 4
is "and its policies" "$(sql "select string_agg(t, ' ' order by t) from (select polrelid::regclass::text t from pg_policy) p")" 'event event_org master'

# ---- with it ----
fresh stand-in
is "init" "$(code "${init[@]}")" 0
is "log" "$(jq -r .origin "$dir/out")" h.example/demo
calls() { sql "select what, name, partkey, colocated from citus.call order by number"; }
calls >"$dir/calls"
# The list of tables that lint keeps; whatever it says has a log_id is distributed.
tail -n +2 "$root/ledger/sql/tables.tsv" | cut -f1 | sort >"$dir/listed"
cut -d'|' -f2 "$dir/calls" | sort | diff - "$dir/listed" >"$dir/err" || fail "other tables than tables.tsv"
is "everywhere" "$(sed -n 's/^reference|//p' "$dir/calls")" "$(printf '%s\n' 'log||' 'migration||')"
is "first of the group" "$(grep -m1 ^distributed "$dir/calls")" 'distributed|log_head|log_id|none'
is "not with the group" "$(grep ^distributed "$dir/calls" | tail -n +2 | grep -vc '|log_id|public.log_head$')" 0
is "groups" "$(sql "select count(distinct colocationid) from pg_dist_partition where partmethod = 'h'")" 1
is "partitions left behind" "$(sql "select count(*) from pg_class c where relispartition and relkind = 'r'
	and oid not in (select logicalrelid from pg_dist_partition)")" 0
is "triggers left" "$(sql "select count(*) from pg_trigger where not tgisinternal")" 0
is "append-only by grants" "$(sql "select has_table_privilege('countermark_ingest', 'entry', 'update')
	or has_table_privilege('countermark_ingest', 'entry', 'delete')")" f
is "policies left" "$(sql "select string_agg(t, ' ' order by t) from (select polrelid::regclass::text t from pg_policy where polname = 'seen') p")" \
	'event event_org master'

# ---- again ----
is "init again" "$(code "${init[@]}")" 1
says 'log exists'
is "migrate again" "$("${cm[@]}" migrate --distributed)" '{"ran":0}'
is "migrate without the word" "$("${cm[@]}" migrate)" '{"ran":0}'
calls | cmp -s - "$dir/calls" || fail "a second run calls Citus again"

# ---- what comes later ----
is "later partitions" "$(sql "select ledger_partitions(20000000)")" 3
is "partitions that did not join" "$(sql "select count(*) from pg_inherits where inhparent = 'entry'::regclass
	and inhrelid not in (select logicalrelid from pg_dist_partition)")" 0
sql "create table later (log_id int not null, n int not null, primary key (log_id, n))"
is "migrate" "$("${cm[@]}" migrate)" '{"ran":0}'
is "a later table" "$(calls | tail -1)" 'distributed|later|log_id|public.log_head'
is "the log works" "$(code "${cm[@]}" token create --role auditor)" 0
is "the audit too" "$(code "${cm[@]}" audit)" 0

# ---- what Citus refuses is told with the table, and goes on when mended ----
refused() { # what, statement, words of the reason, statement that mends it
	fresh stand-in
	"${cm[@]}" migrate >/dev/null
	sql "$2"
	is "$1" "$(code "${init[@]}")" 1
	says "table $3"
	[ ! -e "$dir/keys" ] || fail "$1: a refused init made keys"
	local before
	before=$(calls | wc -l)
	[ "$before" -ge 2 ] || fail "$1: nothing was handed over before"
	sql "$4"
	is "$1, mended" "$(code "${init[@]}")" 0
	is "$1: tables twice" "$(calls | cut -d'|' -f2 | sort | uniq -d)" ''
	is "$1: calls" "$(calls | cut -d'|' -f2 | grep -vx zz | sort | diff - "$dir/listed" | wc -l)" 0
}
refused "a key without log_id" "create table zz (log_id int, x int primary key)" \
	'zz: .*distribution column' "drop table zz"
refused "a unique index without log_id" "create unique index odd on token (hash)" \
	'token: .*odd' "drop index odd"
refused "a strange trigger" "create trigger odd before insert on item for each statement execute function ledger_append_only()" \
	'item: .*triggers' "drop trigger odd on item"
refused "a foreign key out of the group" "create table zy (x int primary key); create table zz
	(log_id int, x int references zy, primary key (log_id, x))" \
	'zz: .*foreign key' "drop table zz, zy"
refused "another type" "create table zz (log_id bigint primary key)" \
	'zz: .*colocate' "drop table zz"
refused "a strange policy" "create policy odd on item using (exists (select from log))" \
	'item: .*policies' "drop policy odd on item"
echo "citus: $(wc -l <"$dir/calls") tables handed to the stand-in, six kinds of refusal"
