// SPDX-License-Identifier: Apache-2.0
// Stories told with maker.mjs: bundles that both verifiers judge, one by one
// from docs/verdict.md and formats 7.4. scenes() gives [name, bundle, outcome].
import { b64, did, keyOf, leafOf, Log, ORIGIN, sides, signed } from './maker.mjs';

export const GTIN = '09506000134352';
export const SERIAL = 'K7W3QX5RT9ZB2D6MHPVN';
export const ITEM = `https://id.gs1.org/01/${GTIN}/21/${SERIAL}`;
const withCheck = (d) => d + ((10 - [...d].reverse().reduce((n, c, i) => n + Number(c) * (i % 2 ? 1 : 3), 0) % 10) % 10);
const sscc = (n) => `https://id.gs1.org/00/${withCheck(`0950600013435200${n}`)}`;
const [CASE, PALLET, STRANGE] = [1, 2, 5].map(sscc);
const RIGHT = 'EM500000012345678';
const keys = Object.fromEntries(['line-1', 'shop-1', 'truck-1'].map((n) => [n, keyOf(n)]));
const T0 = Date.parse('2025-10-09T08:00:00Z');
const DAY = 86_400_000;
const iso = (ms) => new Date(ms).toISOString();

const device = (log, name, organisation, more = {}) =>
	log.registry({ type: 'device', id: name, organisation, did: did(name), epoch: 1, key: keys[name].did, role: 'device', ...more });
const organisation = (log, name) => log.registry({ type: 'organisation', id: name, name, did: did(name, 'org'), glns: [] });
const goods = (log, more = {}) => log.registry({ type: 'goods', id: GTIN, gtin: GTIN, organisation: 'lumen', issuance: 'before', ...more });
/* Entries 2 to 8: three organisations, their devices, the goods. */
export const founded = (more) => {
	const log = new Log();
	for (const name of ['lumen', 'factory', 'shop']) organisation(log, name);
	device(log, 'line-1', 'lumen');
	device(log, 'shop-1', 'shop');
	device(log, 'truck-1', 'factory');
	if (more !== null) goods(log, more);
	return log;
};
const say = (log, name, event, day = 0, more = {}) => {
	const all = [event.epcList, event.childEPCs, event.parentID, event.outputEPCList, event.inputEPCList].flat().filter(Boolean);
	return log.event(name, keys[name], { eventTime: iso(T0 + day * DAY), ...event }, all, more);
};
const born = (log, name = 'line-1', more = {}, day = 0, claims = {}) =>
	say(log, name, { action: 'ADD', bizStep: 'commissioning', disposition: 'active', epcList: [ITEM], ...more }, day, claims);
const does = (log, name, bizStep, disposition, day = 1, more = {}) =>
	say(log, name, { action: 'OBSERVE', bizStep, ...(disposition ? { disposition } : {}), epcList: [ITEM], ...more }, day);
const pack = (log, name, parentID, childEPCs, action = 'ADD', day = 1) =>
	say(log, name, { type: 'AggregationEvent', action, bizStep: action === 'ADD' ? 'packing' : 'unpacking', parentID, childEPCs }, day);

