// SPDX-License-Identifier: Apache-2.0
// An independent client: enrols, signs, publishes, waits for receipts, breaks
// every rule of formats 3.3 and 3.4 once, then reads the tiles and checks that
// the log holds exactly what the receipts said. Environment: DIR/env of
// script/stack.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import mqtt from 'mqtt';
import { didKey, didKeyBytes, decode, document, newKey, openReceipt, PRODUCT, REGISTRY, sha256, statement, verifyKey, zero32 } from './wire.mjs';

const env = process.env;
const cm = (...args) => JSON.parse(execFileSync('sh', ['-c', `${env.COUNTERMARK} "$@"`, 'sh', ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }));
const log = cm('log', 'show');
const receiptKey = didKeyBytes(log.receipt_key);
const expected = new Map(); // `${device}/${epoch}/${seq}` -> statement hash, hex

class Device {
	constructor(name) { this.name = name; this.key = newKey(); this.epoch = 1; this.seq = 0; this.prev = zero32; this.receipts = []; this.did = `${env.AUTHORITY}:device:${name}`; }
	async connect() {
		this.client = mqtt.connect({ host: env.MQTT_HOST, port: Number(env.MQTT_PORT), protocolVersion: 5, username: this.name, clientId: this.name + '-' + process.pid, clean: true, reconnectPeriod: 500 });
		this.client.on('message', (_, payload) => this.receipts.push(openReceipt(payload, receiptKey)));
		await new Promise((ok, no) => { this.client.once('connect', ok); this.client.once('error', no); });
		await this.client.subscribeAsync(`cm/1/${env.LOG}/${this.name}/rc`, { qos: 1 });
	}
	enrol(...more) { return cm('device', 'enrol', this.name, '--org', 'demo', '--public-key', this.key.pub.toString('hex'), ...more); }
	// Makes the next statement of the chain.
	next(payload = document(), more = {}) {
		const bytes = statement(this.key, { iss: this.did, epoch: this.epoch, seq: ++this.seq, prev: this.prev, payload, ...more });
		this.prev = sha256(bytes);
		expected.set(`${this.name}/${this.epoch}/${this.seq}`, this.prev.toString('hex'));
		return bytes;
	}
	send(bytes) { return this.client.publishAsync(`cm/1/${env.LOG}/${this.name}/ev`, bytes, { qos: 1 }).catch((e) => e); }
	get last() { return this.receipts.at(-1); }
	async until(what, test, seconds = 15) {
		const end = Date.now() + seconds * 1000;
		while (Date.now() < end) {
			const r = this.receipts.find((x) => test(x));
			if (r) return r;
			await sleep(20);
		}
		assert.fail(`${this.name}: ${what}; last receipt ${JSON.stringify(this.last)}`);
	}
	covered(seq = this.seq) { return this.until(`no receipt for ${this.epoch}/${seq}`, (r) => r.epoch === this.epoch && r.upto_seq >= seq); }
	nack(code, seq) { return this.until(`no nack ${code} for ${seq}`, (r) => r.nacks.some((n) => n.code === code && n.seq === seq)); }
}
const done = (text) => console.log(`ok - ${text}`);
const fresh = async (name) => { const d = new Device(`${name}-${process.pid}`); d.enrol(); await d.connect(); return d; };

// 1 initial receipt, ordinary statements
const a = await fresh('ic-a');
const first = await a.until('no initial receipt', (r) => r.upto_seq === 0);
assert.deepEqual([first.log, first.device, first.epoch, first.head, first.index], [env.LOG, a.name, 1, zero32.toString('base64'), 0]);
assert.deepEqual(Object.keys(first), ['log', 'device', 'epoch', 'upto_seq', 'head', 'index', 'at', 'log_epoch', 'nacks']);
done('the initial receipt is retained, signed and empty');
for (let i = 0; i < 5; i++) await a.send(a.next());
let r = await a.covered();
assert.equal(r.head, a.prev.toString('base64'));
assert.ok(r.index > 0 && r.log_epoch.index >= 1);
done('five statements are receipted, head is the hash of the fifth');

// 2 replay
const again = a.next();
await a.send(again);
await a.covered();
const known = a.receipts.length;
await a.send(again);
await a.until('no second acknowledgement', (x) => a.receipts.indexOf(x) >= known && x.upto_seq === a.seq);
done('a replay is acknowledged again');

