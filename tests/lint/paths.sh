#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Nothing of the place where the code was written, and no secrets, get in.
. "$(dirname "$0")/lib.sh"

# These two name what they look for.
others() { tree | grep -vE '^tests/lint/(paths|selftest)\.sh$' | grep -vE "$1" || true; }
search() { # what, pattern, files to leave out
	faults_from < <(others "$3" | tr '\n' '\0' | xargs -0 -r grep -HnIE -e "$2" |
		sed -E "s/^([^:]+:[0-9]+):.*/\1: $1/" || true)
}

search 'a path of somebody'\''s workplace' '(^|[^A-Za-z0-9_.])/(work|home/[a-z]+|Users/[A-Za-z]+)/' '^$'
search 'a fixed temporary path' '(^|[^A-Za-z0-9_.])/tmp/' '^(tests|script|bench|docker|docs)/'
search 'a private key' '-----BEGIN [A-Z ]*PRIVATE KEY-----' '^$'
search 'a secret' '(sk-[A-Za-z0-9_-]{20}|gh[pousr]_[A-Za-z0-9]{30}|AKIA[A-Z0-9]{16})' '^$'
finish
