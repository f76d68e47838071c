// SPDX-License-Identifier: Apache-2.0
// The questions of EPCIS 2.0 against a filter of its own over the same events.
// `epcis.mjs make FOLDER` writes the documents that the story imports, in order:
// 0 to 2 before, 3 while pages are turned. `epcis.mjs check STAGE` asks.
// Environment: API_URL, TOKENS {auditor, mill, stranger}, IMPORT (a command that
// imports document 3 and waits until it is searchable).
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';

const CONTEXT = 'https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld';
const MILL = { gtin: '09506000134352', urn: '9506000.013435' };
const OTHER = { gtin: '09506000164908', urn: '9506000.016490' };
const dl = (g, s) => `https://id.gs1.org/01/${g.gtin}/21/${s}`;
const urn = (g, s) => `urn:epc:id:sgtin:${g.urn}.${s}`;
const pick = (list, i) => list[i % list.length];
const STEPS = ['shipping', 'receiving', 'https://ref.gs1.org/cbv/BizStep-packing', 'https://example.com/steps/polishing', undefined];
const DISPOSITIONS = ['in_transit', 'https://ref.gs1.org/cbv/Disp-active', undefined];
const PLACES = ['urn:epc:id:sgln:9506000.11111.0', 'https://id.gs1.org/414/9506000111117', 'https://id.gs1.org/414/9506000111124/254/7', 'https://example.com/places/a', undefined];

// ---- the events ----
const time = (i) => new Date(Date.UTC(2026, 0, 1 + (i * 7) % 28, i % 24, 0, 0, i % 3)).toISOString();
function make(i, g) {
	const epc = (k) => (i % 2 ? dl : urn)(g, `${i}-${k}`);
	const lot = i % 2 ? `https://id.gs1.org/01/${g.gtin}/10/L${i % 3}` : `urn:epc:class:lgtin:${g.urn}.L${i % 3}`;
	const amount = { epcClass: lot, quantity: `\u0001${pick(['5', '1.50', '12.25', '100'], i)}\u0001`, ...(i % 3 ? { uom: pick(['KGM', 'LTR'], i) } : {}) };
	const type = pick(['ObjectEvent', 'AggregationEvent', 'TransactionEvent', 'TransformationEvent', 'AssociationEvent'], i);
	const e = { type, eventTime: time(i), eventTimeZoneOffset: '+00:00', recordTime: '2020-01-01T00:00:00Z', 'ex:nr': i, bizStep: pick(STEPS, i >> 1), disposition: pick(DISPOSITIONS, i) };
	if (type !== 'TransformationEvent') e.action = pick(['ADD', 'OBSERVE'], i >> 2);
	if (pick(PLACES, i)) e.readPoint = { id: pick(PLACES, i) };
	if (pick(PLACES, i >> 2)) e.bizLocation = { id: pick(PLACES, i >> 2) };
	if (i % 4) e.eventID = `urn:uuid:00000000-0000-4000-8000-${String(i).padStart(12, '0')}`;
	if (type === 'ObjectEvent') Object.assign(e, { epcList: [epc('a'), epc('b')], quantityList: [amount], persistentDisposition: { set: [pick(['completeness_verified', 'https://ref.gs1.org/cbv/Disp-damaged'], i >> 1)], unset: ['completeness_inferred'] } });
	if (type === 'AggregationEvent' || type === 'AssociationEvent') Object.assign(e, { parentID: i % 2 ? 'https://id.gs1.org/00/095060001343520017' : 'urn:epc:id:sscc:9506000.0134352001', childEPCs: [epc('a')], childQuantityList: [amount] });
	if (type === 'TransactionEvent') Object.assign(e, { epcList: [epc('a')], quantityList: [amount] });
	if (type === 'TransformationEvent') Object.assign(e, { inputEPCList: [epc('in')], outputEPCList: [epc('out')], inputQuantityList: [amount], outputQuantityList: [{ ...amount, epcClass: lot.replace(/L\d$/, 'M') }], transformationID: `https://example.com/mix/${i % 4}` });
	if (type === 'TransactionEvent' || i % 3 === 0) e.bizTransactionList = [{ type: pick(['po', 'https://ref.gs1.org/cbv/BTT-inv', 'https://example.com/types/x'], i), bizTransaction: `urn:epcglobal:cbv:bt:9506000111117:${i % 6}` }];
	if (i % 3 === 1) Object.assign(e, { sourceList: [{ type: 'owning_party', source: i % 2 ? 'urn:epc:id:pgln:9506000.22222' : 'https://id.gs1.org/417/9506000222226' }], destinationList: [{ type: 'https://ref.gs1.org/cbv/SDT-location', destination: 'https://example.com/places/b' }] });
	return e;
}
const declared = (e, i) => ({ ...e, errorDeclaration: { declarationTime: time(i + 50), reason: i % 2 ? 'incorrect_data' : 'https://ref.gs1.org/cbv/ER-did_not_occur', correctiveEventIDs: [`urn:uuid:00000000-0000-4000-8000-${String(i + 1).padStart(12, '0')}`] } });
const range = (from, to, g) => Array.from({ length: to - from }, (_, k) => make(from + k, g));
const documents = [
	{ ns: 'https://example.com/ex/', events: range(0, 35, MILL) },
	{ ns: 'https://example.org/other/', events: [...range(35, 60, OTHER), ...[1, 6, 11].map((k) => declared(make(36 + k, OTHER), 36 + k))] },
	{ ns: 'https://example.com/ex/', events: [make(60, MILL), ...range(61, 75, OTHER)] },
	{ ns: 'https://example.com/ex/', events: range(75, 90, MILL) },
];
// A number's own text is kept between two marks and put in behind the printer.
const text = (d) => JSON.stringify({ '@context': [CONTEXT, { ex: d.ns, unused: 'https://example.com/unused/' }], type: 'EPCISDocument', schemaVersion: '2.0', creationDate: '2026-01-30T00:00:00Z',
	epcisBody: { eventList: d.events } }).replaceAll('"\\u0001', '').replaceAll('\\u0001"', '');