// 3 gap, then order restored
const late = [a.next(), a.next(), a.next()];
await a.send(late[2]);
await a.nack('gap', a.seq - 2);
await a.send(late[0]);
await a.send(late[1]);
await a.covered();
done('a gap names the seq expected; the parked one follows when it is filled');
const reversed = Array.from({ length: 10 }, () => a.next()).reverse();
for (const s of reversed) await a.send(s);
await a.covered();
done('ten statements in reverse order all get in');

// 4 payloads without shape or against EPCIS take their seq
const bad = [['schema', { type: 'EPCISDocument' }], ['schema', Buffer.from('not json')],
	['schema', { ...document(), epcisBody: { eventList: [{ ...document().epcisBody.eventList[0], eventTime: 'yesterday' }] } }]];
for (const [code, payload] of bad) { await a.send(a.next(payload)); await a.nack(code, a.seq); await a.covered(); }
await a.send(a.next({ type: 'organisation', id: 'evil', op: 'set', from: Date.now(), name: 'evil', did: `${env.AUTHORITY}:org:evil` }, { type: REGISTRY }));
await a.nack('forbidden', a.seq);
await a.send(a.next({ type: 'nonsense', id: 'x', op: 'set', from: Date.now() }, { type: REGISTRY }));
await a.nack('schema', a.seq);
await a.send(a.next({ type: 'heartbeat', id: a.name, op: 'set', from: Date.now() }, { type: REGISTRY }));
r = await a.covered();
assert.ok(!r.nacks.some((n) => n.seq === a.seq));
done('schema and forbidden payloads are appended and covered with a nack');

// 5 statements that leave head and seq untouched
let before = { seq: a.seq, prev: a.prev };
const refuse = async (code, bytes, text) => {
	const have = a.receipts.length;
	await a.send(bytes);
	await a.until(`no nack ${code} (${text})`, (x) => a.receipts.indexOf(x) >= have && x.nacks.some((n) => n.code === code && n.seq === 0));
	assert.equal(a.last.upto_seq, before.seq, text);
};
const good = () => statement(a.key, { iss: a.did, epoch: 1, seq: before.seq + 1, prev: before.prev, payload: document() });
const flip = (b, i) => { const c = Buffer.from(b); c[i < 0 ? c.length + i : i] ^= 1; return c; };
await refuse('bad_signature', flip(good(), -1), 'signature');
await refuse('bad_signature', flip(good(), -100), 'payload');
await refuse('bad_signature', statement(newKey(), { iss: a.did, epoch: 1, seq: before.seq + 1, prev: before.prev, payload: document() }), 'another key');
await refuse('bad_encoding', good().subarray(0, -1), 'truncated');
await refuse('bad_encoding', Buffer.concat([good(), Buffer.from([0])]), 'trailing byte');
await refuse('bad_encoding', statement(a.key, { iss: a.did, epoch: 1, seq: before.seq + 1, prev: before.prev, payload: document(), unprotected: new Map([['openings', new Map()]]) }), 'openings');
await refuse('bad_encoding', statement(a.key, { iss: a.did, epoch: 1, seq: before.seq + 1, prev: before.prev, payload: document(), extra: [['more', 1]] }), 'another claim');
await refuse('bad_encoding', statement(a.key, { iss: a.did, epoch: 1, seq: before.seq + 1, prev: before.prev, payload: document(), type: 'text/plain' }), 'content type');
await refuse('unknown_device', statement(a.key, { iss: a.did + 'x', epoch: 1, seq: before.seq + 1, prev: before.prev, payload: document() }), 'iss');
await refuse('epoch', statement(a.key, { iss: a.did, epoch: 2, seq: 1, prev: before.prev, payload: document() }), 'epoch not enrolled');
await a.send(a.next());
await a.covered();
done('broken statements are refused by their code and change nothing');

// 6 nobody is told about devices that are not enrolled
const stranger = new Device(`ic-stranger-${process.pid}`);
await stranger.connect();
await stranger.send(stranger.next());
expected.delete(`${stranger.name}/1/1`);
await sleep(1500);
assert.equal(stranger.receipts.length, 0);
done('nothing is published for a device that is not enrolled');

