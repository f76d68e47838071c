// SPDX-License-Identifier: Apache-2.0
// The statement of formats 1.1 to 1.4: COSE_Sign1 in the one encoding that RFC
// 8949 4.2.1 leaves. Label order, length forms and ends are checked as bytes.
import { sha256 } from '@noble/hashes/sha2';

import { bytes, concat, decodeText, equal, ProofError, verifyEd25519 } from './proof';

export const STATEMENT_MAX = 60000;
export const PRODUCT = 'application/ld+json';
export const REGISTRY = 'application/vnd.countermark.registry+json';

const fail = (why: string): never => {
	throw new ProofError(`statement: ${why}`);
};

class Cbor {
	at = 0;
	constructor(private readonly b: Uint8Array) {}
	private head(): [number, bigint] {
		if (this.at >= this.b.length) fail('ends too early');
		const first = this.b[this.at++];
		const info = first & 31;
		if (info < 24) return [first >> 5, BigInt(info)];
		if (info > 27) fail('an indefinite or reserved length');
		const n = 1 << (info - 24);
		if (this.at + n > this.b.length) fail('ends too early');
		let v = 0n;
		for (let i = 0; i < n; i++) v = v * 256n + BigInt(this.b[this.at++]);
		if (v < (n === 1 ? 24n : 1n << BigInt(n * 4))) fail('a number in a long form');
		return [first >> 5, v];
	}
	private want(major: number, what: string): bigint {
		const [m, v] = this.head();
		return m === major ? v : fail(`${what} is of another type`);
	}
	uint(what: string): bigint {
		return this.want(0, what);
	}
	raw(what: string, major = 2): Uint8Array {
		const n = this.want(major, what);
		if (n > BigInt(this.b.length - this.at)) fail(`${what} is longer than the rest`);
		this.at += Number(n);
		return this.b.subarray(this.at - Number(n), this.at);
	}
	fixed(what: string, length: number): Uint8Array {
		const r = this.raw(what);
		return r.length === length ? r : fail(`${what} is not of ${length} bytes`);
	}
	text(what: string): string {
		return decodeText(this.raw(what, 3), what);
	}
	exact(want: number[], what: string): void {
		for (const v of want) if (this.b[this.at++] !== v) fail(`${what} is not as it must be`);
	}
	key(name: string): void {
		if (this.text('a claim') !== name) fail(`the claim ${name} is not where it belongs`);
	}
	count(major: number, what: string): bigint {
		return this.want(major, what);
	}
	end(): void {
		if (this.at !== this.b.length) fail('bytes behind the end');
	}
}

export interface Claims {
	iss: string;
	sub: string;
	epoch: bigint;
	seq: bigint;
	prev: Uint8Array;
	wall: bigint;
	clock: number;
	seen: { index: bigint; leaf: Uint8Array } | null;
}
export interface Statement {
	content: typeof PRODUCT | typeof REGISTRY;
	kid: Uint8Array;
	claims: Claims;
	header: Uint8Array;
	payload: Uint8Array;
	signature: Uint8Array;
}

/* Bytewise order of the encoded keys: 1 2 6 seq boot mono prev seen wall clock epoch. */
const readClaims = (c: Cbor): Claims => {
	const n = c.count(5, 'the claims');
	if (n !== 10n && n !== 11n) fail('not exactly the claims');
	c.exact([1], 'the label iss');
	const iss = c.text('iss');
	c.exact([2], 'the label sub');
	const sub = c.text('sub');
	c.exact([6], 'the label iat');
	const iat = c.uint('iat');
	c.key('seq');
	const seq = c.uint('seq');
	c.key('boot');
	c.fixed('boot', 16);
	c.key('mono');
	c.uint('mono');
	c.key('prev');
	const prev = c.fixed('prev', 32);
	let seen: Claims['seen'] = null;
	if (n === 11n) {
		c.key('seen');
		if (c.count(4, 'seen') !== 2n) fail('seen is no pair');
		seen = { index: c.uint('seen'), leaf: c.fixed('seen', 32) };
	}
	c.key('wall');
	const wall = c.uint('wall');
	c.key('clock');
	const clock = c.uint('clock');
	c.key('epoch');
	const epoch = c.uint('epoch');
	if (seq < 1n || epoch < 1n || clock > 3n) fail('a claim out of its range');
	if (iat !== wall / 1000n || (clock === 0n && wall !== 0n)) fail('iat, wall and clock do not fit');
	if (bytes(iss).length > 400 || bytes(sub).length > 2048) fail('iss or sub is too long');
	return { iss, sub, epoch, seq, prev, wall, clock: Number(clock), seen };
};

export const parseStatement = (b: Uint8Array): Statement => {
	if (b.length > STATEMENT_MAX) fail('too large');
	const m = new Cbor(b);
	m.exact([0xd2, 0x84], 'the tag or the array of four');
	const header = m.raw('the protected header');
	m.exact([0xa0], 'the unprotected header');
	const payload = m.raw('the payload');
	const signature = m.fixed('the signature', 64);
	m.end();
	const h = new Cbor(header);
	h.exact([0xa4, 1, 0x27, 3], 'the header: four labels, EdDSA first');
	const content = h.text('the content type');
	h.exact([4], 'the label kid');
	const kid = h.fixed('kid', 32);
	h.exact([15], 'the label of the claims');
	const claims = readClaims(h);
	h.end();
	if (content !== PRODUCT && content !== REGISTRY) return fail('another content type');
	return { content, kid, claims, header, payload, signature };
};

const bstr = (b: Uint8Array): Uint8Array => {
	const n = b.length;
	const head = n < 24 ? [0x40 + n] : n < 256 ? [0x58, n] : n < 65536 ? [0x59, n >> 8, n & 255]
		: [0x5a, n >>> 24, (n >> 16) & 255, (n >> 8) & 255, n & 255];
	return concat(Uint8Array.from(head), b);
};
const CONTEXT = concat(Uint8Array.of(0x84, 0x6a), bytes('Signature1'));
/* RFC 9052 4.4, over the protected bytes as received. */
export const checkStatement = async (s: Statement): Promise<void> => {
	const message = concat(CONTEXT, bstr(s.header), Uint8Array.of(0x40), bstr(s.payload));
	if (!(await verifyEd25519(s.kid, message, s.signature))) fail('the signature is wrong');
};

const FORK = bytes('countermark/fork/v1\n');
/* formats 4.2: a statement, or the evidence of a fork around one. */
export const statementOf = (entry: Uint8Array): { statement: Statement; fork: boolean } => {
	const fork = equal(entry.subarray(0, FORK.length), FORK);
	return { statement: parseStatement(fork ? entry.subarray(FORK.length) : entry), fork };
};
/* formats 1.8, for a statement as it stands in the log. */
export const statementHash = (b: Uint8Array): Uint8Array => sha256(b);