if (process.argv[2] === 'make') {
	documents.forEach((d, i) => writeFileSync(`${process.argv[3]}/epcis${i}.json`, text(d)));
	process.exit();
}

// ---- the filter ----
const digit = (s) => String((10 - [...s].reverse().reduce((sum, c, i) => sum + Number(c) * (i % 2 ? 1 : 3), 0) % 10) % 10);
function canon(uri) {
	const [, kind, body] = /^urn:epc:(?:id|class):(\w+):(.*)$/.exec(uri) ?? [];
	const f = body?.split('.');
	const key = (first) => { const s = first ? f[1][0] + f[0] + f[1].slice(1) : f[0] + f[1]; return s + digit(s); };
	if (kind === 'sgtin') return `https://id.gs1.org/01/${key(true)}/21/${f[2]}`;
	if (kind === 'lgtin') return `https://id.gs1.org/01/${key(true)}/10/${f[2]}`;
	if (kind === 'sscc') return `https://id.gs1.org/00/${key(true)}`;
	if (kind === 'sgln') return `https://id.gs1.org/414/${key(false)}${f[2] === '0' ? '' : `/254/${f[2]}`}`;
	if (kind === 'pgln') return `https://id.gs1.org/417/${key(false)}`;
	return uri;
}
const bare = (w) => w?.replace(/^https:\/\/ref\.gs1\.org\/cbv\/[A-Za-z]+-/, '');
const some = (wanted, got) => got.some((g) => wanted.includes(g));
const epcs = (...names) => (e) => names.flatMap((n) => e[n] ?? []).map(canon);
const classes = (...names) => (e) => names.flatMap((n) => e[n] ?? []).map((q) => canon(q.epcClass));
const like = (get) => (v, e) => get(e).some((g) => v.some((w) => {
	const [, gcp, item, serial] = /^urn:epc:idpat:sgtin:([^.]*)\.([^.]*)\.(.*)$/.exec(w) ?? [];
	if (gcp === undefined) return canon(w) === g;
	const gtin = /^https:\/\/id\.gs1\.org\/01\/(\d{14})/.exec(g)?.[1];
	if (!gtin) return false;
	if (gcp === '*') return true;
	if (item === '*') return gtin.slice(1, 1 + gcp.length) === gcp;
	const whole = canon(`urn:epc:id:sgtin:${gcp}.${item}.${serial}`);
	return serial === '*' ? g.startsWith(whole.slice(0, -1)) || g === whole.slice(0, -5) : whole === g;
}));
const word = (get) => (v, e) => some(v.map(bare), [get(e)].flat().map(bare));
const id = (get) => (v, e) => get(e) !== undefined && some(v.map(canon), [canon(get(e))]);
const link = (list, value) => (type) => (v, e) => (e[list] ?? []).some((l) => bare(l.type) === bare(type) && v.map(canon).includes(canon(l[value])));
const declaration = (e) => e.errorDeclaration ?? {};
const numbers = (e, unit) => ['quantityList', 'childQuantityList', 'inputQuantityList', 'outputQuantityList'].flatMap((n) => e[n] ?? []).filter((q) => !unit || q.uom === unit).map((q) => Number(String(q.quantity).replaceAll('\u0001', '')));
const FILTERS = {
	eventType: (v, e) => v.includes(e.type),
	GE_eventTime: ([v], e) => Date.parse(e.eventTime) >= Date.parse(v),
	LT_eventTime: ([v], e) => Date.parse(e.eventTime) < Date.parse(v),
	EQ_action: (v, e) => v.includes(e.action),
	EQ_bizStep: word((e) => e.bizStep),
	EQ_disposition: word((e) => e.disposition),
	EQ_readPoint: id((e) => e.readPoint?.id),
	EQ_bizLocation: id((e) => e.bizLocation?.id),
	EQ_eventID: (v, e) => v.includes(e.eventID),
	MATCH_epc: like(epcs('epcList', 'childEPCs')),
	MATCH_parentID: like((e) => (e.parentID ? [canon(e.parentID)] : [])),
	MATCH_inputEPC: like(epcs('inputEPCList')),
	MATCH_outputEPC: like(epcs('outputEPCList')),
	MATCH_anyEPC: like((e) => [...epcs('epcList', 'childEPCs', 'inputEPCList', 'outputEPCList')(e), ...(e.parentID ? [canon(e.parentID)] : [])]),
	MATCH_epcClass: like(classes('quantityList', 'childQuantityList')),
	MATCH_inputEPCClass: like(classes('inputQuantityList')),
	MATCH_outputEPCClass: like(classes('outputQuantityList')),
	MATCH_anyEPCClass: like(classes('quantityList', 'childQuantityList', 'inputQuantityList', 'outputQuantityList')),
	EXISTS_errorDeclaration: ([v], e) => v === 'false' || 'errorDeclaration' in e,
	EQ_transformationID: (v, e) => v.includes(e.transformationID),
	EQ_persistentDisposition_set: word((e) => e.persistentDisposition?.set ?? []),
	EQ_persistentDisposition_unset: word((e) => e.persistentDisposition?.unset ?? []),
	GE_errorDeclarationTime: ([v], e) => Date.parse(declaration(e).declarationTime) >= Date.parse(v),
	LT_errorDeclarationTime: ([v], e) => Date.parse(declaration(e).declarationTime) < Date.parse(v),
	GE_errorDeclaration_Time: ([v], e) => Date.parse(declaration(e).declarationTime) >= Date.parse(v),
	EQ_errorReason: word((e) => declaration(e).reason),
	EQ_correctiveEventID: (v, e) => some(v, declaration(e).correctiveEventIDs ?? []),
};
function filterOf(name) {
	if (FILTERS[name]) return FILTERS[name];
	const [, list, type] = /^EQ_(bizTransaction|source|destination)_(.*)$/.exec(name) ?? [];
	if (list) return link(`${list}List`, list)(type);
	const [, op, unit] = /^(\w\w)_quantity_?(.*)$/.exec(name);
	const test = { EQ: (q, v) => v.includes(q), GT: (q, [v]) => q > v, GE: (q, [v]) => q >= v, LT: (q, [v]) => q < v, LE: (q, [v]) => q <= v }[op];
	return (v, e) => numbers(e, unit).some((q) => test(q, v.map(Number)));
}
const stored = documents.slice(0, 3).flatMap((d, doc) => d.events.map((e) => ({ ...e, doc })));
const wanted = (query, of = stored) => of.filter((e) => Object.entries(query).every(([k, v]) => filterOf(k)(v.split('|'), e))).map((e) => e['ex:nr']);

