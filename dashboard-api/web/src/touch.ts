// SPDX-License-Identifier: Apache-2.0
// Map function 1 (formats 5.4): the subjects an entry touches, so that one
// shown in a list belongs there, and is missing from no other.
import { escape, readUri, subjectOf } from './gs1';
import { isObj, readJson, textOf, type Json, type Obj } from './json';
import { readPayload, type Payload } from './roster';
import { bytes, equal } from './proof';
import { PRODUCT, statementOf, type Statement } from './statement';

const EPCS = ['epcList', 'childEPCs', 'inputEPCList', 'outputEPCList'];
const QUANTITIES = ['quantityList', 'childQuantityList', 'inputQuantityList', 'outputQuantityList'];

/* A payload with the shape of 1.3, else null. */
const eventsOf = (payload: Uint8Array): Obj[] | null => {
	let doc: Json;
	try {
		doc = readJson(payload);
	} catch {
		return null;
	}
	const body = isObj(doc) && doc.get('type') === 'EPCISDocument' ? doc.get('epcisBody') : undefined;
	const list = isObj(body) ? body.get('eventList') : undefined;
	if (!Array.isArray(list) || list.length < 1 || list.length > 1000) return null;
	for (const e of list) {
		if (!isObj(e) || typeof e.get('type') !== 'string') return null;
		if (EPCS.some((l) => e.has(l) && !(Array.isArray(e.get(l)) && (e.get(l) as Json[]).every((s) => typeof s === 'string')))) return null;
		if (e.has('parentID') && typeof e.get('parentID') !== 'string') return null;
	}
	return list as Obj[];
};
/* Only a GTIN with a lot counts among the classes. */
const lotOf = (q: Json): string | null => {
	const uri = isObj(q) ? textOf(q, 'epcClass') : undefined;
	if (uri === undefined) return null;
	const m = /^urn:epc:class:lgtin:([0-9]{6,12}\.[0-9]+)\.(.+)$/.exec(uri);
	const id = m ? readUri(`urn:epc:id:sgtin:${m[1]}.${m[2]}`) : readUri(uri);
	if (!id || !id.subject.startsWith('https://id.gs1.org/01/')) return null;
	if (m) return id.subject.replace('/21/', '/10/');
	return id.subject.includes('/10/') ? id.subject : null;
};
const product = (events: Obj[]): Set<string> => {
	const out = new Set<string>();
	for (const e of events) {
		for (const epc of [...EPCS.flatMap((l) => (e.get(l) as string[] | undefined) ?? []), textOf(e, 'parentID')]) {
			const s = epc === undefined ? null : subjectOf(epc);
			if (s !== null) out.add(s);
		}
		for (const l of QUANTITIES) {
			const v = e.get(l);
			for (const q of Array.isArray(v) ? v : []) {
				const s = lotOf(q);
				if (s !== null) out.add(s);
			}
		}
		const part = e.get('cm:part');
		const of = isObj(part) ? textOf(part, 'of') : undefined;
		if (of !== undefined) out.add(`part/${of}`);
	}
	return out;
};
const lots = (v: Json | undefined): string[] => (Array.isArray(v) ? v.filter((l): l is string => typeof l === 'string') : []);
const registry = (p: Payload): Set<string> => {
	const out = new Set([`registry/${p.type}/${p.id}`]);
	const gtin = textOf(p.body, 'gtin');
	const prefix = textOf(p.body, 'prefix');
	if (p.type === 'goods' || p.type === 'recall') {
		const key = gtin ?? prefix;
		if (key !== undefined) out.add(`goods/${key}`);
		if (gtin !== undefined && p.type === 'recall') for (const l of lots(p.body.get('lots'))) out.add(`goods/${gtin}/${escape(l)}`);
	}
	const right = textOf(p.body, 'right');
	if (p.type === 'licence' && right !== undefined) out.add(`registry/right/${right}`);
	return out;
};

const NOTHING = ['countermark/genesis/v1\n', 'countermark/epoch/v1\n'].map((t) => bytes(t));
/* From the bytes of any entry. */
export const touchedBy = (entry: Uint8Array): Set<string> => {
	if (NOTHING.some((t) => equal(entry.subarray(0, t.length), t))) return new Set();
	let s: Statement;
	let fork: boolean;
	try {
		({ statement: s, fork } = statementOf(entry));
	} catch {
		return new Set(['reject/']);
	}
	const device = `device/${s.claims.iss}`;
	if (fork) return new Set([device, 'reject/']);
	let subjects: Set<string> | null = null;
	if (s.content === PRODUCT) {
		const events = eventsOf(s.payload);
		subjects = events && product(events);
	} else {
		const p = readPayload(s.payload);
		subjects = p && registry(p);
	}
	return (subjects ?? new Set(['reject/'])).add(device);
};
