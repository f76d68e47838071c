#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Goal: EPCIS queries find exactly the events they ask for. Documents come in
# through `countermark import`; each parameter, alone and with others, is held
# against a plain filter over the same documents. URN and Digital Link are
# equal. Pages are complete while new events arrive, and nobody learns of an
# event that is not for them: not by lists, counts, values, pages or refusals.
# shellcheck source=tests/harness/story.sh
. "$(dirname "$0")/../harness/story.sh"
story_start
until_searchable() {
	for _ in $(seq 300); do
		if projected; then return 0; fi
		pause 0.1
	done
	fail 'the search tables do not reach the end'
}

cm org add mill --gln 9506000111131 >/dev/null
cm org add stranger --gln 9506000111148 >/dev/null
cm goods add 09506000134352 --org mill >/dev/null
node "$root/tests/client/epcis.mjs" make "$story"
for i in 0 1 2; do
	cm import "$story/epcis$i.json" >/dev/null || fail "document $i is refused"
	until_searchable
done
token() { cm token create "$@" | jq -r .token; }
cat >"$story/import" <<-SH
	$(declare -f until_searchable projected pause fail)
	$COUNTERMARK import "$story/epcis3.json" >/dev/null && until_searchable
SH
TOKENS=$(jq -n --arg auditor "$API_TOKEN" --arg mill "$(token --role brand --org mill)" \
	--arg stranger "$(token --role partner --org stranger)" '$ARGS.named') \
	IMPORT=". $story/import" API_URL=$API_URL PGURI=$PGURI node "$root/tests/client/epcis.mjs" check
