// SPDX-License-Identifier: Apache-2.0
// Makes small logs and proof bundles for the tests, with node:crypto and the
// recursive forms of the formats; shares nothing with src.
import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto';

export const sha = (...parts) => createHash('sha256').update(Buffer.concat(parts)).digest();
export const b64 = (b) => Buffer.from(b).toString('base64');
const tag = (n) => Buffer.of(n);
const u64 = (n) => { const b = Buffer.alloc(8); b.writeBigUInt64BE(BigInt(n)); return b; };

/* ---- keys ---- */
export const keyOf = (word) => {
	const seed = sha(Buffer.from(word));
	const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
	const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
	const pub = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-32);
	return { pub, sign: (m) => sign(null, Buffer.from(m), privateKey), did: didKey(pub) };
};
const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
function didKey(pub) {
	let n = BigInt(`0xed01${pub.toString('hex')}`);
	let s = '';
	for (; n > 0n; n /= 58n) s = ALPHABET[Number(n % 58n)] + s;
	return `did:key:z${s}`;
}
export const vkey = (name, pub, type) => {
	const blob = Buffer.concat([Buffer.of(type), pub]);
	const id = sha(Buffer.from(`${name}\n`), blob).subarray(0, 4);
	return { id, text: `${name}+${id.toString('hex')}+${b64(blob)}` };
};

/* ---- CBOR, COSE ---- */
const head = (major, n) => {
	const m = major << 5;
	if (n < 24n) return Buffer.of(m | Number(n));
	for (const [info, size] of [[24, 1], [25, 2], [26, 4]])
		if (n < 1n << BigInt(8 * size)) { const b = Buffer.alloc(1 + size); b[0] = m | info; b.writeUIntBE(Number(n), 1, size); return b; }
	return Buffer.concat([Buffer.of(m | 27), u64(n)]);
};
export const cbor = (v) => {
	if (Buffer.isBuffer(v)) return Buffer.concat([head(2, BigInt(v.length)), v]);
	if (typeof v === 'string') return Buffer.concat([head(3, BigInt(Buffer.byteLength(v))), Buffer.from(v)]);
	if (Array.isArray(v)) return Buffer.concat([head(4, BigInt(v.length)), ...v.map(cbor)]);
	if (v instanceof Map) {
		const pairs = [...v].map(([k, w]) => [cbor(k), cbor(w)]).sort((a, b) => Buffer.compare(a[0], b[0]));
		return Buffer.concat([head(5, BigInt(v.size)), ...pairs.flat()]);
	}
	return v < 0 ? head(1, BigInt(-1 - Number(v))) : head(0, BigInt(v));
};
export const PRODUCT = 'application/ld+json';
export const REGISTRY = 'application/vnd.countermark.registry+json';
export const statement = ({ key, iss, sub, epoch = 1, seq, prev, wall = 0, clock = 0, content, payload, seen }) => {
	const claims = new Map([[1, iss], [2, sub ?? iss], [6, Math.floor(wall / 1000)], ['epoch', epoch], ['seq', seq],
		['prev', prev], ['boot', Buffer.alloc(16, 7)], ['mono', 1000 + seq], ['wall', wall], ['clock', clock]]);
	if (seen) claims.set('seen', seen);
	const header = cbor(new Map([[1, -8], [3, content], [4, key.pub], [15, claims]]));
	const body = Buffer.from(payload);
	const signature = key.sign(cbor(['Signature1', header, Buffer.alloc(0), body]));
	return Buffer.concat([Buffer.of(0xd2), cbor([header, new Map(), body, signature])]);
};

/* ---- trees ---- */
const split = (n) => { let k = 1; while (k * 2 < n) k *= 2; return k; };
const node = (l, r) => sha(tag(1), l, r);
export const rootOf = (leaves) => {
	if (leaves.length === 0) return sha(Buffer.alloc(0));
	if (leaves.length === 1) return leaves[0];
	const k = split(leaves.length);
	return node(rootOf(leaves.slice(0, k)), rootOf(leaves.slice(k)));
};
export const pathOf = (m, leaves) => {
	if (leaves.length === 1) return [];
	const k = split(leaves.length);
	return m < k ? [...pathOf(m, leaves.slice(0, k)), rootOf(leaves.slice(k))] : [...pathOf(m - k, leaves.slice(k)), rootOf(leaves.slice(0, k))];
};
/* The subtrees outside items[first, first + count). */
export const sides = (leaves, first, count) => {
	const left = [], right = [];
	const walk = (from, part) => {
		if (from + part.length <= first) left.push(rootOf(part));
		else if (from >= first + count) right.push(rootOf(part));
		else if (part.length > 1) { const k = split(part.length); walk(from, part.slice(0, k)); walk(from + k, part.slice(k)); }
	};
	walk(0, leaves);
	return { left, right };
};
export const leafOf = (entry) => sha(tag(0), entry);