/* All that the log knows but chains of devices, and what is absent (7.3). */
export const subjectsOf = (log, more = []) => [...new Set([
	ITEM, `goods/${GTIN}`, ...Array.from({ length: 9 }, (_, i) => `goods/${GTIN.slice(1, 5 + i)}`),
	...[...log.touched.keys()].filter((s) => !s.startsWith('device/') && s !== 'reject/'),
	...['authority', 'service'].flatMap((k) => [`registry/device/${k}`, `registry/delegation/${log.keys[k].did}`, `registry/service/${log.keys[k].did}`]),
	...['A', 'L1', 'L2'].map((l) => `goods/${GTIN}/${l}`),
	...Object.values(keys).flatMap((k) => [`registry/delegation/${k.did}`, `registry/service/${k.did}`]),
	`registry/right/${RIGHT}`, 'registry/usage/licence-1', 'registry/licence/licence-1', 'registry/device/ghost', 'registry/device/late', ...more,
])];
const CODE = `01${GTIN}21${SERIAL}`;
const AT = T0 + 30 * DAY;
const bundle = (log, verdict, question = {}, options = {}) => {
	log.epoch();
	return log.bundle(options.subjects ?? subjectsOf(log, options.more), { code: CODE, at: AT, ...question }, verdict, options);
};
const told = (...story) => {
	const log = founded();
	for (const s of story) s(log);
	return log;
};
const licensed = (more = {}, usage = null) => {
	const log = founded({ right: RIGHT });
	log.registry({ type: 'right', id: RIGHT, st13: RIGHT, office: 'EM', kind: 'trademark', mark: 'LUMEN', holder: 'lumen', status: 'registered' });
	log.registry({ type: 'licence', id: 'licence-1', right: RIGHT, licensor: 'lumen', licensee: 'factory', ...more }, { also: [`registry/right/${RIGHT}`] });
	if (usage !== null) log.registry({ type: 'usage', id: 'licence-1', licence: 'licence-1', reached: 10, at_index: usage }, { device: 'service', key: log.keys.service });
	return log;
};
const ilmd = (lot, expiry) => ({ ilmd: { ...(lot ? { 'cbvmda:lotNumber': lot } : {}), ...(expiry ? { 'cbvmda:itemExpirationDate': expiry } : {}) } });
const shopPlace = (log, country) => {
	log.registry({ type: 'place', id: '9506000134376', gln: '9506000134376', country, lat7: 0, lon7: 0, kind: 'shop' });
	return { bizLocation: { id: 'https://id.gs1.org/414/9506000134376' } };
};