// ---- asking ----
const tokens = JSON.parse(process.env.TOKENS);
async function get(path, who = 'auditor', headers = {}) {
	const res = await fetch(process.env.API_URL + path, { headers: { ...(who ? { authorization: `Bearer ${tokens[who]}` } : {}), ...headers } });
	const body = await res.text();
	return { status: res.status, headers: res.headers, text: body, json: body && JSON.parse(body) };
}
async function ok(path, who, headers) {
	const r = await get(path, who, headers);
	assert.equal(r.status, 200, `${path}: ${r.text}`);
	return r;
}
async function refused(path, status, parameter, who, headers) {
	const r = await get(path, who, headers);
	assert.equal(r.status, status, `${path}: ${r.status} ${r.text.slice(0, 300)}`);
	if (parameter) assert.equal(r.json.parameter, parameter, `${path}: ${r.text}`);
	return r.json;
}
const q = (o) => '?' + Object.entries(o).map(([k, v]) => `${encodeURIComponent(k)}=${encodeURIComponent(v)}`).join('&');
const list = (r) => r.json.epcisBody.queryResults.resultsBody.eventList;
const nr = (e) => e[Object.keys(e).find((k) => k.endsWith(':nr'))];
const next = (r) => /^<(.*)>; rel="next"$/.exec(r.headers.get('link') ?? '')?.[1];
async function all(path, who, headers) {
	const out = [];
	for (let at = path; at;) { const r = await ok(at, who, headers); out.push(...list(r)); at = next(r); }
	return out;
}
const numbersOf = async (query, who) => (await all(`/epcis/events${q({ perPage: 1000, ...query })}`, who)).map(nr);
const done = (what) => console.log(`ok - ${what}`);

