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

# The story of an item: the parties see by whom and where, others what and when.
item=$(psql -XqAt "$PGURI" -c "select o.epc from event_epc o join event_org g using (log_id, idx)
	where g.org like '%:org:mill' and o.epc like 'https://id.gs1.org/01/%/21/%'
	order by o.idx, o.epc limit 1")
[ -n "$item" ] || fail "no item of mill"
whole() { # token: how many steps say by whom, of all
	curl -fsS ${1:+-H "Authorization: Bearer $1"} "$API_URL/v1/items/$(jq -rn --arg c "$item" '$c | @uri')/history" |
		jq -r '"\([.steps[] | select(.organisation)] | length)/\(.steps | length)"'
}
all=$(whole "$API_TOKEN")
[ "${all%/*}" = "${all#*/}" ] || fail "an auditor sees $all"
[ "$(whole '')" = "0/${all#*/}" ] || fail "the public sees $(whole '')"
[ "$(whole "$(token --role brand --org mill)")" != "0/${all#*/}" ] || fail "mill does not see its own"
[ "$(whole "$(token --role brand --org mill --scope capture)")" = "0/${all#*/}" ] || fail "a token without read sees"
# An authority's look is on record, with its purpose.
curl -fsS -H "Authorization: Bearer $(token --role authority --org customs)" -H 'Countermark-Purpose: case 7' \
	"$API_URL/epcis/events?perPage=1" >/dev/null
[ "$(psql -XqAt "$PGURI" -c "select organisation || '|' || purpose from access_log where target like '/epcis/events%'")" = 'customs|case 7' ] ||
	fail "$(psql -XqAt "$PGURI" -c 'table access_log')"
# A token that was ended is good for nothing.
ended=$(cm token create --role auditor)
cm token revoke "$(jq -r .id <<<"$ended")" >/dev/null
[ "$(curl -s -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $(jq -r .token <<<"$ended")" "$API_URL/epcis/events")" = 401 ] ||
	fail "an ended token is good"
# With the list of prefix lengths the same events are written with URNs.
printf '{"GCPPrefixFormatList":{"entry":[{"prefix":"950","gcpLength":7}]}}' >"$story/gcp.json"
printf '\n[gs1]\ngcp_lengths = %s\n' "$story/gcp.json" >>"$story/stack/conf/api.conf"
kill -KILL "$(pid_of api)"
for _ in $(seq 100); do
	pause 0.2
	if curl -fsS "$API_URL/readyz" >/dev/null 2>&1; then break; fi
done
curl -fsS -H "Authorization: Bearer $API_TOKEN" -H 'GS1-EPC-Format: Always_EPC_URN' \
	"$API_URL/epcis/events?MATCH_epc=$(jq -rn --arg c "$item" '$c | @uri')&perPage=1" >"$story/urn"
jq -e '[.epcisBody.queryResults.resultsBody.eventList[] | (.epcList, .childEPCs, .inputEPCList, .outputEPCList) | arrays[]] | any(startswith("urn:epc:id:sgtin:9506000.")) and all(startswith("urn:"))' \
	"$story/urn" >/dev/null || fail "no URNs: $(head -c 1500 "$story/urn")"
