#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Each lint must be able to fail: for each, a small tree that is fine and the
# same tree with one fault, whose message is expected.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
failed=0

spdx='/* SPDX-License-Identifier: Apache-2.0 */'

# A tree in which nothing is wrong.
fresh() {
	rm -rf "$root/tree"
	mkdir -p "$root/tree"
	cd "$root/tree"
	mkdir -p lib/base/src lib/gs1/src ledger/src ledger/sql/{schema,query} docs edge-agent script
	cp "$here/../../.clang-format" .
	cat >ledger/src/pg.c <<-C
		$spdx
		#include "ledger/store.h"

		#include <stdio.h>

		#include <libpq-fe.h>

		#include "base/buf.h"

		#include "base/banned.h"

		/* formats 1.1 and 1.2: the comment may say "SELECT " and sprintf(). */
		const char *text = "BEGIN";
		const char *metric = "countermark_x_seen";
	C
	cat >ledger/src/store_internal.h <<-C
		$spdx
		int store(void);
	C
	printf -- '-- SPDX-License-Identifier: Apache-2.0\nCREATE TABLE entry (\n\tlog_id int NOT NULL,\n\tidx bigint,\n\tPRIMARY KEY (log_id, idx)\n);\n' >ledger/sql/schema/0001.sql
	printf 'table\tkind\treason\nentry\tledger\tthe entries\n' >ledger/sql/tables.tsv
	printf -- "-- SPDX-License-Identifier: Apache-2.0\nWITH whole (name) AS (VALUES ('log')),\n" >ledger/sql/query/citus_next.sql
	printf '## 1 One\n1.1 First.\n1.2 Second.\n' >docs/formats.md
	printf '| name | type |\n|--|--|\n| `countermark_x_seen_total` | counter | – | – | seen | – |\n' >docs/metrics.md
	printf '#!/usr/bin/env bash\n# SPDX-License-Identifier: Apache-2.0\necho "$1"\n' >script/run
	chmod +x script/run
}

expect() { # lint, wanted result, wanted message
	local out code=0
	out=$("$here/$1.sh" "$root/tree" 2>&1) || code=$?
	if [ "$code" -ne "$2" ] || ! grep -qF -- "$3" <<<"$out"; then
		printf 'selftest: %s: got %d and\n%s\nwanted %d and: %s\n' "$1" "$code" "$out" "$2" "$3" >&2
		failed=1
	fi
}

# A fault is put into a fresh tree; then the lint must name it.
breaks() { # lint, message, shell text that breaks the tree
	fresh
	eval "$3"
	expect "$1" 1 "$2"
}

for lint in includes arrows banned spdx sql tables citus clauses format shell paths metrics; do
	fresh
	expect "$lint" 0 ok
done

