// SPDX-License-Identifier: Apache-2.0
// What the browser proves, written from docs/formats.md (4.1, 6.1, 6.4) and the
// C2SP texts signed-note, tlog-checkpoint, tlog-proof; RFC 6962 and RFC 9162.
// Every function throws ProofError and never returns a doubtful result.
import { ed25519 } from '@noble/curves/ed25519';
import { sha256 } from '@noble/hashes/sha2';

export class ProofError extends Error {}
const fail = (why: string): never => {
	throw new ProofError(why);
};

const text = new TextEncoder();
export const bytes = (s: string): Uint8Array => text.encode(s);

export const concat = (...parts: Uint8Array[]): Uint8Array => {
	const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
	let at = 0;
	for (const p of parts) {
		out.set(p, at);
		at += p.length;
	}
	return out;
};

export const equal = (a: Uint8Array, b: Uint8Array): boolean =>
	a.length === b.length && a.every((v, i) => v === b[i]);

/* Strict: padding, no blanks, no bits behind the end. */
export const fromBase64 = (s: string, length?: number): Uint8Array => {
	if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(s)) fail('not base64');
	const out = Uint8Array.from(atob(s), (c) => c.charCodeAt(0));
	if (toBase64(out) !== s) fail('not canonical base64');
	if (length !== undefined && out.length !== length) fail(`wanted ${length} bytes, got ${out.length}`);
	return out;
};
export const toBase64 = (b: Uint8Array): string => {
	let s = '';
	for (const v of b) s += String.fromCharCode(v);
	return btoa(s);
};

const subtle = globalThis.crypto?.subtle;
/* WebCrypto exists in secure contexts only; the bundled code is the other way. */
export let engine = 'bundled code';

export const hash = async (...parts: Uint8Array[]): Promise<Uint8Array> => {
	const all = concat(...parts);
	if (!subtle) return sha256(all);
	return new Uint8Array(await subtle.digest('SHA-256', all as BufferSource));
};

export const verifyEd25519 = async (key: Uint8Array, message: Uint8Array, sig: Uint8Array): Promise<boolean> => {
	if (key.length !== 32 || sig.length !== 64) return false;
	if (subtle) {
		try {
			const k = await subtle.importKey('raw', key as BufferSource, 'Ed25519', false, ['verify']);
			const ok = await subtle.verify('Ed25519', k, sig as BufferSource, message as BufferSource);
			engine = 'WebCrypto';
			return ok;
		} catch {
			/* This browser has no Ed25519. */
		}
	}
	try {
		return ed25519.verify(sig, message, key, { zip215: false });
	} catch {
		return false;
	}
};

const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
/* formats 2.1: multibase base58btc of ED 01 and the key. */
export const didKey = (did: string): Uint8Array => {
	const m = /^did:key:z([1-9A-HJ-NP-Za-km-z]{46,48})$/.exec(did);
	let n = 0n;
	for (const c of m ? m[1] : fail('no did:key of Ed25519')) n = n * 58n + BigInt(ALPHABET.indexOf(c));
	const hex = n.toString(16).padStart(68, '0');
	if (hex.length !== 68 || !hex.startsWith('ed01')) fail('no did:key of Ed25519');
	return Uint8Array.from(hex.slice(4).match(/../g)!, (h) => parseInt(h, 16));
};

export const toDidKey = (key: Uint8Array): string => {
	let n = 0xed01n;
	for (const v of key) n = n * 256n + BigInt(v);
	let out = '';
	for (; n > 0n; n /= 58n) out = ALPHABET[Number(n % 58n)] + out;
	return `did:key:z${out}`;
};

export interface LogKey {
	name: string;
	id: Uint8Array;
	key: Uint8Array;
}
/* C2SP signed-note, verifier key: name+hash+base64(type key). */
export const parseVkey = async (vkey: string): Promise<LogKey> => {
	const m = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(vkey) ?? fail('the log key is no vkey');
	const blob = fromBase64(m[3], 33);
	if (blob[0] !== 1) fail('the log key is not Ed25519');
	const id = (await hash(bytes(m[1] + '\n'), blob)).slice(0, 4);
	if ([...id].map((v) => v.toString(16).padStart(2, '0')).join('') !== m[2]) fail('the id of the log key is wrong');
	return { name: m[1], id, key: blob.slice(1) };
};