function* verdicts() {
	const of = (name, verdict, log, question, options) => [name, bundle(log, verdict, question, options),
		(verdict.startsWith('genuine') ? 'genuine' : 'otherwise')];
	yield of('made and shipped', 'genuine_code_only', told((l) => born(l), (l) => does(l, 'line-1', 'shipping', 'in_transit')));
	yield of('asked by its link', 'genuine_code_only', told((l) => born(l)), { code: `https://brand.example/p/01/${GTIN}/21/${SERIAL}?17=301231` });
	yield of('asked by its URN', 'genuine_code_only', told((l) => born(l)), { code: `urn:epc:id:sgtin:9506000.013435.${SERIAL}` });
	yield of('asked in brackets', 'genuine_code_only', told((l) => born(l)), { code: `(01)${GTIN}(21)${SERIAL}` });
	yield of('asked with an identifier', 'genuine_code_only', told((l) => born(l)), { code: `]d201${GTIN}21${SERIAL}\x1d10A` });
	yield of('the link in another spelling', 'genuine_code_only', told((l) => l.event('line-1', keys['line-1'],
		{ action: 'ADD', bizStep: 'https://ref.gs1.org/cbv/BizStep-commissioning', epcList: [`http://brand.example/x/01/${GTIN}/10/L1/21/${SERIAL}`] }, [ITEM])));
	yield of('never issued', 'forged', founded());
	yield of('never issued, printed during', 'not_registered', founded({ issuance: 'during' }));
	yield of('shipped, never made', 'not_registered', told((l) => does(l, 'line-1', 'shipping', 'in_transit')));
	yield of('of strangers', 'unknown_here', founded(null));
	yield of('no code at all', 'unreadable', founded(), { code: 'hello' });
	yield of('a GTIN without serial', 'unreadable', founded(), { code: `01${GTIN}` });
	yield of('a wrong check digit', 'unreadable', founded(), { code: CODE.replace('352', '353') });
	yield of('made by another', 'genuine_code_only', told((l) => born(l, 'truck-1')));
	yield of('made by two', 'duplicate', told((l) => born(l), (l) => born(l, 'truck-1', {}, 1)));
	yield of('made twice', 'genuine_code_only', told((l) => born(l), (l) => born(l, 'line-1', {}, 1)));
	yield of('made twice by another', 'custody_gap', told((l) => born(l, 'truck-1'), (l) => born(l, 'truck-1', {}, 1)));
	yield of('destroyed', 'already_used', told((l) => born(l), (l) => does(l, 'shop-1', 'destroying', 'destroyed')));
	yield of('decommissioned', 'already_used', told((l) => born(l), (l) => does(l, 'shop-1', 'decommissioning', 'inactive')));
	yield of('decommissioned and taken back', 'genuine_code_only', told((l) => born(l), (l) => does(l, 'shop-1', 'decommissioning', 'inactive'), (l) => does(l, 'shop-1', 'storing', 'active', 5)));
	yield of('taken back too late', 'already_used', told((l) => born(l), (l) => does(l, 'shop-1', 'decommissioning', 'inactive'), (l) => does(l, 'shop-1', 'storing', 'active', 12)));
	yield of('taken back by another', 'already_used', told((l) => born(l), (l) => does(l, 'shop-1', 'decommissioning', 'inactive'), (l) => does(l, 'truck-1', 'storing', 'active', 5)));
	yield of('dispensed', 'already_used', told((l) => born(l), (l) => does(l, 'shop-1', 'dispensing', 'dispensed')));
	yield of('partially dispensed', 'genuine_code_only', told((l) => born(l), (l) => does(l, 'shop-1', 'dispensing', 'partially_dispensed')));
	yield of('stolen', 'already_used', told((l) => born(l), (l) => does(l, 'shop-1', 'other', 'stolen')));
	yield of('stolen and found', 'genuine_code_only', told((l) => born(l), (l) => does(l, 'shop-1', 'other', 'stolen'), (l) => does(l, 'shop-1', 'storing', 'active')));
	yield of('stolen and inspected', 'already_used', told((l) => born(l), (l) => does(l, 'shop-1', 'other', 'stolen'), (l) => does(l, 'shop-1', 'inspecting', 'active')));
	yield of('shipped after its sale', 'genuine_code_only', told((l) => born(l), (l) => does(l, 'shop-1', 'retail_selling', 'retail_sold'), (l) => does(l, 'truck-1', 'shipping', 'in_transit', 4)));
	yield of('shipped after its sale, made by another', 'custody_gap', told((l) => born(l, 'truck-1'), (l) => does(l, 'shop-1', 'retail_selling', 'retail_sold'), (l) => does(l, 'line-1', 'shipping', 'in_transit', 4)));
	yield of('returned after its sale', 'genuine_code_only', told((l) => born(l, 'truck-1'), (l) => does(l, 'shop-1', 'retail_selling', 'retail_sold'), (l) => does(l, 'line-1', 'receiving', 'returned', 4), (l) => does(l, 'line-1', 'shipping', 'in_transit', 9)));
	yield of('a withdrawn end', 'genuine_code_only', told((l) => born(l), (l) => does(l, 'shop-1', 'destroying', 'destroyed', 1, { eventID: 'urn:uuid:1' }),
		(l) => does(l, 'shop-1', 'destroying', 'destroyed', 1, { eventID: 'urn:uuid:1', errorDeclaration: { declarationTime: iso(T0), reason: 'did_not_occur' } })));
	yield of('an end withdrawn by another', 'already_used', told((l) => born(l), (l) => does(l, 'shop-1', 'destroying', 'destroyed', 1, { eventID: 'urn:uuid:1' }),
		(l) => does(l, 'truck-1', 'destroying', 'destroyed', 1, { eventID: 'urn:uuid:1', errorDeclaration: { declarationTime: iso(T0), reason: 'did_not_occur' } })));
	const lot = told((l) => born(l, 'line-1', ilmd('L1', '2026-03-31')));
	yield of('another lot on the label', 'data_mismatch', lot, { code: `${CODE}\x1d10L2` });
	yield of('the lot of the label', 'genuine_code_only', lot, { code: `${CODE}\x1d10L1` });
	yield of('another expiry on the label', 'data_mismatch', lot, { code: `${CODE}\x1d17270331` });
	yield of('the month of the label', 'genuine_code_only', lot, { code: `${CODE}\x1d17260300` });
	yield of('on the day after its last', 'genuine_code_only', lot, { at: Date.parse('2026-04-01T11:59:59Z') });
	yield of('expired', 'expired', lot, { at: Date.parse('2026-04-01T12:00:00Z') });
	yield of('expired by its label', 'expired', told((l) => born(l)), { code: `${CODE}\x1d17250200` });
	const recall = (more, op = {}) => told((l) => born(l, 'line-1', ilmd('L1')), (l) => l.registry({ type: 'recall', id: 'recall-1', gtin: GTIN, from: T0, reason: 'cracks', ...more },
		{ also: [`goods/${GTIN}`, ...(more.lots ?? []).map((x) => `goods/${GTIN}/${x}`)] }), ...(op.end ? [(l) => l.registry({ type: 'recall', id: 'recall-1', op: 'end', gtin: GTIN, from: op.end }, { also: [`goods/${GTIN}`] })] : []));
	yield of('recalled', 'recalled', recall({}));
	yield of('its lot recalled', 'recalled', recall({ lots: ['L0', 'L1'] }));
	yield of('its serial recalled', 'recalled', recall({ serials: [SERIAL] }));
	yield of('another lot recalled', 'genuine_code_only', recall({ lots: ['L0'] }));
	yield of('recalled later', 'genuine_code_only', recall({ from: AT + 1 }));
	yield of('no more recalled', 'genuine_code_only', recall({}, { end: AT - 1 }));
	const under = (more, usage, day = 0) => { const l = licensed(more, usage); born(l, 'truck-1', {}, day); return l; };
	yield of('licensed', 'genuine_code_only', under({}));
	yield of('licensed for other goods', 'overrun', under({ goods: ['09506000134369'] }));
	yield of('licensed by prefix', 'genuine_code_only', under({ goods: ['9506000'] }));
	yield of('licence too old', 'overrun', under({ to: T0 - 2 * DAY }));
	yield of('licence a day too old', 'genuine_code_only', under({ to: T0 - DAY }));
	yield of('licence too new', 'overrun', under({ from: T0 + 2 * DAY }));
	yield of('licence used up', 'overrun', under({ quantity: 10 }, 4));
	yield of('licence used up later', 'genuine_code_only', under({ quantity: 10 }, 400));
	const sold = (countries, country) => { const l = licensed({ countries }); born(l, 'truck-1'); const place = shopPlace(l, country); does(l, 'shop-1', 'receiving', 'in_progress', 2, place); return l; };
	yield of('sold where licensed', 'genuine_code_only', sold(['DE', 'FR'], 'DE'));
	yield of('sold elsewhere', 'diverted', sold(['DE', 'FR'], 'IT'));
	yield of('sold anywhere', 'genuine_code_only', sold([], 'IT'));
	yield of('in a case', 'genuine_code_only', told((l) => born(l), (l) => pack(l, 'line-1', CASE, [ITEM]), (l) => say(l, 'truck-1', { action: 'OBSERVE', bizStep: 'shipping', epcList: [CASE] }, 2),
		(l) => pack(l, 'truck-1', PALLET, [CASE], 'ADD', 3), (l) => say(l, 'truck-1', { action: 'OBSERVE', bizStep: 'destroying', disposition: 'destroyed', epcList: [PALLET] }, 4)));
	yield of('sold in its case', 'custody_gap', told((l) => born(l, 'truck-1'), (l) => pack(l, 'line-1', CASE, [ITEM]), (l) => say(l, 'shop-1', { action: 'OBSERVE', bizStep: 'retail_selling', disposition: 'retail_sold', epcList: [CASE] }, 2),
		(l) => pack(l, 'truck-1', CASE, [ITEM], 'DELETE', 2), (l) => does(l, 'line-1', 'shipping', 'in_transit', 8)));
	yield of('out of its case before the sale', 'genuine_code_only', told((l) => born(l, 'truck-1'), (l) => pack(l, 'line-1', CASE, [ITEM]), (l) => pack(l, 'shop-1', CASE, [], 'DELETE', 2),
		(l) => say(l, 'shop-1', { action: 'OBSERVE', bizStep: 'retail_selling', disposition: 'retail_sold', epcList: [CASE] }, 3), (l) => does(l, 'line-1', 'shipping', 'in_transit', 8)));
	yield of('a carton', 'genuine_code_only', told((l) => pack(l, 'line-1', CASE, [ITEM])), { code: CASE.slice(-18) });
	yield of('a carton of strangers', 'unknown_here', founded(), { code: `00${STRANGE.slice(-18)}` }, { more: [STRANGE] });
	yield of('a device revoked before', 'genuine_code_only', told((l) => born(l, 'line-1', {}, 0, { wall: T0, clock: 2 }),
		(l) => l.registry({ type: 'device', id: 'line-1', op: 'end', from: T0 - 1, reason: 'lost' })));
	yield of('a new key', 'genuine_code_only', told((l) => born(l), (l) => {
		const fresh = keyOf('line-1 again'), p = `countermark/epoch-key/v1\0${did('line-1')}\0${2}`;
		l.heads.set('line-1', { ...l.heads.get('line-1'), seq: 0 });
		l.registry({ type: 'device', id: 'line-1', organisation: 'lumen', did: did('line-1'), epoch: 2, key: fresh.did, role: 'device', reason: 'rotation', possession: b64(fresh.sign(p)) }, { device: 'line-1', key: keys['line-1'], epoch: 2 });
		l.event('line-1', fresh, { action: 'OBSERVE', bizStep: 'shipping', epcList: [ITEM] }, [ITEM], { epoch: 2 });
	}), {}, {});
}