c() { # file, line to put behind the system headers
	printf '%s\n#include <stdio.h>\n%s\n#include "base/banned.h"\n' "$spdx" "$2" >"$1"
}
breaks includes 'ingest.c:3: <libpq-fe.h> belongs' 'c edge-agent/ingest.c "#include <libpq-fe.h>"'
breaks includes 'x.c:3: <sodium.h> belongs' 'c lib/gs1/src/x.c "#include <sodium.h>"'
breaks includes 'x.c:3: <openssl/ssl.h> belongs' 'c ledger/src/x.c "#include <openssl/ssl.h>"'
breaks includes 'x.c:3: <mosquitto.h> belongs' 'c edge-agent/x.c "#include <mosquitto.h>"'
breaks includes '<jansson.h> is a header that no row' 'c edge-agent/x.c "#include <jansson.h>"'
breaks arrows 'lib/base -> gs1 is no arrow' 'c lib/base/src/x.c "#include \"gs1/gs1.h\""'
breaks arrows 'edge-agent -> ledger is no arrow' 'c edge-agent/x.c "#include \"ledger/store.h\""'
breaks arrows 'reaches into another folder' 'c edge-agent/x.c "#include \"../ledger/src/pg_internal.h\""'
breaks arrows 'is private to ledger/src/store_internal.h' 'c edge-agent/x.c "#include \"store_internal.h\""'
breaks banned 'the last include is not' 'printf "%s\n" "$spdx" >lib/base/src/x.c'
breaks banned 'the last include is not' 'printf "%s\n#include \"base/banned.h\"\n#include <stdio.h>\n" "$spdx" >lib/base/src/x.c'
breaks banned 'x.h:2: calls a banned function' 'printf "%s\n#define X(a, b) strcpy(a, b)\n" "$spdx" >lib/base/src/x.h'
breaks spdx 'x.h:1: no SPDX' 'echo "int x;" >lib/base/src/x.h'
breaks spdx 'x.sql:1: no SPDX' 'echo "SELECT 1;" >ledger/sql/x.sql'
breaks spdx 'script/other:1: no SPDX' 'printf "#!/bin/sh\n" >script/other; chmod +x script/other'
breaks sql 'x.c:3: SQL in a C string' "c ledger/src/x.c 'static const char *q = \"SELECT 1\";'"
breaks sql 'x.c:3: SQL in a C string' "c ledger/src/x.c 'static const char *q = \"delete from entry\";'"
breaks sql 'x.c:3: SQL in a C string' "c ledger/src/x.c '	run(\"pragma synchronous\");'"
breaks tables 'table nack of the schema is not listed' 'printf "CREATE TABLE nack (\n);\n" >>ledger/sql/schema/0001.sql'
breaks tables 'table gone is not in the schema' 'printf "gone\tledger\twas here\n" >>ledger/sql/tables.tsv'
breaks tables 'kind of entry: got "cache"' 'sed -i "s/\tledger\t/\tcache\t/" ledger/sql/tables.tsv'
breaks tables 'no reason for entry' 'sed -i "s/the entries//" ledger/sql/tables.tsv'
ddl() { printf '%s\n' "$1" >>ledger/sql/schema/0001.sql; }
query() { printf '%s\n' "$1" >ledger/sql/query/x.sql; }
breaks sql 'x.sql:1: tells values without the event' 'query "SELECT x.epc FROM event_epc x WHERE log_id = 1"'
breaks citus '0001.sql:7: rule 1: table nack has no log_id' 'ddl "CREATE TABLE nack (seq bigint);"'
breaks citus 'rule 1: log_id is not first in the primary key of nack' 'ddl "CREATE TABLE nack (log_id int NOT NULL, PRIMARY KEY (seq));"'
breaks citus 'rule 1: unique (seq) of nack lacks log_id' 'ddl "CREATE TABLE nack (log_id int NOT NULL, PRIMARY KEY (log_id, seq), UNIQUE (seq));"'
breaks citus 'rule 1: unique index without log_id' 'ddl "CREATE UNIQUE INDEX i ON entry (idx);"'
breaks citus 'rule 3: foreign key' 'ddl "ALTER TABLE entry ADD FOREIGN KEY (log_id) REFERENCES log;"'
breaks citus 'rule 5: table nack numbers by a sequence' 'ddl "CREATE TABLE nack (log_id int NOT NULL, seq bigserial, PRIMARY KEY (log_id, seq));"'
breaks citus 'rule 7: INHERITS' 'ddl "CREATE TABLE nack (log_id int NOT NULL, PRIMARY KEY (log_id)) INHERITS (entry);"'
breaks citus 'rule 7: DETACH' 'ddl "ALTER TABLE entry DETACH PARTITION p CONCURRENTLY;"'
breaks citus 'names no table that stands everywhere' 'rm ledger/sql/query/citus_next.sql'
breaks citus 'x.sql:1: rule 1: does not name log_id' 'query "SELECT idx FROM entry"'
breaks citus 'rule 5: row locks' 'query "SELECT log_id FROM entry FOR UPDATE"'
breaks citus 'rule 5: client transaction' 'query "PREPARE TRANSACTION 1"'
breaks citus 'rule 6: MERGE' 'query "MERGE INTO entry USING x ON log_id = 1"'
breaks citus 'rule 6: volatile' 'query "UPDATE entry SET at = now() WHERE log_id = 1"'
breaks citus 'rule 6: changes log_id' 'query "UPDATE entry SET log_id = 2 WHERE log_id = 1"'
breaks clauses 'clause 1.3 has neither' 'echo "1.3 Third." >>docs/formats.md'
breaks clauses 'x.c:3: formats 9.9 does not exist' 'c ledger/src/x.c "/* formats 9.9: none */"'
breaks format 'x.c:1: not as clang-format' 'c ledger/src/x.c "int  x ;"'
breaks shell 'SC2164' 'printf "#!/usr/bin/env bash\n# SPDX-License-Identifier: Apache-2.0\ncd \$1\n" >script/other; chmod +x script/other'
breaks paths "a path of somebody's workplace" 'c ledger/src/x.c "/* see /work/here */"'
breaks paths 'a fixed temporary path' "c ledger/src/x.c 'const char *p = \"/tmp/x\";'"
breaks paths 'a private key' 'printf -- "-----BEGIN PRIVATE KEY-----\n" >docs/key.pem'
breaks paths 'a secret' 'echo "sk-abcdefghijklmnopqrstuvwx" >docs/note.md'
metric() { printf '| `%s` | %s | %s | – | what | – |\n' "$@" >>docs/metrics.md; }
breaks metrics 'x.c:3: countermark_x_more has no row' "c edge-agent/x.c 'const char *n = \"countermark_x_more\";'"
breaks metrics 'metrics.md:4: no source names countermark_x_gone' 'metric countermark_x_gone gauge –'
breaks metrics "a counter's name ends in _total" 'sed -i s/_seen_total/_seen/ docs/metrics.md'
breaks metrics 'countermark_x_wait_seconds: unit –, its name says seconds' 'metric countermark_x_wait_seconds gauge –'
breaks metrics 'countermark_x_seen: unit bytes, its name says –' 'metric countermark_x_seen gauge bytes'
breaks metrics 'countermark_x_wait_ms: wanted seconds, bytes' 'metric countermark_x_wait_ms gauge –'
breaks metrics 'the ending is OpenMetrics' 'metric countermark_x_seen_count gauge –'
breaks metrics 'type summary, wanted' 'metric countermark_x_seen summary –'
breaks metrics 'countermark_x_seen has two rows' 'metric countermark_x_seen_total counter –'
breaks metrics 'wanted 6' 'echo "| \`countermark_x_seen_total\` | counter | – | – | seen |" >>docs/metrics.md'

if [ "$failed" -eq 0 ]; then echo "selftest: every lint can fail"; fi
exit "$failed"