// ---- every parameter ----
const both = [dl(MILL, '10-a'), urn(MILL, '10-a')];
const QUERIES = [
	{}, { eventType: 'ObjectEvent' }, { eventType: 'TransactionEvent|AssociationEvent' }, { eventType: 'https://example.com/types/none' },
	{ GE_eventTime: time(9) }, { LT_eventTime: time(9) }, { GE_eventTime: time(9), LT_eventTime: time(2) }, { GE_eventTime: '2026-01-10T02:30:00.5+02:00' },
	{ EQ_action: 'ADD' }, { EQ_action: 'ADD|OBSERVE' }, { EQ_action: 'DELETE' },
	...['shipping', 'packing', 'https://ref.gs1.org/cbv/BizStep-shipping', 'https://ref.gs1.org/cbv/BizStep-packing', 'https://example.com/steps/polishing', 'receiving|packing', 'loading'].map((v) => ({ EQ_bizStep: v })),
	...['in_transit', 'active', 'https://ref.gs1.org/cbv/Disp-active', 'in_transit|active', 'damaged'].map((v) => ({ EQ_disposition: v })),
	...PLACES.filter(Boolean).flatMap((p) => [{ EQ_readPoint: p }, { EQ_bizLocation: p }]), { EQ_readPoint: PLACES.slice(1, 3).join('|') },
	{ EQ_eventID: make(37, OTHER).eventID }, { EQ_eventID: [1, 2, 3].map((i) => make(i, MILL).eventID).join('|') }, { EQ_eventID: 'urn:uuid:none' },
	...both.map((v) => ({ MATCH_epc: v })), { MATCH_epc: [urn(MILL, '1-a'), dl(MILL, '2-a'), dl(OTHER, '51-a')].join('|') }, { MATCH_epc: dl(MILL, '3-in') }, { MATCH_epc: 'https://id.gs1.org/00/095060001343520017' },
	...['https://id.gs1.org/00/095060001343520017', 'urn:epc:id:sscc:9506000.0134352001'].flatMap((v) => [{ MATCH_parentID: v }, { MATCH_anyEPC: v }]),
	{ MATCH_inputEPC: urn(MILL, '3-in') }, { MATCH_outputEPC: urn(MILL, '3-out') }, { MATCH_inputEPC: urn(MILL, '3-out') }, { MATCH_anyEPC: [urn(MILL, '3-out'), urn(OTHER, '44-a')].join('|') },
	...['MATCH_epc', 'MATCH_anyEPC', 'MATCH_inputEPC', 'MATCH_epcClass', 'MATCH_anyEPCClass'].flatMap((k) => [`${MILL.urn}.10-a`, `${MILL.urn}.*`, '9506000.*.*', '9506001.*.*', '*.*.*'].map((p) => ({ [k]: `urn:epc:idpat:sgtin:${p}` }))),
	{ MATCH_epc: `urn:epc:idpat:sgtin:${MILL.urn}.*|${urn(OTHER, '51-a')}` },
	...['MATCH_epcClass', 'MATCH_anyEPCClass', 'MATCH_inputEPCClass', 'MATCH_outputEPCClass'].flatMap((k) => [{ [k]: `urn:epc:class:lgtin:${MILL.urn}.L1` }, { [k]: `https://id.gs1.org/01/${MILL.gtin}/10/L1` }, { [k]: `https://id.gs1.org/01/${OTHER.gtin}/10/M` }]),
	{ EXISTS_errorDeclaration: 'true' }, { EXISTS_errorDeclaration: '1' }, { EXISTS_errorDeclaration: '' }, { EXISTS_errorDeclaration: 'false' },
	...['po', 'inv', 'https://ref.gs1.org/cbv/BTT-po', 'https://example.com/types/x', 'bol'].flatMap((t) => [{ [`EQ_bizTransaction_${t}`]: 'urn:epcglobal:cbv:bt:9506000111117:3' }, { [`EQ_bizTransaction_${t}`]: [0, 1, 2, 3, 4, 5].map((n) => `urn:epcglobal:cbv:bt:9506000111117:${n}`).join('|') }]),
	...['https://id.gs1.org/417/9506000222226', 'urn:epc:id:pgln:9506000.22222'].flatMap((v) => [{ EQ_source_owning_party: v }, { EQ_source_location: v }, { EQ_destination_owning_party: v }]),
	{ EQ_destination_location: 'https://example.com/places/b' }, { 'EQ_destination_https://ref.gs1.org/cbv/SDT-location': 'https://example.com/places/b' },
	{ EQ_transformationID: 'https://example.com/mix/1' }, { EQ_persistentDisposition_set: 'damaged' }, { EQ_persistentDisposition_set: 'https://ref.gs1.org/cbv/Disp-damaged|completeness_verified' }, { EQ_persistentDisposition_unset: 'completeness_inferred' }, { EQ_persistentDisposition_unset: 'damaged' },
	{ GE_errorDeclarationTime: time(92) }, { LT_errorDeclarationTime: time(92) }, { GE_errorDeclaration_Time: time(92) }, { EQ_errorReason: 'incorrect_data' }, { EQ_errorReason: 'did_not_occur' }, { EQ_correctiveEventID: make(38, OTHER).eventID },
	...['EQ', 'GT', 'GE', 'LT', 'LE'].flatMap((op) => ['12.25', '1.5', '1e2'].flatMap((v) => [{ [`${op}_quantity`]: v }, { [`${op}_quantity_KGM`]: v }])), { EQ_quantity: '5|100.0' },
	{ eventType: 'ObjectEvent', EQ_bizStep: 'shipping|receiving', EQ_action: 'ADD', GT_quantity: '4', MATCH_anyEPC: `urn:epc:idpat:sgtin:${MILL.urn}.*` },
];
let nonempty = 0;
for (const query of QUERIES) {
	const want = wanted(query);
	assert.deepEqual(await numbersOf(query), want, JSON.stringify(query));
	if (want.length > 0) nonempty++;
}
done(`${QUERIES.length} queries find what the filter finds, ${nonempty} of them something`);