export interface Checkpoint {
	origin: string;
	size: number;
	root: Uint8Array;
}
const decimal = (s: string): number => {
	const n = /^(?:0|[1-9][0-9]{0,15})$/.test(s) ? Number(s) : NaN;
	return Number.isSafeInteger(n) ? n : fail('not a decimal number: ' + s.slice(0, 20));
};

/* formats 6.1: body of three lines, blank line, signatures; ours must be right. */
export const openCheckpoint = async (note: string, log: LogKey): Promise<Checkpoint> => {
	const at = note.lastIndexOf('\n\n');
	if (at < 0 || !note.endsWith('\n')) fail('the checkpoint is no signed note');
	const body = note.slice(0, at + 1);
	const lines = body.split('\n');
	if (lines.length !== 4 || lines[3] !== '') fail('the checkpoint is not of three lines');
	if (lines[0] !== log.name) fail(`the checkpoint is of another log: ${lines[0].slice(0, 80)}`);
	const c = { origin: lines[0], size: decimal(lines[1]), root: fromBase64(lines[2], 32) };
	const sigs = note.slice(at + 2).split('\n').slice(0, -1);
	if (sigs.length === 0 || sigs.length > 16) fail('the checkpoint has no signature or too many');
	let good = 0;
	for (const line of sigs) {
		const m = /^\u2014 ([^\s+]+) ([A-Za-z0-9+/=]+)$/.exec(line) ?? fail('a line of the checkpoint is no signature');
		const blob = fromBase64(m[2]);
		if (m[1] !== log.name || !equal(blob.slice(0, 4), log.id)) continue;
		if (!(await verifyEd25519(log.key, bytes(body), blob.slice(4)))) fail("the checkpoint's signature is wrong");
		good++;
	}
	if (good !== 1) fail('the checkpoint is not signed once by the log key');
	return c;
};

export const leafHash = (entry: Uint8Array): Promise<Uint8Array> => hash(Uint8Array.of(0), entry);
const node = (l: Uint8Array, r: Uint8Array): Promise<Uint8Array> => hash(Uint8Array.of(1), l, r);
/* Sizes go up to 2^53: no 32-bit operators. */
const half = (n: number): number => Math.floor(n / 2);
const odd = (n: number): boolean => n % 2 === 1;

/* RFC 9162 2.1.3.2. */
export const checkInclusion = async (
	index: number, size: number, leaf: Uint8Array, path: Uint8Array[], root: Uint8Array,
): Promise<void> => {
	if (index >= size) fail(`entry ${index} is not below the size ${size}`);
	let fn = index;
	let sn = size - 1;
	let r = leaf;
	for (const p of path) {
		if (sn === 0) fail('the path is too long');
		if (odd(fn) || fn === sn) {
			r = await node(p, r);
			while (!odd(fn) && fn !== 0) {
				fn = half(fn);
				sn = half(sn);
			}
		} else {
			r = await node(r, p);
		}
		fn = half(fn);
		sn = half(sn);
	}
	if (sn !== 0) fail('the path is too short');
	if (!equal(r, root)) fail("the path does not lead to the checkpoint's root");
};

/* RFC 9162 2.1.4.2: the tree of size m is the beginning of the tree of size n. */
export const checkConsistency = async (
	m: number, n: number, first: Uint8Array, second: Uint8Array, path: Uint8Array[],
): Promise<void> => {
	if (m < 1 || m > n) fail('the log became smaller');
	if (m === n) {
		if (path.length !== 0 || !equal(first, second)) fail('two roots at the same size');
		return;
	}
	const steps = [...path];
	let fn = m - 1;
	let sn = n - 1;
	while (odd(fn)) {
		fn = half(fn);
		sn = half(sn);
	}
	if (fn === 0) steps.unshift(first);
	let fr = steps.shift() ?? fail('the consistency path is empty');
	let sr = fr;
	for (const c of steps) {
		if (sn === 0) fail('the consistency path is too long');
		if (odd(fn) || fn === sn) {
			fr = await node(c, fr);
			sr = await node(c, sr);
			while (!odd(fn) && fn !== 0) {
				fn = half(fn);
				sn = half(sn);
			}
		} else {
			sr = await node(sr, c);
		}
		fn = half(fn);
		sn = half(sn);
	}
	if (sn !== 0) fail('the consistency path is too short');
	if (!equal(fr, first) || !equal(sr, second)) fail('the log was rewritten between two checkpoints');
};