// 7 key rotation by the device itself (formats 2.3)
before = { seq: a.seq, prev: a.prev };
const next = newKey();
const possession = next.sign(Buffer.concat([Buffer.from('countermark/epoch-key/v1'), Buffer.from([0]), Buffer.from(a.did), Buffer.from([0]), Buffer.from('2')]));
const oldKey = a.key, oldSeq = a.seq, oldPrev = a.prev;
a.epoch = 2; a.seq = 0;
const opening = { type: 'device', id: a.name, op: 'set', from: Date.now(), organisation: 'demo', did: a.did, epoch: 2, key: didKey(next.pub), role: 'device', reason: 'rotation', possession: possession.toString('base64') };
await refuse('bad_signature', flip(statement(oldKey, { iss: a.did, epoch: 2, seq: 1, prev: oldPrev, payload: opening, type: REGISTRY }), -1), 'rotation with a broken signature');
await refuse('bad_signature', statement(newKey(), { iss: a.did, epoch: 2, seq: 1, prev: oldPrev, payload: opening, type: REGISTRY }), 'rotation by a stranger');
await refuse('epoch', statement(oldKey, { iss: a.did, epoch: 2, seq: 1, prev: oldPrev, payload: { ...opening, possession: Buffer.alloc(64).toString('base64') }, type: REGISTRY }), 'rotation without possession');
await a.send(a.next(opening, { type: REGISTRY }));
await a.covered(1);
a.key = next;
await a.send(a.next());
await a.covered(2);
const have = a.receipts.length;
await a.send(statement(oldKey, { iss: a.did, epoch: 1, seq: oldSeq + 1, prev: oldPrev, payload: document() }));
await a.until('no nack epoch', (x) => a.receipts.indexOf(x) >= have && x.nacks.some((n) => n.code === 'epoch'));
assert.equal(a.last.epoch, 2);
done('a device rotates its key; the closed epoch is refused');

// 8 fork, suspension, re-enrolment
const f = await fresh('ic-fork');
for (let i = 0; i < 3; i++) await f.send(f.next());
await f.covered();
const evidence = statement(f.key, { iss: f.did, epoch: 1, seq: 2, prev: zero32, payload: document() });
await f.send(evidence);
await f.nack('fork', 2);
await f.send(f.next());
expected.delete(`${f.name}/1/4`);
await f.until('no nack suspended', (x) => x.nacks.some((n) => n.code === 'suspended' && n.seq === 4));
assert.equal(f.last.upto_seq, 3);
for (const seq of [2n ** 53n, 2n ** 63n - 1n, 2n ** 64n - 1n])
	await f.send(statement(f.key, { iss: f.did, epoch: 1, seq, prev: zero32, payload: document() }));
await f.until('no nack for a seq beyond reason', (x) => x.nacks.some((n) => n.code === 'suspended' && n.seq === 0));
await a.send(a.next());
await a.covered();
f.key = newKey();
f.enrol('--epoch', '2');
r = await f.until('no receipt of epoch 2', (x) => x.epoch === 2);
assert.equal(r.upto_seq, 0);
f.epoch = 2; f.seq = 0; f.prev = Buffer.from(r.head, 'base64');
await f.send(f.next());
await f.covered(1);
done('a fork is kept as evidence, the device suspended, the authority opens a new epoch');