// ---- what an event looks like ----
const everything = await all('/epcis/events?perPage=1000');
for (const [i, e] of everything.entries()) {
	const d = documents[stored[i].doc];
	assert.deepEqual(e['@context'], { ex: d.ns });
	assert.match(e.recordTime, /^2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
	assert.notEqual(e.recordTime.slice(0, 4), '2020');
	assert.match(e.eventID, /^urn:uuid:/);
	const plain = (o) => JSON.parse(JSON.stringify(o).replaceAll('"\\u0001', '').replaceAll('\\u0001"', ''), (_, v) => (typeof v === 'string' && v.startsWith('urn:epc:') ? canon(v) : v));
	const { doc, recordTime, ...said } = stored[i];
	const { '@context': c, recordTime: r, eventID, ...got } = e;
	assert.deepEqual({ ...got, ...(said.eventID ? { eventID } : {}) }, plain(said));
}
const whole = await ok('/epcis/events?perPage=1000');
assert.match(whole.text, /"quantity":1\.50[,}]/);
assert.deepEqual([whole.json['@context'], whole.json.type, whole.json.schemaVersion, whole.json.epcisBody.queryResults.queryName], [CONTEXT, 'EPCISQueryDocument', '2.0', 'SimpleEventQuery']);
assert.equal(whole.headers.get('gs1-epcis-version'), '2.0.0');
assert.equal(new Set(everything.filter((e) => !e.errorDeclaration).map((e) => e.eventID)).size, stored.length - 3);
const untouched = await all('/epcis/events?perPage=1000', 'auditor', { 'GS1-EPC-Format': 'Never_Translates' });
assert.deepEqual(untouched.map((e) => e.epcList), stored.map((e) => e.epcList));
assert.match((await refused('/epcis/events', 406, 'GS1-EPC-Format', 'auditor', { 'GS1-EPC-Format': 'Always_EPC_URN' })).detail, /https:\/\/id\.gs1\.org\//);
assert.equal((await ok('/epcis/events', 'auditor', { accept: 'application/ld+json' })).headers.get('content-type'), 'application/ld+json');
done('events carry their own prefix, recordTime, an eventID; identifiers as asked for; numbers their text');

// recordTime is not known beforehand: what was answered divides the list.
const when = everything.map((e) => e.recordTime);
for (const t of new Set(when)) {
	assert.deepEqual(await numbersOf({ GE_recordTime: t }), everything.filter((e) => e.recordTime >= t).map(nr));
	assert.deepEqual(await numbersOf({ LT_recordTime: t }), everything.filter((e) => e.recordTime < t).map(nr));
}
assert.ok(new Set(when).size > 1, 'all in one epoch');

// ---- order, limits ----
const sorted = everything.map((e, i) => [Date.parse(e.eventTime), i]).sort((a, b) => a[0] - b[0] || a[1] - b[1]).map(([, i]) => nr(everything[i]));
for (const perPage of [7, 1000]) {
	assert.deepEqual(await numbersOf({ orderBy: 'eventTime', orderDirection: 'ASC', perPage }), sorted);
	assert.deepEqual(await numbersOf({ orderBy: 'eventTime', perPage }), sorted.toReversed());
	assert.deepEqual(await numbersOf({ orderBy: 'recordTime', perPage }), everything.map(nr).reverse());
	assert.deepEqual(await numbersOf({ orderBy: 'eventTime', orderDirection: 'ASC', eventCountLimit: 10, perPage }), sorted.slice(0, 10));
}
assert.equal((await numbersOf({ maxEventCount: stored.length })).length, stored.length);
assert.equal((await refused(`/epcis/events?maxEventCount=${stored.length - 1}`, 413, 'maxEventCount')).type, 'epcisException:QueryTooLargeException');
assert.equal(list(await ok('/epcis/events')).length, 30);
done('order, eventCountLimit, maxEventCount, recordTime');

// ---- refused by name ----
for (const [query, parameter] of [[{ nonsense: '1' }, 'nonsense'], [{ EQ_bizstep: 'shipping' }, 'EQ_bizstep'], [{ EQ_bizStep: 'shiping' }, 'EQ_bizStep'], [{ EQ_bizStep: '' }, 'EQ_bizStep'], [{ EQ_bizStep: 'shipping|' }, 'EQ_bizStep'], [{ EQ_action: 'add' }, 'EQ_action'],
	[{ eventType: 'Object' }, 'eventType'], [{ GE_eventTime: '2026-01-01' }, 'GE_eventTime'], [{ MATCH_epc: 'abc' }, 'MATCH_epc'], [{ MATCH_epc: 'urn:epc:idpat:sgtin:*.1.*' }, 'MATCH_epc'], [{ EQ_bizTransaction_: 'urn:x:y' }, 'EQ_bizTransaction_'], [{ EQ_bizTransaction_pox: 'urn:x:y' }, 'EQ_bizTransaction_pox'],
	[{ EQ_quantity_kgm: '1' }, 'EQ_quantity_kgm'], [{ EQ_quantity: '1,5' }, 'EQ_quantity'], [{ GT_quantity: '1|2' }, 'GT_quantity'], [{ eventCountLimit: '5' }, 'eventCountLimit'], [{ orderBy: 'eventTime', eventCountLimit: '5', maxEventCount: '5' }, 'eventCountLimit'], [{ orderDirection: 'ASC' }, 'orderDirection'], [{ perPage: '1001' }, 'perPage'], [{ perPage: '0' }, 'perPage'],
	[{ EXISTS_errorDeclaration: 'no' }, 'EXISTS_errorDeclaration'], [{ WD_readPoint: 'urn:x:y' }, 'WD_readPoint'], [{ 'EQ_ILMD_ex:lot': '1' }, 'EQ_ILMD_ex:lot'], [{ EXISTS_sensorElementList: 'true' }, 'EXISTS_sensorElementList'], [{ GE_time: time(1) }, 'GE_time'], [{ HASATTR_readPoint: 'a' }, 'HASATTR_readPoint']])
	assert.equal((await refused(`/epcis/events${q(query)}`, 400, parameter)).type, 'epcisException:QueryParameterException');
done('what is not understood is refused by its name');

// ---- top-level resources ----
const members = async (path, who, perPage = 1000) => { const out = []; for (let at = `${path}?perPage=${perPage}`; at;) { const r = await ok(at, who); assert.deepEqual([r.json['@context'], r.json.type], [CONTEXT, 'Collection']); out.push(...r.json.member); at = next(r); } return out; };
const unique = (l) => [...new Set(l.filter(Boolean))].sort();
const used = { bizSteps: ['EQ_bizStep', unique(stored.map((e) => bare(e.bizStep)))], dispositions: ['EQ_disposition', unique(stored.map((e) => bare(e.disposition)))], eventTypes: ['eventType', unique(stored.map((e) => e.type))],
	readPoints: ['EQ_readPoint', unique(stored.map((e) => e.readPoint && canon(e.readPoint.id)))], bizLocations: ['EQ_bizLocation', unique(stored.map((e) => e.bizLocation && canon(e.bizLocation.id)))],
	epcs: ['MATCH_anyEPC', unique(stored.flatMap((e) => [...epcs('epcList', 'childEPCs', 'inputEPCList', 'outputEPCList')(e), ...(e.parentID ? [canon(e.parentID)] : []), ...classes('quantityList', 'childQuantityList', 'inputQuantityList', 'outputQuantityList')(e)]))] };
const STANDARD = { bizSteps: 41, dispositions: 33, eventTypes: 5, readPoints: 0, bizLocations: 0, epcs: 0 };
for (const [name, [parameter, values]] of Object.entries(used)) {
	const got = await members(`/epcis/${name}`);
	assert.deepEqual(await members(`/epcis/${name}`, 'auditor', 4), got, name);
	assert.deepEqual(got, unique(got), name);
	assert.deepEqual(values.filter((v) => !got.includes(v)), [], name);
	assert.equal(got.length, STANDARD[name] + (STANDARD[name] ? values.filter((v) => v.includes(':')).length : values.length), name);
	for (const v of name === 'epcs' ? values.slice(0, 200).filter((_, i) => i % 9 === 0) : values) {
		const at = `/epcis/${name}/${encodeURIComponent(v)}`;
		const filter = /\/10\//.test(v) ? 'MATCH_anyEPCClass' : parameter;
		assert.deepEqual((await ok(at)).json.member, ['events']);
		assert.deepEqual((await all(`${at}/events?perPage=1000`)).map(nr), wanted({ [filter]: v }), at);
		assert.deepEqual((await all(`${at}/events?perPage=5&EQ_action=ADD`)).map(nr), wanted({ [filter]: v, EQ_action: 'ADD' }), at);
	}
	assert.equal((await refused(`/epcis/${name}/${encodeURIComponent('https://example.com/never')}`, 404)).type, 'epcisException:NoSuchResourceException');
	await refused(`/epcis/${name}/nonsense`, 404);
	await refused(`/epcis/${name}?eventType=ObjectEvent`, 400, 'eventType');
}
assert.deepEqual((await all(`/epcis/epcs/${encodeURIComponent(urn(MILL, '10-a'))}/events`)).map(nr), [10]);
assert.deepEqual((await ok('/epcis/bizSteps/loading')).json.member, ['events']);
assert.deepEqual(await all('/epcis/bizSteps/loading/events'), []);
const one = (eventID, who) => get(`/epcis/events/${encodeURIComponent(eventID)}`, who);
assert.deepEqual(list(await one(make(37, OTHER).eventID)).map((e) => [nr(e), 'errorDeclaration' in e]), [[37, false], [37, true]]);
assert.deepEqual(list(await one(everything[0].eventID)).map(nr), [0]);
assert.equal((await one('urn:uuid:none')).json.type, 'epcisException:NoSuchResourceException');
done('top-level resources list the standard and what is in use, and lead to its events');

// ---- who sees what ----
const byMill = (e) => documents[e.doc].events.some((x) => JSON.stringify(x).includes(`gtin:${MILL.urn}`) || JSON.stringify(x).includes(`/01/${MILL.gtin}`));
const visible = stored.filter(byMill);
assert.ok(visible.length > 0 && visible.length < stored.length);
for (const query of QUERIES) {
	assert.deepEqual(await numbersOf(query, 'mill'), wanted(query, visible), `mill: ${JSON.stringify(query)}`);
	assert.deepEqual(await numbersOf(query, 'stranger'), [], `stranger: ${JSON.stringify(query)}`);
}
await ok(`/epcis/events?maxEventCount=${visible.length}`, 'mill');
await refused(`/epcis/events?maxEventCount=${visible.length - 1}`, 413, 'maxEventCount', 'mill');
await ok('/epcis/events?maxEventCount=1', 'stranger');
for (const [name, [, values]] of Object.entries(used)) {
	assert.equal((await members(`/epcis/${name}`, 'stranger')).length, STANDARD[name], name);
	const seen = await members(`/epcis/${name}`, 'mill');
	for (const v of values.filter((x) => x.includes(OTHER.gtin))) assert.ok(seen.includes(v) === JSON.stringify(visible.map((e) => JSON.parse(JSON.stringify(e), (_, x) => (typeof x === 'string' ? canon(x) : x)))).includes(`"${v}"`), v);
	const strange = values.find((v) => v.includes(':'));
	if (strange) assert.deepEqual((await get(`/epcis/${name}/${encodeURIComponent(strange)}`, 'stranger')).json, (await get(`/epcis/${name}/${encodeURIComponent('https://example.com/never')}`, 'stranger')).json);
}
// Not there and not to be seen are the same answer.
assert.deepEqual((await one(make(37, OTHER).eventID, 'mill')).json, (await one('urn:uuid:none', 'mill')).json);
assert.deepEqual((await one(make(1, MILL).eventID, 'stranger')).json, (await one('urn:uuid:none', 'stranger')).json);
// Without a token there is what a policy opens: nothing here.
assert.equal((await refused('/epcis/queries', 401, 'Authorization', null)).type, 'epcisException:SecurityException');
assert.deepEqual(await all('/epcis/events', null), []);
await refused('/epcis/epcs', 401, 'Authorization', null);
await refused('/epcis/events?MATCH_epc=urn:epc:idpat:sgtin:9506000.*.*', 401, 'Authorization', null);
await refused('/epcis/epcs/urn:epc:idpat:sgtin:9506000.*.*/events', 401, 'Authorization', null);
done('an organisation sees its own events in lists, counts, values, pages and refusals');

// ---- pages ----
const first = await ok('/epcis/events?perPage=7');
const token = next(first);
assert.ok(Date.parse(first.headers.get('gs1-next-page-token-expires')) - Date.now() > 3500000);
const said = async (path, who) => (await refused(path, 400, 'nextPageToken', who)).detail;
assert.match(await said(token, 'mill'), /another caller/);
assert.match(await said(`${token}&EQ_action=ADD`), /another query/);
assert.match(await said(`${token.slice(0, -9)}A${token.slice(-8)}`), /changed/);
assert.match(await said('/epcis/events?nextPageToken=abc'), /changed/);
const pages = list(first).map(nr);
let at = token;
for (let turn = 0; at; turn++) {
	if (turn === 2) execFileSync('bash', ['-c', process.env.IMPORT], { stdio: 'inherit' });
	const r = await ok(at);
	pages.push(...list(r).map(nr));
	at = next(r);
}
assert.deepEqual(pages, stored.map((e) => e['ex:nr']));
assert.deepEqual(await numbersOf({}), [...pages, ...documents[3].events.map((e) => e['ex:nr'])]);
done('pages are complete and without repetition while events arrive; tokens are for whom they were given to');
