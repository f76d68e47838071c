#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every .c file ends its includes with base/banned.h, which poisons what must
# not be called; headers are searched for the same names.
. "$(dirname "$0")/lib.sh"

banned='strcpy|strcat|strncpy|sprintf|vsprintf|gets|strtok|atoi|atol|atof|gmtime|localtime|alloca|system|popen'

while IFS= read -r file; do
	[ -n "$file" ] || continue
	last=$(grep -E '^[[:space:]]*#[[:space:]]*include' "$file" | tail -1 || true)
	if [[ $last != *'"base/banned.h"'* ]]; then
		fault "$file:1: the last include is not \"base/banned.h\""
	fi
done < <(tree_of '\.c$')

# Texts and comments may say the names.
while IFS= read -r file; do
	[ -n "$file" ] || continue
	faults_from < <(sed -E 's/"([^"\\]|\\.)*"/""/g; s|//.*||; s|/\*.*\*/||g; s|/\*.*||; s|^[[:space:]]*\*.*||' "$file" |
		grep -nE "(^|[^A-Za-z0-9_])($banned)[[:space:]]*\(" |
		sed -E "s|^([0-9]+):.*|$file:\1: calls a banned function|" || true)
done < <(c_files)
finish
