#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Folders include each other only along the arrows of the design, and only
# public headers: nobody reaches into another folder's src.
. "$(dirname "$0")/lib.sh"

# folder | prefixes of the headers it may include
arrows='
lib/base|base
lib/gs1|gs1 base
lib/event|event gs1 base
lib/provenance|provenance event gs1 base
lib/nfc-auth|nfc_auth base
lib/mqtt-link|mqtt_link base
lib/http|http base
ledger|ledger provenance event gs1 http base
ingest|mqtt_link ledger provenance event gs1 http base
edge-agent|mqtt_link event nfc_auth gs1 base
dashboard-api|ledger provenance nfc_auth event gs1 http base
'
ours='^(base|gs1|event|provenance|nfc_auth|mqtt_link|http|ledger)/'

while IFS='|' read -r folder allowed; do
	[ -n "$folder" ] || continue
	while IFS=: read -r file number text; do
		[ -n "$file" ] || continue
		header=${text#*[<\"]}
		header=${header%%[>\"]*}
		case $header in
		*../* | */src/*)
			fault "$file:$number: \"$header\" reaches into another folder"
			continue
			;;
		esac
		if [[ $header =~ $ours ]]; then
			case " $allowed " in
			*" ${header%%/*} "*) ;;
			*) fault "$file:$number: $folder -> ${header%%/*} is no arrow" ;;
			esac
		elif [[ $text == *'"'* && $header != */* ]] && [ ! -e "$(dirname "$file")/$header" ]; then
			# A file name that exists elsewhere only is somebody else's.
			elsewhere=$(c_files | grep -E "(^|/)${header//./\\.}\$" |
				grep -v "^$folder/" || true)
			if [ -n "$elsewhere" ] && ! c_files | grep -qE "^$folder/(.*/)?${header//./\\.}\$"; then
				fault "$file:$number: \"$header\" is private to ${elsewhere%%$'\n'*}"
			fi
		fi
	done < <(tree_of "^$folder/.*\.[ch]\$" | xargs -r grep -HnE '^[[:space:]]*#[[:space:]]*include' || true)
done <<<"$arrows"
finish
