// SPDX-License-Identifier: Apache-2.0
// From entries to the steps of an item and of the containers it travelled in
// (verdict.md 2; formats 1.3, 5.4).
import { readUri, subjectOf } from './gs1';
import { isObj, readJson, textOf, type Json, type Obj } from './json';
import type { Device } from './roster';
import type { Statement } from './statement';

const DEEP = 8;
const EPCS = ['epcList', 'childEPCs', 'inputEPCList', 'outputEPCList'] as const;
const QUANTITIES = ['quantityList', 'childQuantityList', 'inputQuantityList', 'outputQuantityList'];
const MDA = ['urn:epcglobal:cbv:mda:', 'https://ref.gs1.org/cbv/mda/'];

interface Event {
	type: string;
	action: string | null;
	bizStep: string | null; /* bare word, or a URI */
	disposition: string | null;
	eventID: string | null;
	time: number; /* eventTime, ms */
	place: string | null;
	declares: boolean;
	parent: string | null;
	lists: Record<(typeof EPCS)[number], string[]>; /* as subjects */
	lot: string | null;
	expiry: string | null;
}
/* A product statement that shows events. */
export interface Product {
	index: number;
	statement: Statement;
	signer: Device;
	events: Event[];
}
export interface Step {
	index: number;
	pos: number;
	event: Event;
	statement: Statement;
	signer: Device;
	organisation: string; /* DID, or none */
	commissions: boolean;
	withdrawn: boolean;
	via: string | null;
}

const word = (s: string | undefined): string | null =>
	s === undefined ? null : s.replace(/^(?:https:\/\/ref\.gs1\.org\/cbv\/|cbv:)(?:BizStep|Disp)-/, '');
const idOf = (v: Json | undefined): string | null => {
	const id = isObj(v) ? textOf(v, 'id') : undefined;
	return id === undefined ? null : (readUri(id)?.subject ?? id);
};
export const timeOf = (s: string | undefined): number | null => {
	const m = /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?([Zz]|([+-])(\d{2}):(\d{2}))$/.exec(s ?? '');
	if (!m) return null;
	const [y, mo, d, h, mi, sec] = m.slice(1, 7).map(Number);
	const day = new Date(Date.UTC(2000, mo - 1, d));
	day.setUTCFullYear(y, mo - 1, d);
	if (day.getUTCMonth() !== mo - 1 || day.getUTCDate() !== d || h > 23 || mi > 59 || sec > 59) return null;
	const away = m[9] === undefined ? 0 : (Number(m[10]) * 60 + Number(m[11])) * (m[9] === '-' ? -1 : 1);
	return day.getTime() + ((h * 60 + mi - away) * 60 + sec) * 1000 + Number((m[7] ?? '').padEnd(3, '0').slice(0, 3));
};
/* Prefixes of @context that say a namespace (epcis.md 7). */
const prefixes = (contexts: (Json | undefined)[]): Map<string, string> => {
	const out = new Map([['cbvmda', MDA[0]]]);
	for (const c of contexts.flat())
		if (isObj(c ?? undefined))
			for (const [k, v] of c as Obj) {
				const iri = typeof v === 'string' ? v : isObj(v) ? textOf(v, '@id') : undefined;
				if (iri !== undefined) out.set(k, iri);
			}
	return out;
};
const masterData = (ilmd: Json | undefined, names: Map<string, string>, name: string): string | null => {
	if (!isObj(ilmd)) return null;
	for (const [k, v] of ilmd) {
		const at = k.indexOf(':');
		const full = names.has(k.slice(0, at)) ? names.get(k.slice(0, at))! + k.slice(at + 1) : k;
		if (typeof v === 'string' && MDA.some((ns) => full === ns + name)) return v;
	}
	return null;
};
const readEvent = (e: Obj, context: Json | undefined): Event | null => {
	const time = timeOf(textOf(e, 'eventTime'));
	if (time === null || typeof e.get('type') !== 'string') return null;
	for (const l of EPCS) {
		const v = e.get(l);
		if (v !== undefined && !(Array.isArray(v) && v.every((s) => typeof s === 'string'))) return null;
	}
	if (e.has('parentID') && typeof e.get('parentID') !== 'string') return null;
	for (const q of QUANTITIES) if (e.has(q) && !Array.isArray(e.get(q))) return null;
	if (!/^[+-](?:(?:0\d|1[0-3]):[0-5]\d|14:00)$/.test(textOf(e, 'eventTimeZoneOffset') ?? '')) return null;
	const names = prefixes([context, e.get('@context')]);
	const parent = textOf(e, 'parentID');
	return {
		type: textOf(e, 'type')!, action: textOf(e, 'action') ?? null, bizStep: word(textOf(e, 'bizStep')), disposition: word(textOf(e, 'disposition')),
		eventID: textOf(e, 'eventID') ?? null, time, place: idOf(e.get('bizLocation')) ?? idOf(e.get('readPoint')), declares: e.has('errorDeclaration'),
		parent: parent === undefined ? null : subjectOf(parent),
		lists: Object.fromEntries(EPCS.map((l) => [l, ((e.get(l) as string[] | undefined) ?? []).map(subjectOf).filter((s) => s !== null)])) as Event['lists'],
		lot: masterData(e.get('ilmd'), names, 'lotNumber'), expiry: masterData(e.get('ilmd'), names, 'itemExpirationDate'),
	};
};
/* The events of a product payload; null for one against epcis.md. */
export const readEvents = (payload: Uint8Array): Event[] | null => {
	let doc: Json;
	try {
		doc = readJson(payload);
	} catch {
		return null;
	}
	const body = isObj(doc) && doc.get('type') === 'EPCISDocument' ? doc.get('epcisBody') : undefined;
	const list = isObj(body) ? body.get('eventList') : undefined;
	if (!isObj(doc) || !Array.isArray(list) || list.length < 1 || list.length > 1000) return null;
	if (!doc.has('@context') || timeOf(textOf(doc, 'creationDate')) === null || !/^\d+(\.\d+)*$/.test(textOf(doc, 'schemaVersion') ?? '')) return null;
	const context = doc.get('@context');
	const out: Event[] = [];
	for (const e of list) {
		const event = isObj(e) ? readEvent(e, context) : null;
		if (!event) return null;
		out.push(event);
	}
	return out;
};

