#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every .c file ends its includes with base/banned.h, which poisons what must
# not be called; headers are searched for the same names.
. "$(dirname "$0")/lib.sh"

banned='strcpy|strcat|strncpy|sprintf|vsprintf|gets|strtok|atoi|atol|atof|gmtime|localtime|alloca|system|popen'

while IFS= read -r file; do
	[ -n "$file" ] || continue
	fault "$file:1: the last include is not \"base/banned.h\""
done < <(tree_of '\.c$' | xargs -r awk '
	/^[[:space:]]*#[[:space:]]*include/ { last[FILENAME] = $0 }
	FNR == 1 { files[FILENAME] = 1 }
	END { for (f in files) if (last[f] !~ /"base\/banned\.h"/) print f }' | sort)

# Texts and comments may say the names.
faults_from < <(c_files | xargs -r awk -v banned="(^|[^A-Za-z0-9_])($banned)[[:space:]]*\\(" '
	{
		line = $0
		gsub(/"([^"\\]|\\.)*"/, "\"\"", line)
		sub(/\/\/.*/, "", line)
		gsub(/\/\*.*\*\//, "", line)
		sub(/\/\*.*/, "", line)
		sub(/^[[:space:]]*\*.*/, "", line)
		if (line ~ banned) print FILENAME ":" FNR ": calls a banned function"
	}')
finish
