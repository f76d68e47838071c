// SPDX-License-Identifier: Apache-2.0
// The JSON of a proof bundle (formats 7.1, 7.2): exactly its members, exact
// integers, canonical base64.
import { isObj, readShallow, uintOf, type Json, type Obj } from './json';
import { bytes, fromBase64, ProofError } from './proof';
import type { MapStep } from './map';

export const BUNDLE_MAX = 16 << 20;
export const SUBJECTS_MAX = 4096;
const STEPS_MAX = 64;
const DEEPEST = 8;
/* A list this long may be shown in part. */
export const WHOLE_MAX = 256;
const ENTRY_MAX = 65535;
export const SUBJECT_MAX = 65535;

export interface Mention {
	index: number;
	entry: Uint8Array | null; /* else leaf */
	leaf: Uint8Array | null;
}
export interface Range {
	n: number;
	first: number;
	left: Uint8Array[];
	right: Uint8Array[];
}
export interface Subject {
	subject: string;
	present: boolean;
	entries: Mention[];
	range: Range | null;
	other: { key: Uint8Array; value: Uint8Array } | null;
	map: MapStep[];
}
export interface Question {
	code: string;
	at: number;
	country: string;
	sightings: number;
}
export interface Stated {
	code: string;
	group: string;
	severity: string;
	evidence: number[];
}
export interface Bundle {
	origin: string;
	checkpoint: string;
	genesis: { entry: Uint8Array; path: Uint8Array[] };
	epoch: { index: number; entry: Uint8Array; path: Uint8Array[] };
	subjects: Subject[];
	question: Question;
	verdict: string;
	findings: Stated[];
}

/* What failed, and where: 7.4. */
export class CheckFailed extends ProofError {
	constructor(readonly check: string, readonly where: string, readonly clause: string, detail: string) {
		super(detail);
	}
}
const form = (where: string, why: string, clause = '7.1'): never => {
	throw new CheckFailed('form', where, clause, why);
};

const object = (v: Json | undefined, names: string[], where: string): Obj => {
	const o = isObj(v) ? v : form(where, 'not an object');
	for (const name of o.keys()) if (!names.includes(name)) form(where, `unknown member ${name.slice(0, 40)}`);
	for (const name of names) if (!o.has(name)) form(where, `no member ${name}`);
	return o;
};
const text = (v: Json | undefined, where: string): string => (typeof v === 'string' ? v : form(where, 'not a string'));
const uint = (v: Json | undefined, where: string): number => uintOf(v) ?? form(where, 'not an integer from 0 to 2^53 - 1');
/* Of the bundle that is read now: base64 stands without escapes. */
let escaped = new Set<string>();
const base64 = (v: Json | undefined, where: string, length?: number): Uint8Array => {
	const s = text(v, where);
	if (escaped.has(s)) form(where, 'base64 with an escape');
	try {
		return fromBase64(s, length);
	} catch (e) {
		return form(where, (e as Error).message);
	}
};
const list = <T>(v: Json | undefined, where: string, max: number, each: (v: Json, where: string) => T): T[] => {
	const a = Array.isArray(v) ? v : form(where, 'not a list');
	if (a.length > max) form(where, `more than ${max}`);
	return a.map((e, i) => each(e, `${where}[${i}]`));
};
const hashes = (v: Json | undefined, where: string): Uint8Array[] => list(v, where, STEPS_MAX, (h, w) => base64(h, w, 32));
const entryOf = (v: Json | undefined, where: string): Uint8Array => {
	const b = base64(v, where);
	return b.length >= 1 && b.length <= ENTRY_MAX ? b : form(where, 'an entry has 1 to 65,535 bytes', '4.2');
};
const step = (v: Json, where: string): MapStep => {
	const pair = Array.isArray(v) && v.length === 2 ? v : form(where, 'not a pair', '7.2');
	const bit = uint(pair[0], where);
	if (bit > 255) form(where, 'a bit above 255', '5.3');
	return { bit, sibling: base64(pair[1], where, 32) };
};
const mention = (v: Json, where: string): Mention => {
	const bytesHere = isObj(v) && v.has('entry');
	const o = object(v, ['index', bytesHere ? 'entry' : 'leaf'], where);
	const index = uint(o.get('index'), `${where}.index`);
	return bytesHere ? { index, entry: entryOf(o.get('entry'), `${where}.entry`), leaf: null }
		: { index, entry: null, leaf: base64(o.get('leaf'), `${where}.leaf`, 32) };
};
const subject = (v: Json, where: string): Subject => {
	const present = isObj(v) ? v.get('present') : undefined;
	if (typeof present !== 'boolean') return form(where, 'present is neither true nor false', '7.2');
	const ranged = present && ['n', 'first', 'left', 'right'].some((m) => (v as Obj).has(m));
	const o = object(v, present ? ['subject', 'present', ...(ranged ? ['n', 'first', 'left', 'right'] : []), 'entries', 'map'] : ['subject', 'present', 'other', 'map'], where);
	const out: Subject = { subject: text(o.get('subject'), `${where}.subject`), present, entries: [], range: null, other: null, map: [] };
	if (out.subject === '' || bytes(out.subject).length > SUBJECT_MAX) form(`${where}.subject`, 'empty or too long');
	out.map = list(o.get('map'), `${where}.map`, 256, step);
	if (present) {
		out.entries = list(o.get('entries'), `${where}.entries`, BUNDLE_MAX, mention);
		if (out.entries.length === 0) form(`${where}.entries`, 'a present subject has an entry', '7.2');
		for (let i = 1; i < out.entries.length; i++)
			if (out.entries[i].index <= out.entries[i - 1].index) form(`${where}.entries[${i}]`, 'the entries are not in the order of the log', '7.2');
		if (ranged) {
			if ((uintOf(o.get('n')) ?? 0) <= WHOLE_MAX) form(`${where}.n`, 'a list of 256 or less stands whole', '7.2');
			out.range = {
				n: uint(o.get('n'), `${where}.n`), first: uint(o.get('first'), `${where}.first`),
				left: hashes(o.get('left'), `${where}.left`), right: hashes(o.get('right'), `${where}.right`),
			};
			if (out.range.first + out.entries.length > out.range.n) form(`${where}.first`, 'not a part of its list', '7.2');
		}
	} else if (o.get('other') !== null) {
		const other = object(o.get('other'), ['key', 'value'], `${where}.other`);
		out.other = { key: base64(other.get('key'), `${where}.other.key`, 32), value: base64(other.get('value'), `${where}.other.value`, 32) };
	}
	return out;
};
const question = (v: Json | undefined): Question => {
	const o = object(v, ['code', 'at', 'country', 'sightings'], 'question');
	const country = text(o.get('country'), 'question.country');
	if (!/^(?:[A-Z]{2})?$/.test(country)) form('question.country', 'neither empty nor two capital letters', '7.3');
	return { code: text(o.get('code'), 'question.code'), at: uint(o.get('at'), 'question.at'), country, sightings: uint(o.get('sightings'), 'question.sightings') };
};