/* Found by hand from docs/verdict.md; others find nothing. */
export const FOUND = {
	'never issued': 'never_commissioned',
	'never issued, printed during': 'never_commissioned',
	'shipped, never made': 'never_commissioned',
	'of strangers': 'gtin_not_connected',
	'no code at all': 'unreadable',
	'a wrong check digit': 'unreadable',
	'made by another': 'commissioned_by_other',
	'made by two': 'commissioned_by_two',
	'made twice': 'commissioned_twice',
	'made twice by another': 'commissioned_by_other commissioned_twice',
	'destroyed': 'used_destroyed',
	'decommissioned': 'used_decommissioned',
	'taken back too late': 'used_decommissioned',
	'taken back by another': 'used_decommissioned',
	'dispensed': 'used_dispensed',
	'stolen': 'used_stolen',
	'stolen and inspected': 'used_stolen',
	'shipped after its sale': 'step_after_sale',
	'shipped after its sale, made by another': 'commissioned_by_other step_after_sale',
	'returned after its sale': 'commissioned_by_other',
	'an end withdrawn by another': 'used_destroyed',
	'another lot on the label': 'lot_differs',
	'another expiry on the label': 'expiry_differs',
	'expired': 'expired',
	'expired by its label': 'expired',
	'recalled': 'recalled',
	'its lot recalled': 'recalled',
	'its serial recalled': 'recalled',
	'licensed for other goods': 'licence_goods',
	'licence too old': 'licence_period',
	'licence too new': 'licence_period',
	'licence used up': 'licence_quantity',
	'sold elsewhere': 'outside_territory',
	'sold in its case': 'commissioned_by_other step_after_sale',
	'out of its case before the sale': 'commissioned_by_other',
	'a device revoked before': 'device_revoked',
};
/* Each fails one check and passes all before it; the keys of the log are ours. */
function* failures() {
	const log = () => told((l) => born(l), (l) => does(l, 'line-1', 'shipping', 'in_transit'));
	const of = (name, check, b) => [name, b, `fails ${check}`];
	const good = () => bundle(log(), 'genuine_code_only');
	const body = (b) => b.checkpoint.slice(0, b.checkpoint.indexOf('\n\n') + 1);
	yield of('signed by another key of that name', 'note', ((b) => ({ ...b, checkpoint: `${body(b)}\n${signed(ORIGIN, 1, keyOf('another'), body(b))}` }))(good()));
	yield of('one witness of two', 'quorum', bundle(log(), 'genuine_code_only', {}, { by: ['one'] }));
	yield of('no witness', 'quorum', bundle(log(), 'genuine_code_only', {}, { by: [] }));
	const genesis = (change) => {
		const l = log();
		l.entries[0] = Buffer.from(change(l.entries[0].toString()));
		return bundle(l, 'genuine_code_only');
	};
	yield of('the genesis of another log', 'genesis', genesis((t) => t.replace(ORIGIN, 'other.example/main')));
	yield of('a genesis without authority', 'genesis', genesis((t) => t.replace(/^authority .*\n/m, '')));
	yield of('a genesis with another map', 'genesis', genesis((t) => t.replace('map 1', 'map 2')));
	yield of('a genesis with a line more', 'genesis', genesis((t) => `${t}more\n`));
	const epoch = (change) => {
		const l = log();
		l.epoch();
		const last = l.entries.length - 1;
		l.entries[last] = Buffer.from(change(l.entries[last].toString(), last));
		return l.bundle(subjectsOf(l), { code: CODE, at: AT }, 'genuine_code_only');
	};
	yield of('an epoch that covers itself', 'epoch', epoch((t, i) => t.replace(/^\d+$/m, String(i + 1))));
	yield of('an epoch of another map function', 'epoch', epoch((t) => t.replace(/\n1\n([^\n]+\n)$/, '\n2\n$1')));
	yield of('an epoch before itself', 'epoch', epoch((t, i) => t.replace(/\n\d+\n1\n([^\n]+\n)$/, `\n${i}\n1\n$1`)));
	yield of('an epoch with a leading zero', 'epoch', epoch((t) => t.replace('\n', '\n0')));
	yield of('an epoch with a line more', 'epoch', epoch((t) => `${t}more\n`));
	yield of('no epoch at the end', 'epoch', ((l) => l.bundle(subjectsOf(l), { code: CODE, at: AT }, 'genuine_code_only'))((() => { const l = log(); l.epoch(); does(l, 'line-1', 'storing'); return l; })()));
	yield of('another map root', 'map', epoch((t) => t.replace(/^[A-Za-z0-9+/]{43}=$/m, b64(leafOf(Buffer.from('x'))))));
	const listed = (order, before = () => {}) => {
		const l = log();
		before(l);
		l.touched.set(ITEM, order(l.touched.get(ITEM), l));
		return bundle(l, 'genuine_code_only');
	};
	yield of('a list out of order', 'form', listed((i) => [...i].reverse()));
	yield of('an entry twice in its list', 'form', listed((i) => [...i, i[i.length - 1]]));
	yield of('an entry behind what is covered', 'list', listed((i, l) => { l.entries.push(l.entries[i[0]]); const at = l.entries.length - 1; const epochOf = l.epoch.bind(l); l.epoch = () => { epochOf(); const last = l.entries.length - 1; l.entries[last] = Buffer.from(l.entries[last].toString().replace(/^\d+$/m, String(at))); }; return [...i, at]; }));
	const spoiled = (change) => {
		const l = log();
		const i = l.touched.get(ITEM)[1];
		l.entries[i] = change(Buffer.from(l.entries[i]));
		return bundle(l, 'genuine_code_only');
	};
	yield of('a wrong signature', 'signature', spoiled((e) => { e[e.length - 1] ^= 1; return e; }));
	yield of('another payload', 'signature', spoiled((e) => Buffer.from(e.toString('latin1').replace('in_transit', 'in_TRANSIT'), 'latin1')));
	yield of('bytes behind a statement', 'list', spoiled((e) => Buffer.concat([e, Buffer.of(0)])));
	yield of('no statement', 'list', spoiled(() => Buffer.from('hello')));
	const by = (name, run) => bundle(told((l) => born(l), run), 'genuine_code_only', {}, {});
	const event = { action: 'OBSERVE', bizStep: 'shipping', epcList: [ITEM] };
	yield of('a device that nobody registered', 'authority', by('ghost', (l) => l.event('ghost', keyOf('ghost'), event, [ITEM])));
	yield of('the key of another device', 'authority', by('line-1', (l) => l.event('line-1', keys['shop-1'], event, [ITEM])));
	yield of('a key epoch that is not open', 'authority', by('line-1', (l) => l.event('line-1', keys['line-1'], event, [ITEM], { epoch: 2 })));
	yield of('a device registered after it spoke', 'authority', by('late', (l) => { l.event('late', keyOf('late'), event, [ITEM]); l.registry({ type: 'device', id: 'late', organisation: 'lumen', did: did('late'), epoch: 1, key: keyOf('late').did, role: 'device' }); }));
	yield of('a device registered by a device', 'authority', by('late', (l) => { l.registry({ type: 'device', id: 'late', organisation: 'lumen', did: did('late'), epoch: 1, key: keyOf('late').did, role: 'device' }, { device: 'line-1', key: keys['line-1'] }); l.event('late', keyOf('late'), event, [ITEM]); }));
	const ended = (from, wall, op = 'end') => by('line-1', (l) => {
		l.registry({ type: 'device', id: 'line-1', op, from, reason: 'lost' }, { wall: T0, clock: 2 });
		if (wall) l.registry({ type: 'organisation', id: 'other', name: 'other', did: did('other', 'org'), glns: [] }, { wall, clock: 2 });
		does(l, 'line-1', 'shipping', 'in_transit');
	});
	yield of('a device revoked before it spoke', 'authority', ended(T0));
	yield of('a device revoked for later, and later is now', 'authority', ended(T0 + 1, T0 + 1));
	yield of('a device suspended before it spoke', 'authority', ended(T0, 0, 'suspend'));
	yield ['a device revoked for later', ended(T0 + 1), 'genuine', ''];
	for (const s of [ITEM, 'goods/9506', 'registry/organisation/lumen', 'registry/device/line-1'])
		yield of(`without ${s}`, 'subjects', ((l) => bundle(l, 'genuine_code_only', {}, { subjects: subjectsOf(l).filter((x) => x !== s) }))(log()));
	yield of('forged is called genuine', 'verdict', bundle(founded(), 'genuine_code_only'));
	yield of('destroyed is called genuine', 'verdict', bundle(told((l) => born(l), (l) => does(l, 'shop-1', 'destroying', 'destroyed')), 'genuine_code_only'));
	yield of('genuine is called forged', 'verdict', bundle(log(), 'forged'));
}
/* 300 sightings, of which the last two are shown. */
const ranged = (shown = false) => {
	const log = told((l) => born(l));
	for (let i = 0; i < 300; i++) log.add(Buffer.from(log.entries[log.touched.get(ITEM)[0]]), [ITEM]);
	log.epoch();
	const b = log.bundle(subjectsOf(log).filter((s) => s !== ITEM), { code: CODE, at: AT }, 'genuine_code_only');
	const items = log.itemsOf(ITEM), all = log.subject(ITEM, new Set(shown ? [] : log.entries.keys()));
	const { left, right } = sides(items, 290, 5);
	b.subjects.unshift({ ...all, n: items.length, first: 290, entries: all.entries.slice(290, 295), left: left.map(b64), right: right.map(b64) });
	return b;
};
/* As a bundle states them (formats 7.1). */
/* The word for a code that cannot be read is the C reader's. */
const WORDS = { 'no code at all': 'unknown_ai', 'a wrong check digit': 'check_digit' };
export const stated = (findings, name) => findings.map((f) => ({ code: WORDS[name] ?? f.code, group: f.group, severity: f.hard ? 'hard' : 'soft', evidence: f.evidence }));
export function* scenes() {
	for (const [name, b, outcome] of verdicts()) yield [name, b, outcome, FOUND[name] ?? ''];
	yield* failures();
	const seen = told((l) => born(l), (l) => does(l, 'line-1', 'shipping', 'in_transit'));
	yield ['content withheld', bundle(seen, 'genuine_code_only', {}, { withheld: new Set(seen.touched.get(ITEM)) }), 'not_proven, withheld'];
	yield ['a range of a long list', ranged(), 'not_proven, withheld'];
	yield ['a range of a long list, shown', ranged(true), 'fails subjects'];
}
