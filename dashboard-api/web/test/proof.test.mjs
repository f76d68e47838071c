// SPDX-License-Identifier: Apache-2.0
// The proof code against trees and signatures made here with node:crypto, in
// the recursive form of RFC 6962, and against mutations of each.
import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const out = join(mkdtempSync(join(tmpdir(), 'page-')), 'proof.mjs');
await build({ entryPoints: [fileURLToPath(new URL('../src/proof.ts', import.meta.url))], bundle: true, format: 'esm', outfile: out, logLevel: 'error' });
const p = await import(pathToFileURL(out));

const sha = (...parts) => createHash('sha256').update(Buffer.concat(parts)).digest();
const u8 = (b) => new Uint8Array(b);
const leaf = (e) => sha(Buffer.of(0), e);
const entries = Array.from({ length: 40 }, (_, i) => Buffer.from(`entry ${i}`));
const split = (n) => { let k = 1; while (k * 2 < n) k *= 2; return k; };
const root = (d) => d.length === 1 ? leaf(d[0]) : (() => { const k = split(d.length); return sha(Buffer.of(1), root(d.slice(0, k)), root(d.slice(k))); })();
const path = (m, d) => {
	if (d.length === 1) return [];
	const k = split(d.length);
	return m < k ? [...path(m, d.slice(0, k)), root(d.slice(k))] : [...path(m - k, d.slice(k)), root(d.slice(0, k))];
};
const sub = (m, d, b) => {
	if (m === d.length) return b ? [] : [root(d)];
	const k = split(d.length);
	return m <= k ? [...sub(m, d.slice(0, k), b), root(d.slice(k))] : [...sub(m - k, d.slice(k), false), root(d.slice(0, k))];
};
const newKey = () => {
	const { privateKey, publicKey } = generateKeyPairSync('ed25519');
	return { pub: publicKey.export({ format: 'der', type: 'spki' }).subarray(-32), sign: (m) => sign(null, Buffer.from(m), privateKey) };
};
const ORIGIN = 'example.org/demo';
const vkeyOf = (name, key) => {
	const blob = Buffer.concat([Buffer.of(1), key.pub]);
	return { id: sha(Buffer.from(name + '\n'), blob).subarray(0, 4), text: `${name}+${sha(Buffer.from(name + '\n'), blob).subarray(0, 4).toString('hex')}+${blob.toString('base64')}` };
};
const key = newKey();
const vkey = vkeyOf(ORIGIN, key);
const log = await p.parseVkey(vkey.text);
const bodyOf = (n, origin = ORIGIN) => `${origin}\n${n}\n${root(entries.slice(0, n)).toString('base64')}\n`;
const line = (body, k = key, id = vkey.id, name = ORIGIN) => `\u2014 ${name} ${Buffer.concat([id, k.sign(body)]).toString('base64')}\n`;
const note = (n) => `${bodyOf(n)}\n${line(bodyOf(n))}`;
const proofText = (i, n) => `c2sp.org/tlog-proof@v1\nindex ${i}\n${path(i, entries.slice(0, n)).map((h) => h.toString('base64') + '\n').join('')}\n${note(n)}`;
const refused = (run, what) => assert.rejects(async () => run(), (e) => e instanceof p.ProofError && (!what || what.test(e.message)));

test('every inclusion up to 40, and each flipped byte of it', async () => {
	for (let n = 1; n <= 40; n++) {
		for (let i = 0; i < n; i++) {
			const d = entries.slice(0, n), steps = path(i, d).map(u8), r = u8(root(d)), l = u8(leaf(entries[i]));
			await p.checkInclusion(i, n, l, steps, r);
			for (let s = 0; s < steps.length; s++) {
				const bad = steps.map((h) => h.slice());
				bad[s][i % 32] ^= 1;
				await refused(() => p.checkInclusion(i, n, l, bad, r), /root/);
			}
			await refused(() => p.checkInclusion(i, n, u8(leaf(Buffer.from('x'))), steps, r), /root/);
			await refused(() => p.checkInclusion(i, n, l, [...steps, r], r), /long/);
			if (steps.length) await refused(() => p.checkInclusion(i, n, l, steps.slice(1), r));
		}
	}
	await refused(() => p.checkInclusion(3, 3, u8(leaf(entries[3])), [], u8(root(entries.slice(0, 3)))), /not below/);
});