/* ---- the map ---- */
export const mapKey = (s) => sha(Buffer.from('countermark/key/v1\0'), Buffer.from(s));
export const listLeaf = (index, leaf) => sha(tag(0), u64(index), leaf);
export const mapValue = (leaves) => sha(tag(4), u64(leaves.length), rootOf(leaves));
const bit = (k, b) => (k[b >> 3] >> (7 - (b & 7))) & 1;
const common = (a, b) => { let i = 0; while (i < 256 && bit(a, i) === bit(b, i)) i++; return i; };
const mapNode = (pairs) => {
	if (pairs.length === 1) return { hash: sha(tag(2), pairs[0].key, pairs[0].value), pairs };
	const b = common(pairs[0].key, pairs[pairs.length - 1].key);
	const at = pairs.findIndex((p) => bit(p.key, b) === 1);
	const l = mapNode(pairs.slice(0, at)), r = mapNode(pairs.slice(at));
	return { b, l, r, hash: sha(tag(3), tag(b), l.hash, r.hash), pairs };
};
export class MerkleMap {
	constructor(values) {
		const pairs = [...values].map(([s, value]) => ({ key: mapKey(s), value })).sort((a, b) => Buffer.compare(a.key, b.key));
		this.keys = pairs.length;
		this.top = pairs.length ? mapNode(pairs) : null;
		this.root = this.top ? this.top.hash : sha(tag(2));
	}
	prove(s) {
		const key = mapKey(s), path = [];
		let n = this.top;
		if (!n) return { present: false, other: null, path };
		while (n.b !== undefined) {
			const one = bit(key, n.b);
			path.unshift([n.b, one ? n.l.hash : n.r.hash]);
			n = one ? n.r : n.l;
		}
		const leaf = n.pairs[0];
		return { present: leaf.key.equals(key), other: leaf, path };
	}
}

/* ---- a log ---- */
export const HOST = 'ledger.example';
export const ORIGIN = `${HOST}/main`;
export const did = (name, kind = 'device') => `did:web:${HOST}:${kind}:${name}`;
const policyKeys = { log: keyOf('log'), one: keyOf('witness one'), two: keyOf('witness two') };
export const names = { one: 'witness.example/one', two: 'witness.example/two/map' };
export const policyText = `log ${vkey(ORIGIN, policyKeys.log.pub, 1).text}\nwitness one ${vkey(names.one, policyKeys.one.pub, 4).text}\n`
	+ `witness two ${vkey(names.two, policyKeys.two.pub, 4).text}\ngroup both all one two\nquorum both\n`;