const FINDINGS_MAX = 64;
const finding = (v: Json, where: string): Stated => {
	const o = object(v, ['code', 'group', 'severity', 'evidence'], where);
	const [code, group, severity] = ['code', 'group', 'severity'].map((n) => text(o.get(n), `${where}.${n}`));
	if (severity !== 'soft' && severity !== 'hard') form(`${where}.severity`, 'neither soft nor hard');
	return { code, group, severity, evidence: list(o.get('evidence'), `${where}.evidence`, FINDINGS_MAX, uint) };
};
const MEMBERS = ['countermark', 'origin', 'checkpoint', 'genesis', 'epoch', 'subjects', 'question', 'verdict', 'findings'];

export const readBundle = (b: Uint8Array): Bundle => {
	if (b.length > BUNDLE_MAX) form('', 'the bundle is too large');
	let json: Json;
	try {
		({ json, escaped } = readShallow(b, DEEPEST));
	} catch (e) {
		return form('', (e as Error).message);
	}
	const o = object(json, MEMBERS, '');
	if (o.get('countermark') !== 'bundle/v1') form('countermark', 'not bundle/v1');
	const genesis = object(o.get('genesis'), ['entry', 'path'], 'genesis');
	const epoch = object(o.get('epoch'), ['index', 'entry', 'path'], 'epoch');
	const out: Bundle = {
		origin: text(o.get('origin'), 'origin'),
		checkpoint: text(o.get('checkpoint'), 'checkpoint'),
		genesis: { entry: entryOf(genesis.get('entry'), 'genesis.entry'), path: hashes(genesis.get('path'), 'genesis.path') },
		epoch: {
			index: uint(epoch.get('index'), 'epoch.index'), entry: entryOf(epoch.get('entry'), 'epoch.entry'),
			path: hashes(epoch.get('path'), 'epoch.path'),
		},
		subjects: list(o.get('subjects'), 'subjects', SUBJECTS_MAX, subject),
		question: question(o.get('question')),
		verdict: text(o.get('verdict'), 'verdict'),
		findings: list(o.get('findings'), 'findings', FINDINGS_MAX, finding),
	};
	if (!/^[a-z_]{1,31}$/.test(out.verdict)) form('verdict', 'no verdict code', '7.3');
	const names = new Set(out.subjects.map((s) => s.subject));
	if (names.size !== out.subjects.length) form('subjects', 'a subject twice');
	return out;
};