test('every consistency up to 40, and its mutations', async () => {
	for (let n = 1; n <= 40; n++) {
		for (let m = 1; m <= n; m++) {
			const a = u8(root(entries.slice(0, m))), b = u8(root(entries.slice(0, n)));
			const steps = (m === n ? [] : sub(m, entries.slice(0, n), true)).map(u8);
			await p.checkConsistency(m, n, a, b, steps);
			const other = a.slice();
			other[7] ^= 1;
			await refused(() => p.checkConsistency(m, n, other, b, steps));
			for (let s = 0; s < steps.length; s++) {
				const bad = steps.map((h) => h.slice());
				bad[s][0] ^= 128;
				await refused(() => p.checkConsistency(m, n, a, b, bad));
			}
			await refused(() => p.checkConsistency(m, n, a, b, [...steps, a]));
			if (steps.length) await refused(() => p.checkConsistency(m, n, a, b, steps.slice(0, -1)));
		}
	}
	await refused(() => p.checkConsistency(5, 4, u8(root(entries.slice(0, 5))), u8(root(entries.slice(0, 4))), []), /smaller/);
});

test('vkey', async () => {
	assert.equal(log.name, ORIGIN);
	for (const bad of ['', ORIGIN, vkey.text + ' ', vkey.text.replace('+', ' '), vkey.text.replace('demo', 'dem0'), vkeyOf(ORIGIN, key).text.slice(0, -4)])
		await refused(() => p.parseVkey(bad));
	const cosign = Buffer.concat([Buffer.of(4), key.pub]);
	const id = sha(Buffer.from(ORIGIN + '\n'), cosign).subarray(0, 4).toString('hex');
	await refused(() => p.parseVkey(`${ORIGIN}+${id}+${cosign.toString('base64')}`), /Ed25519/);
});

test('checkpoint and each byte of it', async () => {
	const c = await p.openCheckpoint(note(9), log);
	assert.equal(c.size, 9);
	const text = note(9);
	for (let i = 0; i < text.length; i++) {
		const bad = text.slice(0, i) + (text[i] === 'A' ? 'B' : 'A') + text.slice(i + 1);
		await refused(() => p.openCheckpoint(bad, log));
		await refused(() => p.openCheckpoint(text.slice(0, i), log));
	}
	const body = bodyOf(9), stranger = newKey();
	const witness = `\u2014 witness.example ${Buffer.alloc(76, 7).toString('base64')}\n`;
	assert.equal((await p.openCheckpoint(note(9) + witness, log)).size, 9);
	for (const [bad, why] of [
		[`${body}\n${witness}`, /not signed once/],
		[`${body}\n${line(body, stranger)}`, /signature is wrong/],
		[`${body}\n${line(body, stranger, vkeyOf(ORIGIN, stranger).id)}`, /not signed once/],
		[`${body}\n${line(body)}${line(body)}`, /not signed once/],
		[`${body}\n${line(body)}${witness.repeat(16)}`, /too many/],
		[`${body}extension\n\n${line(body + 'extension\n')}`, /three lines/],
		[(bodyOf(9, 'example.org/other') + '\n') + line(bodyOf(9, 'example.org/other')), /another log/],
		[note(9).replaceAll('\n', '\r\n'), /./],
		[`${body.replace('\n9\n', '\n09\n')}\n${line(body.replace('\n9\n', '\n09\n'))}`, /decimal/],
	]) await refused(() => p.openCheckpoint(bad, log), why);
});

