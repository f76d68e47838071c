#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A third-party header is included by its adapter files only; a header that is
# neither ours nor the C library's must be named here first.
. "$(dirname "$0")/lib.sh"

# header (regex) | files that may include it (regex)
# libcurl has two: the client of lib/http waits for one server that we chose;
# webhooks go to addresses that strangers name, checked when a socket is opened,
# many at a time from a thread that does other work between.
adapters='
^(cjson/)?cJSON\.h$|^lib/base/src/json_cjson\.c$
^ini\.h$|^lib/base/src/conf\.c$
^sodium(/.*)?\.h$|^lib/base/src/crypto_sodium\.c$
^openssl/|^(lib/base/src/hash_openssl|lib/nfc-auth/src/aes_openssl|ledger/src/x509_openssl)\.c$
^(libpq-fe|libpq/.*|postgres_ext)\.h$|^(ledger/src/pg\.c$|tests/(db|harness|fault)/)
^sqlite3\.h$|^edge-agent/outbox_sqlite\.c$
^(mosquitto|mqtt_protocol)\.h$|^lib/mqtt-link/src/mqtt_link_mosquitto\.c$
^microhttpd\.h$|^lib/http/src/server_microhttpd\.c$
^(PCSC/)?(winscard|wintypes)\.h$|^edge-agent/nfc_pcsc\.c$
^curl/|^(lib/http/src/client|dashboard-api/webhook)_curl\.c$
^zlib\.h$|^(ledger|dashboard-api)/(src/)?[a-z0-9_]+_zlib\.c$
^cmocka\.h$|^tests/
'
system='^(assert|ctype|dirent|dlfcn|endian|errno|fcntl|float|fnmatch|ftw|getopt|glob|grp|inttypes|libgen|limits|locale|malloc|math|netdb|poll|pthread|pwd|sched|semaphore|setjmp|signal|spawn|stdalign|stdarg|stdatomic|stdbool|stddef|stdint|stdio|stdlib|string|strings|syslog|termios|threads|time|unistd|wchar)\.h$'
system+='|^(arpa|linux|net|netinet|sys)/[a-z0-9_]+\.h$'
ours='^(base|gs1|event|provenance|nfc_auth|mqtt_link|http|ledger)/'

# Prints the adapter files of a header, nothing when it has none.
adapter_of() {
	local header files
	while IFS= read -r line; do
		# The first "$|" or "/|" ends the header's part.
		header=${line%%|^*}
		files=^${line#*|^}
		if [ -n "$line" ] && [[ $1 =~ $header ]]; then
			printf '%s\n' "$files"
			return
		fi
	done <<<"$adapters"
}

while IFS=: read -r file number text; do
	[ -n "$file" ] || continue
	header=${text#*[<\"]}
	header=${header%%[>\"]*}
	if [[ $header =~ $ours || $header =~ $system ]]; then continue; fi
	allowed=$(adapter_of "$header")
	if [ -n "$allowed" ]; then
		[[ $file =~ $allowed ]] ||
			fault "$file:$number: <$header> belongs to its adapter ($allowed)"
	elif [[ $text == *'<'* ]]; then
		fault "$file:$number: <$header> is a header that no row of tests/lint/includes.sh names"
	fi
done < <(c_files | xargs -r grep -HnE '^[[:space:]]*#[[:space:]]*include' || true)
finish