// 9 the log holds exactly that
const size0 = Number((await (await fetch(`${env.API_URL}/log/checkpoint`)).text()).split('\n')[1]);
let note, size;
for (let i = 0; i < 100; i++) {
	note = await (await fetch(`${env.API_URL}/log/checkpoint`)).text();
	size = Number(note.split('\n')[1]);
	if (size > Math.max(size0, f.last.index, a.last.index)) break;
	await sleep(100);
}
const [name, id, key64] = env.VKEY.split('+').length === 3 ? env.VKEY.split('+') : [env.VKEY.slice(0, env.VKEY.indexOf('+')), ...env.VKEY.slice(env.VKEY.indexOf('+') + 1).split(/\+(.*)/)];
const keyBytes = Buffer.from(key64, 'base64');
assert.equal(sha256(Buffer.from(name), Buffer.from([10]), keyBytes).subarray(0, 4).toString('hex'), id);
const body = note.slice(0, note.indexOf('\n\n') + 1);
const sigLine = note.slice(note.indexOf('\n\n') + 2).split('\n').find((l) => l.startsWith(`— ${name} `));
const sig = Buffer.from(sigLine.split(' ')[2], 'base64');
assert.ok(verifyKey(keyBytes.subarray(1), Buffer.from(body), sig.subarray(4)), 'checkpoint signature');
const path = (n) => { let s = String(n % 1000).padStart(3, '0'); for (n = Math.floor(n / 1000); n > 0; n = Math.floor(n / 1000)) s = `x${String(n % 1000).padStart(3, '0')}/${s}`; return s; };
const entries = [];
for (let n = 0; n * 256 < size; n++) {
	const width = Math.min(256, size - n * 256);
	const res = await fetch(`${env.API_URL}/log/tile/entries/${path(n)}${width < 256 ? `.p/${width}` : ''}`, { headers: { authorization: `Bearer ${env.API_TOKEN}` } });
	assert.equal(res.status, 200);
	const b = Buffer.from(await res.arrayBuffer());
	for (let i = 0; i < b.length;) { const l = b.readUInt16BE(i); entries.push(b.subarray(i + 2, i + 2 + l)); i += 2 + l; }
}
assert.equal(entries.length, size);
const node = (l, r) => sha256(Buffer.from([1]), l, r);
const rootOf = (hs) => { if (hs.length === 1) return hs[0]; let k = 1; while (k * 2 < hs.length) k *= 2; return node(rootOf(hs.slice(0, k)), rootOf(hs.slice(k))); };
const leaves = entries.map((e) => sha256(Buffer.from([0]), e));
assert.equal(rootOf(leaves).toString('base64'), body.split('\n')[2]);
done(`the tiles of ${size} entries give the checkpoint's root, its signature holds`);
let chain = sha256(Buffer.from([0x10]), Buffer.from(env.ORIGIN)), previous = 0, lastTime = 0, forks = 0, covered = 0, keys = 0;
const empty = sha256(Buffer.from([2])).toString('base64');
entries.forEach((e, i) => {
	const text = e.toString('latin1');
	if (text.startsWith('countermark/epoch/v1\n')) {
		const l = text.split('\n');
		assert.equal(l.length, 9);
		assert.deepEqual([l[5], l[6], l[7]], [String(previous), '1', chain.toString('base64')]);
		// The map speaks of entries before the epoch, of ever more of them, and is empty before the first statement only.
		assert.ok(Number(l[1]) >= covered && Number(l[1]) <= i, `covered ${l[1]} in ${i}`);
		assert.ok(Number(l[4]) >= keys && Number(l[4]) > 0 === Number(l[1]) > 2, `${l[4]} keys below ${l[1]}`);
		assert.equal(l[3] === empty, l[4] === '0');
		[covered, keys] = [Number(l[1]), Number(l[4])];
		assert.ok(Number(l[2]) > lastTime);
		lastTime = Number(l[2]);
		previous = i;
	} else if (text.startsWith('countermark/fork/v1\n')) {
		if (e.subarray(20).equals(evidence)) forks++;
	} else if (i > 0) {
		const c = decode(decode(e)[0]).get(15);
		const device = c.get(1).split(':').at(-1), where = `${device}/${c.get('epoch')}/${c.get('seq')}`;
		if (expected.has(where)) { assert.equal(sha256(e).toString('hex'), expected.get(where), where); expected.delete(where); }
		else assert.ok(!device.endsWith(`-${process.pid}`), `${where} stands in the log unasked`);
	}
	chain = sha256(Buffer.from([0x10]), chain, leaves[i]);
});
assert.equal(Buffer.from(log.genesis, 'base64').equals(entries[0]), true);
assert.equal(previous, size - 1);
assert.equal(forks, 1);
assert.equal(expected.size, 0, [...expected.keys()].join());
done('every receipted statement stands in the log once; epochs, chain and evidence are right');
const proof = (await (await fetch(`${env.API_URL}/log/proof/${a.last.index}`)).text()).split('\n');
assert.equal(proof[0], 'c2sp.org/tlog-proof@v1');
done('a tlog-proof is served');
for (const d of [a, f, stranger]) await d.client.endAsync(true);
console.log('client: everything as the formats say');
