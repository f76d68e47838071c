// SPDX-License-Identifier: Apache-2.0
// Statements, receipts and keys, written from docs/formats.md: deterministic
// CBOR by hand, Ed25519 and SHA-256 from node:crypto.
import { createHash, createPrivateKey, createPublicKey, randomBytes, sign, verify } from 'node:crypto';

export const sha256 = (...parts) => {
	const h = createHash('sha256');
	for (const p of parts) h.update(p);
	return h.digest();
};
export const zero32 = Buffer.alloc(32);

// ---- CBOR (RFC 8949 4.2.1) ----
const head = (major, n) => {
	n = BigInt(n);
	const m = major << 5;
	if (n < 24n) return Buffer.from([m | Number(n)]);
	if (n < 0x100n) return Buffer.from([m | 24, Number(n)]);
	if (n < 0x10000n) { const b = Buffer.alloc(3); b[0] = m | 25; b.writeUInt16BE(Number(n), 1); return b; }
	if (n < 0x100000000n) { const b = Buffer.alloc(5); b[0] = m | 26; b.writeUInt32BE(Number(n), 1); return b; }
	const b = Buffer.alloc(9); b[0] = m | 27; b.writeBigUInt64BE(n, 1); return b;
};
export const cbor = (v) => {
	if (typeof v === 'number' || typeof v === 'bigint') return v < 0 ? head(1, -1n - BigInt(v)) : head(0, v);
	if (typeof v === 'string') { const b = Buffer.from(v, 'utf8'); return Buffer.concat([head(3, b.length), b]); }
	if (Buffer.isBuffer(v)) return Buffer.concat([head(2, v.length), v]);
	if (Array.isArray(v)) return Buffer.concat([head(4, v.length), ...v.map(cbor)]);
	if (v instanceof Map) {
		const pairs = [...v].map(([k, w]) => [cbor(k), cbor(w)]).sort((a, b) => Buffer.compare(a[0], b[0]));
		return Buffer.concat([head(5, pairs.length), ...pairs.flat()]);
	}
	throw new Error('cbor: ' + typeof v);
};
export const decode = (b, at = { i: 0 }) => {
	const first = b[at.i++], major = first >> 5;
	let n = first & 31;
	if (n === 24) n = b[at.i++];
	else if (n === 25) { n = b.readUInt16BE(at.i); at.i += 2; }
	else if (n === 26) { n = b.readUInt32BE(at.i); at.i += 4; }
	else if (n === 27) { n = Number(b.readBigUInt64BE(at.i)); at.i += 8; }
	if (major === 0) return n;
	if (major === 1) return -1 - n;
	if (major === 2) { at.i += n; return b.subarray(at.i - n, at.i); }
	if (major === 3) { at.i += n; return b.toString('utf8', at.i - n, at.i); }
	if (major === 4) return Array.from({ length: n }, () => decode(b, at));
	if (major === 5) { const m = new Map(); while (n--) { const k = decode(b, at); m.set(k, decode(b, at)); } return m; }
	if (major === 6) return decode(b, at);
	throw new Error('cbor major ' + major);
};

// ---- keys ----
const alphabet = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
export const didKey = (pub) => {
	let n = BigInt('0x' + Buffer.concat([Buffer.from([0xed, 1]), pub]).toString('hex')), out = '';
	while (n > 0n) { out = alphabet[Number(n % 58n)] + out; n /= 58n; }
	return 'did:key:z' + out;
};
export const didKeyBytes = (did) => {
	let n = 0n;
	for (const c of did.slice('did:key:z'.length)) n = n * 58n + BigInt(alphabet.indexOf(c));
	const b = Buffer.from(n.toString(16).padStart(68, '0'), 'hex');
	if (b.length !== 34 || b[0] !== 0xed || b[1] !== 1) throw new Error('no Ed25519 did:key: ' + did);
	return b.subarray(2);
};
export const newKey = (seed = randomBytes(32)) => {
	const priv = createPrivateKey({ key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]), format: 'der', type: 'pkcs8' });
	const pub = createPublicKey(priv).export({ format: 'der', type: 'spki' }).subarray(-32);
	return { seed, priv, pub, sign: (m) => sign(null, m, priv) };
};
export const verifyKey = (pub, message, sig) => verify(null, message,
	createPublicKey({ key: Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), pub]), format: 'der', type: 'spki' }), sig);

// ---- statements (formats 1) ----
export const PRODUCT = 'application/ld+json';
export const REGISTRY = 'application/vnd.countermark.registry+json';
export const statement = (key, { iss, sub, epoch, seq, prev, payload, type = PRODUCT, boot = Buffer.alloc(16, 7),
	mono = 1, wall = Date.now(), clock = 1, seen = null, unprotected = new Map(), kid = null, extra = [] }) => {
	const claims = new Map([[1, iss], [2, sub ?? iss], [6, Math.floor(wall / 1000)], ['epoch', epoch], ['seq', seq],
		['prev', prev], ['boot', boot], ['mono', mono], ['wall', wall], ['clock', clock], ...(seen ? [['seen', seen]] : []), ...extra]);
	const protectedBytes = cbor(new Map([[1, -8], [3, type], [4, kid ?? key.pub], [15, claims]]));
	const body = Buffer.isBuffer(payload) ? payload : Buffer.from(JSON.stringify(payload), 'utf8');
	const sig = key.sign(cbor(['Signature1', protectedBytes, Buffer.alloc(0), body]));
	return Buffer.concat([Buffer.from([0xd2]), cbor([protectedBytes, unprotected, body, sig])]);
};

// ---- receipts (formats 3.2) ----
export const openReceipt = (bytes, receiptKey) => {
	if (bytes[0] !== 0xd2) throw new Error('receipt is not tagged COSE_Sign1');
	const [prot, unprot, payload, sig] = decode(bytes);
	const h = decode(prot);
	if (h.size !== 3 || h.get(1) !== -8 || h.get(3) !== 'application/vnd.countermark.receipt+json' || !h.get(4).equals(receiptKey))
		throw new Error('receipt header');
	if (unprot.size !== 0) throw new Error('receipt unprotected header');
	if (!verifyKey(receiptKey, cbor(['Signature1', prot, Buffer.alloc(0), payload]), sig)) throw new Error('receipt signature');
	return JSON.parse(payload.toString('utf8'));
};

let serial = 0;
export const document = (n = 1, serials = null) => ({
	'@context': 'https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld', type: 'EPCISDocument', schemaVersion: '2.0',
	creationDate: new Date().toISOString(), epcisBody: { eventList: Array.from({ length: n }, (_, i) => ({
		type: 'ObjectEvent', eventTime: new Date().toISOString(), eventTimeZoneOffset: '+00:00', action: 'ADD', bizStep: 'commissioning',
		disposition: 'active', epcList: [`https://id.gs1.org/01/09506000134352/21/${serials ? serials[i] : 'IC' + process.pid + 'X' + serial++}`] })) } });