type Point = [number, number];
const after = (a: Point, b: Point): boolean => a[0] > b[0] || (a[0] === b[0] && a[1] > b[1]);
const least = (a: Point, b: Point): Point => (after(a, b) ? b : a);
const most = (a: Point, b: Point): Point => (after(a, b) ? a : b);
const NEVER: Point = [Infinity, Infinity];
const ALWAYS: Point = [-1, -1];
const COMMISSIONING = ['commissioning', 'creating_class_instance'];

export interface Source {
	/* Entries of a subject in log order; told that the story rests on it. */
	products: (subject: string) => Product[];
	/* DID of the device's organisation as registered now, "" none. */
	organisation: (d: Device) => string;
}

/* 2.1, 2.2, 2.4: what the entries of one subject say of it. */
const records = (subject: string, source: Source): Step[] => {
	const out: Step[] = [];
	for (const p of source.products(subject)) {
		for (const [pos, event] of p.events.entries()) {
			if (event.parent !== subject && !EPCS.some((l) => event.lists[l].includes(subject))) continue;
			const organisation = source.organisation(p.signer);
			if (event.declares) {
				for (const r of out)
					if (r.event.eventID !== null && r.event.eventID === event.eventID && (p.signer.role === 'authority' || (organisation !== '' && organisation === r.organisation)))
						r.withdrawn = true;
				continue;
			}
			const born = event.bizStep !== null && COMMISSIONING.includes(event.bizStep);
			const commissions = event.lists.outputEPCList.includes(subject)
				|| (event.lists.epcList.includes(subject) && event.action !== 'DELETE' && (born || (event.type === 'ObjectEvent' && event.action === 'ADD')));
			out.push({ index: p.index, pos, event, statement: p.statement, signer: p.signer, organisation, commissions, withdrawn: false, via: null });
		}
	}
	return out;
};

/* 2.5: nearest mentions first, so level after level. */
export const storyOf = (item: string, source: Source): Step[] => {
	const cache = new Map<string, Step[]>();
	const of = (s: string): Step[] => {
		let r = cache.get(s);
		if (!r) cache.set(s, (r = records(s, source)));
		return r;
	};
	const steps = new Map<string, Step>();
	let level: { subject: string; from: Point; to: Point }[] = [{ subject: item, from: ALWAYS, to: NEVER }];
	for (let depth = 0; depth <= DEEP && level.length > 0; depth++) {
		const next: typeof level = [];
		for (const { subject, from, to } of level) {
			const mine = of(subject);
			for (const r of mine) {
				const at: Point = [r.index, r.pos];
				if (!after(at, from) || after(at, to) || steps.has(at.join())) continue;
				steps.set(at.join(), depth === 0 ? r : { ...r, commissions: false, via: subject });
			}
			if (depth < DEEP) next.push(...packings(subject, mine, of).map((p) => ({ subject: p.subject, from: most(p.from, from), to: least(p.to, to) })));
		}
		level = next.filter((p) => after(p.to, p.from));
	}
	return [...steps.values()].sort((a, b) => (after([a.index, a.pos], [b.index, b.pos]) ? 1 : -1));
};
const packings = (subject: string, mine: Step[], of: (s: string) => Step[]): { subject: string; from: Point; to: Point }[] => {
	const out: { subject: string; from: Point; to: Point }[] = [];
	const live = mine.filter((r) => !r.withdrawn && r.event.type === 'AggregationEvent');
	const isChild = (r: Step): boolean => r.event.parent !== subject && r.event.lists.childEPCs.includes(subject);
	for (const r of live) {
		const parent = r.event.parent;
		if (!isChild(r) || r.event.action !== 'ADD' || parent === null) continue;
		const from: Point = [r.index, r.pos];
		const ends = [...live.filter((d) => isChild(d) && d.event.action === 'DELETE' && d.event.parent === parent),
			...of(parent).filter((d) => !d.withdrawn && d.event.type === 'AggregationEvent' && d.event.action === 'DELETE' && d.event.parent === parent && d.event.lists.childEPCs.length === 0)]
			.map((d): Point => [d.index, d.pos]).filter((p) => after(p, from));
		out.push({ subject: parent, from, to: ends.reduce(least, NEVER) });
	}
	return out;
};