export interface Proof {
	index: number;
	path: Uint8Array[];
	checkpoint: Checkpoint;
}
/* formats 6.4; the checkpoint inside is checked under the log's key. */
export const openProof = async (proof: string, index: number, log: LogKey): Promise<Proof> => {
	const at = proof.indexOf('\n\n');
	if (at < 0) fail('the proof has no checkpoint');
	const lines = proof.slice(0, at).split('\n');
	if (lines[0] !== 'c2sp.org/tlog-proof@v1') fail('not a tlog-proof');
	if (lines[1] !== `index ${index}`) fail(`the proof is not of entry ${index}`);
	if (lines.length > 65) fail('the proof is too long');
	const path = lines.slice(2).map((l) => fromBase64(l, 32));
	return { index, path, checkpoint: await openCheckpoint(proof.slice(at + 2), log) };
};

/* tlog-tiles: 1234567 is x001/x234/567. */
export const tilePath = (n: number): string => {
	let out = String(n % 1000).padStart(3, '0');
	for (n = Math.floor(n / 1000); n > 0; n = Math.floor(n / 1000)) out = `x${String(n % 1000).padStart(3, '0')}/${out}`;
	return out;
};
/* The tile of level 0, or of entries, that holds an index of a tree of that size. */
export const tileOf = (index: number, size: number): string => {
	const n = Math.floor(index / 256);
	const width = Math.min(256, size - n * 256);
	return tilePath(n) + (width === 256 ? '' : `.p/${width}`);
};
/* Entry bundles: u16be length and bytes, one after the other. */
export const entryOf = (bundle: Uint8Array, place: number): Uint8Array => {
	let at = 0;
	for (let i = 0; ; i++) {
		if (at + 2 > bundle.length) fail('the bundle ends too early');
		const n = bundle[at] * 256 + bundle[at + 1];
		if (at + 2 + n > bundle.length) fail('the bundle ends too early');
		if (i === place) return bundle.slice(at + 2, at + 2 + n);
		at += 2 + n;
	}
};

/* interface.md: over `countermark/answer/v1` LF request-target LF body. */
export const checkAnswer = async (header: string | null, target: string, body: Uint8Array, key: string): Promise<void> => {
	const m = /^keyid="([^"]+)", sig="([^"]+)"$/.exec(header ?? '') ?? fail('the answer is not signed');
	if (m[1] !== key) fail('the answer is signed by another key');
	const message = concat(bytes(`countermark/answer/v1\n${target}\n`), body);
	if (!(await verifyEd25519(didKey(m[1]), message, fromBase64(m[2], 64)))) fail("the answer's signature is wrong");
};

export interface Genesis {
	origin: string;
	authority: string[];
	service: string;
	policy: Uint8Array;
}
/* ignoreBOM keeps a BOM in the text, where nothing accepts it. */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
export const decodeText = (b: Uint8Array, what: string): string => {
	try {
		return utf8.decode(b);
	} catch {
		return fail(`${what} is not UTF-8`);
	}
};
/* formats 4.3. */
export const parseGenesis = (entry: Uint8Array): Genesis => {
	const lines = decodeText(entry, 'the genesis').split('\n');
	if (lines.pop() !== '' || lines[0] !== 'countermark/genesis/v1' || lines.length < 7) fail('no genesis text');
	const value = (line: string, name: string): string =>
		line.startsWith(name + ' ') ? line.slice(name.length + 1) : fail(`the genesis has no ${name} where it belongs`);
	const end = lines.length - 4;
	if (lines[end + 2] !== 'map 1') fail('another map function');
	for (const did of [...lines.slice(2, end).map((l) => value(l, 'authority')), value(lines[end], 'receipt'), value(lines[end + 1], 'service')]) didKey(did);
	return {
		origin: lines[1],
		authority: lines.slice(2, end).map((l) => value(l, 'authority')),
		service: value(lines[end + 1], 'service'),
		policy: fromBase64(value(lines[end + 3], 'policy'), 32),
	};
};
/* The policy is the one of the genesis and names the key. */
export const checkPolicy = async (policy: Uint8Array, genesis: Genesis, vkey: string): Promise<void> => {
	if (!equal(await hash(policy), genesis.policy)) fail("the policy is not the genesis entry's");
	const lines = new TextDecoder().decode(policy).split('\n').map((l) => l.split(/[ \t]+/));
	if (!lines.some((w) => w[0] === 'log' && w[1] === vkey)) fail('the policy does not name the log key');
};
