// SPDX-License-Identifier: Apache-2.0
// C2SP tlog-policy, and a checkpoint under one: signed-note, tlog-checkpoint,
// tlog-cosignature (formats 6.1, 6.2). A policy is read as octets: Latin-1
// keeps each as one character.
import { bytes, concat, equal, fromBase64, hash, ProofError, verifyEd25519, type Checkpoint } from './proof';

const POLICY_MAX = 65536;
const NOTE_MAX = 65536;
const LOGS_MAX = 8;
const WITNESSES_MAX = 64;
const GROUPS_MAX = 32;
export const SIGNATURES_MAX = 16;

const fail = (why: string): never => {
	throw new ProofError(why);
};

interface Key {
	name: string;
	id: Uint8Array;
	key: Uint8Array;
}
interface Rule {
	need: number;
	of: (number | Rule)[]; /* number: of a witness */
}
export interface Policy {
	logs: Key[];
	witnesses: Key[];
	quorum: Rule;
}

const latin = (s: string): Uint8Array => Uint8Array.from(s, (c) => c.charCodeAt(0));
const utf8 = (s: string): string => {
	try {
		return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(latin(s));
	} catch {
		return fail('policy: a key name is not UTF-8');
	}
};
/* C2SP signed-note: not empty, no Unicode space, no plus. */
const isKeyName = (s: string): boolean => /^[^\s\p{White_Space}\p{Cc}+]+$/u.test(s);

const readKey = async (vkey: string, type: number): Promise<Key> => {
	const m = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(vkey) ?? fail('policy: no vkey');
	const name = utf8(m[1]);
	if (!isKeyName(name)) fail('policy: no key name');
	const blob = fromBase64(m[3], 33);
	if (blob[0] !== type) fail(`policy: a key of type ${blob[0]} where ${type} is wanted`);
	const id = (await hash(bytes(name + '\n'), blob)).slice(0, 4);
	if ([...id].map((v) => v.toString(16).padStart(2, '0')).join('') !== m[2]) fail('policy: the id of a key is wrong');
	return { name, id, key: blob.slice(1) };
};
const addKey = async (list: Key[], max: number, vkey: string, type: number): Promise<number> => {
	const k = await readKey(vkey, type);
	if (list.some((o) => equal(o.key, k.key))) fail('policy: one key twice');
	if (list.push(k) > max) fail('policy: too many keys');
	return list.length - 1;
};

export const parsePolicy = async (text: string | Uint8Array): Promise<Policy> => {
	const b = typeof text === 'string' ? bytes(text) : text;
	if (b.length > POLICY_MAX) fail('policy: too large');
	let octets = '';
	for (const v of b) octets += String.fromCharCode(v);
	if (/[^\t\n\x20-\x7e\x80-\xff]/.test(octets)) fail('policy: a control character');
	if (!octets.endsWith('\n')) fail('policy: the last line does not end');
	const logs: Key[] = [];
	const witnesses: Key[] = [];
	const names = new Map<string, number | Rule>();
	const used = new Set<string>();
	let groups = 0;
	let quorum: Rule | null = null;
	const define = (name: string, what: number | Rule): void => {
		if (name === 'none' || names.has(name)) fail('policy: a name is taken');
		names.set(name, what);
	};
	for (const line of octets.split('\n')) {
		const w = line.split(/[ \t]+/).filter((p) => p !== '');
		if (w.length === 0 || w[0].startsWith('#')) continue;
		if (w[0] === 'log' && (w.length === 2 || w.length === 3)) {
			await addKey(logs, LOGS_MAX, w[1], 1);
		} else if (w[0] === 'witness' && (w.length === 3 || w.length === 4)) {
			define(w[1], await addKey(witnesses, WITNESSES_MAX, w[2], 4));
		} else if (w[0] === 'group' && w.length >= 4) {
			const of = w.slice(3).map((m) => {
				if (used.has(m)) fail('policy: a member stands twice');
				used.add(m);
				return names.get(m) ?? fail('policy: an unknown member');
			});
			const need = w[2] === 'all' ? of.length : w[2] === 'any' ? 1 : /^[1-9][0-9]{0,3}$/.test(w[2]) ? Number(w[2]) : 0;
			if (need < 1 || need > of.length) fail('policy: a wrong threshold');
			if (++groups > GROUPS_MAX) fail('policy: too many groups');
			define(w[1], { need, of });
		} else if (w[0] === 'quorum' && w.length === 2) {
			if (quorum) fail('policy: two quorum lines');
			if (w[1] === 'none') quorum = { need: 0, of: [] };
			else quorum = { need: 1, of: [names.get(w[1]) ?? fail('policy: an unknown quorum')] };
		} else {
			fail('policy: a line that is none of it');
		}
	}
	return { logs, witnesses, quorum: quorum ?? fail('policy: no quorum line') };
};

