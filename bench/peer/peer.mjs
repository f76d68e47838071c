// SPDX-License-Identifier: Apache-2.0
// What a quick service in Node.js would be, tuned, as a measure for ours. It
// checks each signature and keeps a hash chain, but acknowledges before its
// rows are committed: a crash loses what devices have deleted.
// Usage: peer.mjs HOST:PORT LOG POSTGRES-URI. SIGTERM flushes, prints, ends.
import { createHash } from 'node:crypto';
import mqtt from 'mqtt';
import pg from 'pg';
import sodium from 'sodium-native';

const [broker, log, uri] = process.argv.slice(2);
const BATCH = 2000;

// ---- CBOR, as much as a statement has (RFC 8949) ----
let bytes, at;
const length = (info) => {
	if (info < 24) return info;
	if (info > 27) throw new Error('cbor length');
	const n = 1 << (info - 24);
	at += n;
	return n === 8 ? Number(bytes.readBigUInt64BE(at - 8)) : bytes.readUIntBE(at - n, n);
};
const item = () => {
	const first = bytes[at++], n = length(first & 31);
	switch (first >> 5) {
	case 0: return n;
	case 1: return -1 - n;
	case 2: at += n; return bytes.subarray(at - n, at);
	case 3: at += n; return bytes.latin1Slice(at - n, at);
	case 4: { const a = []; for (let i = 0; i < n; i++) a.push(item()); return a; }
	case 5: { const m = new Map(); for (let i = 0; i < n; i++) { const k = item(); m.set(k, item()); } return m; }
	default: throw new Error('cbor type');
	}
};
const read = (b) => { bytes = b; at = 0; return item(); };
const bstrHead = (n) => n < 24 ? Buffer.from([0x40 | n]) : n < 256 ? Buffer.from([0x58, n])
	: Buffer.from([0x59, n >> 8, n & 255]);
const bstr = (b) => Buffer.concat([bstrHead(b.length), b]);

// ---- COSE_Sign1 (RFC 9052 section 4.4) ----
const context = Buffer.concat([Buffer.from([0x84, 0x6a]), Buffer.from('Signature1')]);
const toSign = (head, payload) => Buffer.concat([context, bstrHead(head.length), head, Buffer.from([0x40]),
	bstrHead(payload.length), payload]);
const open = (message) => {
	if (message[0] !== 0xd2) throw new Error('tag');
	const [head, , payload, signature] = read(message.subarray(1));
	const header = read(head), claims = header.get(15);
	if (header.get(1) !== -8 || !sodium.crypto_sign_verify_detached(signature, toSign(head, payload), header.get(4)))
		throw new Error('signature');
	return claims.get('seq');
};
const publicKey = Buffer.alloc(32), secretKey = Buffer.alloc(64);
sodium.crypto_sign_keypair(publicKey, secretKey);
const type = Buffer.from('application/vnd.countermark.receipt+json');
const receiptHead = Buffer.concat([Buffer.from([0xa3, 1, 0x27, 3, 0x78, type.length]), type, Buffer.from([4]),
	bstr(publicKey)]);
const receipt = (device, d) => {
	const payload = Buffer.from(JSON.stringify({ log, device, epoch: 1, upto_seq: d.upto,
		head: d.head.toString('base64'), index: d.index, at: Date.now(), nacks: [] }));
	const signature = Buffer.alloc(64);
	sodium.crypto_sign_detached(signature, toSign(receiptHead, payload), secretKey);
	return Buffer.concat([Buffer.from([0xd2, 0x84]), bstr(receiptHead), Buffer.from([0xa0]), bstr(payload),
		bstr(signature)]);
};

// ---- rows ----
const db = new pg.Client({ connectionString: uri });
await db.connect();
await db.query('set synchronous_commit = off');
await db.query('create schema if not exists peer');
await db.query(`create table if not exists peer.entry (n bigint primary key, device text, seq bigint,
	statement bytea, chain bytea)`);
let rows = 0, refused = 0, writing = false, ending = false, chain = Buffer.alloc(32), queue = [];
const write = async () => {
	if (writing) return;
	writing = true;
	while (queue.length > 0) {
		const batch = queue.splice(0, BATCH);
		await db.query({ name: 'put', text: `insert into peer.entry select * from unnest($1::bigint[], $2::text[],
			$3::bigint[], $4::bytea[], $5::bytea[])`, values: [0, 1, 2, 3, 4].map((i) => batch.map((r) => r[i])) });
	}
	writing = false;
	if (ending) {
		console.log(JSON.stringify({ rows, refused, rss_bytes: process.memoryUsage.rss() }));
		process.exit(0);
	}
};

// ---- MQTT ----
const devices = new Map(), dirty = new Set();
// The stack's own name and user: its waiting session ends, its rights serve.
const client = mqtt.connect(`mqtt://${broker}`, { protocolVersion: 5, clientId: 'ingest', username: 'ingest',
	clean: true, properties: { receiveMaximum: 1000 } });
const answer = () => {
	for (const name of dirty)
		client.publish(`cm/1/${log}/${name}/rc`, receipt(name, devices.get(name)), { qos: 1, retain: true });
	dirty.clear();
	write();
};
client.on('message', (topic, message) => {
	const name = topic.split('/')[3];
	let d = devices.get(name);
	if (d === undefined) devices.set(name, d = { upto: 0, index: 0, head: chain });
	try {
		const seq = open(message);
		if (seq === d.upto + 1) {
			d.head = createHash('sha256').update(message).digest();
			chain = createHash('sha256').update(chain).update(d.head).digest();
			d.upto = seq;
			d.index = rows;
			queue.push([rows++, name, seq, message, chain]);
		}
		if (seq > d.upto) return;
	} catch {
		refused++;
		return;
	}
	if (dirty.size === 0) setImmediate(answer);
	dirty.add(name);
});
client.on('error', (e) => { console.error('peer: ' + e.message); process.exit(1); });
client.on('connect', () => client.subscribe(`cm/1/${log}/+/ev`, { qos: 1 }, (e) => {
	if (e) { console.error('peer: ' + e.message); process.exit(1); }
	console.log('ready');
}));
process.on('SIGTERM', () => { ending = true; client.end(true, () => write()); });