export class Log {
	constructor() {
		this.keys = { authority: keyOf('authority'), service: keyOf('service'), receipt: keyOf('receipt') };
		this.entries = [];
		this.touched = new Map();
		this.heads = new Map();
		this.time = 1_760_000_000_000;
		this.lastEpoch = 0;
		this.chain = sha(tag(0x10), Buffer.from(ORIGIN));
		this.add(Buffer.from(`countermark/genesis/v1\n${ORIGIN}\nauthority ${this.keys.authority.did}\nreceipt ${this.keys.receipt.did}\n`
			+ `service ${this.keys.service.did}\nmap 1\npolicy ${b64(sha(Buffer.from(policyText)))}\n`), []);
		this.epoch();
	}
	add(entry, subjects) {
		const index = this.entries.length;
		this.chain = sha(tag(0x10), this.chain, leafOf(entry));
		this.entries.push(entry);
		for (const s of new Set(subjects)) this.touched.set(s, [...(this.touched.get(s) ?? []), index]);
		return index;
	}
	itemsOf(s) { return (this.touched.get(s) ?? []).map((i) => listLeaf(i, leafOf(this.entries[i]))); }
	map() { return new MerkleMap([...this.touched.keys()].map((s) => [s, mapValue(this.itemsOf(s))])); }
	epoch(later = 1000) {
		const index = this.entries.length, map = this.map();
		this.time += later;
		this.covered = index;
		this.mapNow = map;
		this.add(Buffer.from(`countermark/epoch/v1\n${index}\n${this.time}\n${b64(map.root)}\n${map.keys}\n${this.lastEpoch}\n1\n${b64(this.chain)}\n`), []);
		this.lastEpoch = index;
		return index;
	}
	say({ device, key, content, payload, subjects, ...more }) {
		const h = this.heads.get(device) ?? { seq: 0, prev: Buffer.alloc(32) };
		const entry = statement({ key, iss: did(device), seq: h.seq + 1, prev: h.prev, content, payload, ...more });
		this.heads.set(device, { seq: h.seq + 1, prev: sha(entry) });
		return this.add(entry, [`device/${did(device)}`, ...subjects]);
	}
	registry(payload, { device = 'authority', key = this.keys.authority, also = [], ...more } = {}) {
		const p = { op: 'set', from: 0, ...payload };
		const goods = p.type === 'goods' ? [`goods/${p.id}`] : [];
		return this.say({ device, key, content: REGISTRY, payload: JSON.stringify(p), subjects: [`registry/${p.type}/${p.id}`, ...goods, ...also], ...more });
	}
	event(device, key, event, subjects, more = {}) {
		const payload = JSON.stringify({
			'@context': ['https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld'], type: 'EPCISDocument', schemaVersion: '2.0',
			creationDate: '2025-10-09T08:53:20Z', epcisBody: { eventList: (Array.isArray(event) ? event : [event]).map((e) => ({ eventTimeZoneOffset: '+00:00', eventTime: '2025-10-09T08:53:20Z', type: 'ObjectEvent', ...e })) },
		});
		return this.say({ device, key, content: PRODUCT, payload, subjects, ...more });
	}
	/* The note of the log as it stands, by which witnesses. */
	note(by = ['one', 'two'], size = this.entries.length) {
		const body = `${ORIGIN}\n${size}\n${b64(rootOf(this.entries.slice(0, size).map(leafOf)))}\n`;
		return body + '\n' + signed(ORIGIN, 1, policyKeys.log, body) + by.map((w) => cosigned(names[w], policyKeys[w], body)).join('');
	}
	subject(s, seen = new Set(), withheld = new Set()) {
		const { present, other, path } = this.mapNow.prove(s);
		const map = path.map(([b, h]) => [b, b64(h)]);
		if (!present) return { subject: s, present: false, other: other && { key: b64(other.key), value: b64(other.value) }, map };
		const entries = this.touched.get(s).map((index) => {
			const entry = this.entries[index];
			if (seen.has(index) || withheld.has(index)) return { index, leaf: b64(leafOf(entry)) };
			seen.add(index);
			return { index, entry: b64(entry) };
		});
		return { subject: s, present: true, entries, map };
	}
	bundle(subjects, question, verdict, { findings = [], by, withheld } = {}) {
		const leaves = this.entries.map(leafOf), last = this.entries.length - 1, seen = new Set();
		return {
			countermark: 'bundle/v1', origin: ORIGIN, checkpoint: this.note(by),
			genesis: { entry: b64(this.entries[0]), path: pathOf(0, leaves).map(b64) },
			epoch: { index: last, entry: b64(this.entries[last]), path: pathOf(last, leaves).map(b64) },
			subjects: subjects.map((s) => this.subject(s, seen, withheld)),
			question: { code: '', at: this.time, country: '', sightings: 0, ...question }, verdict, findings,
		};
	}
}
export const signed = (name, type, key, body) => `\u2014 ${name} ${b64(Buffer.concat([vkey(name, key.pub, type).id, key.sign(body)]))}\n`;
export const cosigned = (name, key, body, time = 1_760_000_100) =>
	`\u2014 ${name} ${b64(Buffer.concat([vkey(name, key.pub, 4).id, u64(time), key.sign(`cosignature/v1\ntime ${time}\n${body}`)]))}\n`;
export const logKey = policyKeys.log;
export const witnessKeys = policyKeys;