export const holds = (rule: Rule, got: boolean[]): boolean =>
	rule.of.filter((m) => (typeof m === 'number' ? got[m] : holds(m, got))).length >= rule.need;

export interface Opened {
	checkpoint: Checkpoint;
	got: boolean[];
	quorum: boolean;
	mapWitnessed: boolean;
}
const u64At = (b: Uint8Array): bigint => new DataView(b.buffer, b.byteOffset, 8).getBigUint64(0);

interface Line {
	name: string;
	id: Uint8Array;
	sig: Uint8Array;
}
const readLine = (line: string): Line => {
	const m = /^\u2014 ([^ ]+) ([A-Za-z0-9+/=]+)$/.exec(line) ?? fail('a line of the note is no signature');
	if (!isKeyName(m[1])) fail('a signature with no key name');
	const blob = fromBase64(m[2]);
	if (blob.length < 5) fail('a signature that is too short');
	return { name: m[1], id: blob.slice(0, 4), sig: blob.slice(4) };
};
const readBody = (body: string): Checkpoint => {
	const lines = body.split('\n');
	if (lines.length !== 4 || lines[3] !== '') fail('the checkpoint is not of three lines');
	const size = /^(?:0|[1-9][0-9]{0,15})$/.test(lines[1]) ? Number(lines[1]) : NaN;
	if (!Number.isSafeInteger(size)) fail('the size of the checkpoint is no number');
	return { origin: lines[0], size, root: fromBase64(lines[2], 32) };
};
const by = (lines: Line[], k: Key): Line | null => {
	const mine = lines.filter((l) => l.name === k.name && equal(l.id, k.id));
	if (mine.length > 1) fail(`two signatures by ${k.name}`);
	return mine[0] ?? null;
};

/* Check 1 of formats 7.4; a wrong signature by a known key refuses the note. */
export const openNote = async (note: string, policy: Policy): Promise<Opened> => {
	if (bytes(note).length > NOTE_MAX) fail('the note is too large');
	/* eslint-disable-next-line no-control-regex */
	if (/[\x00-\x09\x0b-\x1f]/.test(note)) fail('a control character in the note');
	const at = note.lastIndexOf('\n\n');
	if (at < 0 || !note.endsWith('\n')) fail('the checkpoint is no signed note');
	const body = note.slice(0, at + 1);
	const lines = note.slice(at + 2).split('\n').slice(0, -1).map(readLine);
	if (lines.length === 0 || lines.length > SIGNATURES_MAX) fail('no signature, or too many');
	const checkpoint = readBody(body);
	const message = bytes(body);
	let signed = 0;
	for (const k of policy.logs.filter((l) => l.name === checkpoint.origin)) {
		const l = by(lines, k);
		if (!l) continue;
		if (!(await verifyEd25519(k.key, message, l.sig))) fail("the log's signature is wrong");
		signed++;
	}
	if (signed === 0) fail('no signature by a log of the policy');
	const got: boolean[] = [];
	for (const k of policy.witnesses) {
		const l = by(lines, k);
		got.push(l !== null);
		if (!l) continue;
		const time = l.sig.length === 72 ? u64At(l.sig) : fail('a cosignature of another length');
		if (time >= 1n << 63n) fail('a cosignature of a time that cannot be');
		const text = concat(bytes(`cosignature/v1\ntime ${time}\n`), message);
		if (!(await verifyEd25519(k.key, text, l.sig.slice(8)))) fail(`the cosignature by ${k.name} is wrong`);
	}
	const mapWitnessed = policy.witnesses.some((k, i) => got[i] && k.name.endsWith('/map'));
	return { checkpoint, got, quorum: holds(policy.quorum, got), mapWitnessed };
};