test('proof and each byte of it', async () => {
	const text = proofText(5, 11);
	const whole = async (t) => {
		const q = await p.openProof(t, 5, log);
		await p.checkInclusion(5, q.checkpoint.size, u8(leaf(entries[5])), q.path, q.checkpoint.root);
	};
	await whole(text);
	for (let i = 0; i < text.length; i++)
		await refused(() => whole(text.slice(0, i) + (text[i] === 'A' ? 'B' : 'A') + text.slice(i + 1)));
	await refused(() => p.openProof(text, 6, log), /not of entry 6/);
});

test('signed answer', async () => {
	const digits = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
	let n = BigInt('0xed01' + key.pub.toString('hex')), did = '';
	while (n > 0n) { did = digits[Number(n % 58n)] + did; n /= 58n; }
	did = 'did:key:z' + did;
	assert.deepEqual(Buffer.from(p.didKey(did)), key.pub);
	const target = '/v1/verify?code=a%2Bb', body = Buffer.from('{"verdict":"x"}');
	const header = (t) => `keyid="${did}", sig="${key.sign(`countermark/answer/v1\n${t}\n${body}`).toString('base64')}"`;
	await p.checkAnswer(header(target), target, u8(body), did);
	await refused(() => p.checkAnswer(null, target, u8(body), did), /not signed/);
	await refused(() => p.checkAnswer(header('/v1/verify?code=a+b'), target, u8(body), did), /wrong/);
	await refused(() => p.checkAnswer(header(target), target, u8(Buffer.from('{"verdict":"y"}')), did), /wrong/);
	await refused(() => p.checkAnswer(header(target), target, u8(body), did.slice(0, -1) + '1'), /another key/);
	for (const bad of ['did:key:z6Mk', 'did:web:x', did + '1', '']) assert.throws(() => p.didKey(bad), p.ProofError);
});

test('genesis and policy', async () => {
	const policy = Buffer.from(`log ${vkey.text}\nquorum none\n`);
	const [a, b] = ['z6MktwupdmLXVVqTzCw4i46r4uGyosGXRnR3XjN4Zq7oMMsw', 'z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp'].map((k) => `did:key:${k}`);
	const text = `countermark/genesis/v1\n${ORIGIN}\nauthority ${a}\nauthority ${b}\nreceipt ${a}\nservice ${b}\nmap 1\npolicy ${sha(policy).toString('base64')}\n`;
	const g = p.parseGenesis(u8(Buffer.from(text)));
	assert.deepEqual([...g.authority, g.service], [a, b, b]);
	await p.checkPolicy(u8(policy), g, vkey.text);
	await refused(() => p.checkPolicy(u8(Buffer.concat([policy, policy])), g, vkey.text), /not the genesis/);
	await refused(() => p.checkPolicy(u8(policy), g, vkey.text + 'A'), /does not name/);
	for (const bad of [text.slice(0, -1), text.replace('v1', 'v2'), text.replace('map 1', 'map 2'), text.replace('receipt', 'reciept'), text.replace(`authority ${b}\n`, 'x\n'), text.replace(`service ${b}`, 'service b')])
		assert.throws(() => p.parseGenesis(u8(Buffer.from(bad))), p.ProofError);
});

test('tiles, bundles, base64', () => {
	assert.equal(p.tilePath(1234567), 'x001/x234/567');
	assert.equal(p.tilePath(0), '000');
	assert.equal(p.tileOf(5, 9), '000.p/9');
	assert.equal(p.tileOf(255, 256), '000');
	assert.equal(p.tileOf(256, 300), '001.p/44');
	const bundle = u8(Buffer.from([0, 1, 65, 0, 2, 66, 67]));
	assert.deepEqual([...p.entryOf(bundle, 1)], [66, 67]);
	assert.throws(() => p.entryOf(bundle, 2), p.ProofError);
	assert.throws(() => p.entryOf(bundle.slice(0, 6), 1), p.ProofError);
	for (const bad of ['A', 'AA', 'AA=', 'AB==', 'AA==\n', 'A-==', 'AAA=A']) assert.throws(() => p.fromBase64(bad), p.ProofError);
	assert.throws(() => p.fromBase64('AAAA', 2), p.ProofError);
});
