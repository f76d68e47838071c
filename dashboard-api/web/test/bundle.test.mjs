// SPDX-License-Identifier: Apache-2.0
// The bundle verifier against bundles made by maker.mjs and mutations of them:
// each check of formats 7.4 fails by its own name, and passes before that.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import * as m from './maker.mjs';

const folder = mkdtempSync(join(tmpdir(), 'bundle-'));
const load = async (name) => {
	const outfile = join(folder, `${name}.mjs`);
	await build({ entryPoints: [fileURLToPath(new URL(`../src/${name}.ts`, import.meta.url))], bundle: true, format: 'esm', outfile, logLevel: 'error' });
	return import(pathToFileURL(outfile));
};
const [v, map, policy, json, statement, gs1] = await Promise.all(['bundle', 'map', 'policy', 'json', 'statement', 'gs1'].map(load));
const enc = (o) => new TextEncoder().encode(typeof o === 'string' ? o : JSON.stringify(o));
const u8 = (b) => new Uint8Array(b);
const hex = (b) => Buffer.from(b).toString('hex');

/* ---- published vectors, where they are ---- */
const data = process.env.CM_CONFORMANCE_DIR;
test('map roots and proofs of the published vectors', { skip: !data }, () => {
	const cases = JSON.parse(readFileSync(join(data, 'tlog/mpt-vectors.json'))).cases.filter((c) => c.mode === 'tagged');
	const key = (i) => { const b = Buffer.alloc(4); b.writeUInt32BE(i); return u8(m.sha(b)); };
	const value = (i) => { const b = Buffer.alloc(4); b.writeUInt32BE(i); return u8(m.sha(Buffer.from('v'), b)); };
	const un = (h) => u8(Buffer.from(h, 'hex'));
	let n = 0;
	for (const c of cases) {
		const root = un(c.root), path = (p) => p.map(([bit, h]) => ({ bit, sibling: un(h) }));
		for (const p of c.present) {
			map.checkPresent(key(p.i), value(p.i), path(p.path), root);
			assert.throws(() => map.checkPresent(key(p.i), value(p.i + 1), path(p.path), root), /map/);
			n++;
		}
		for (const a of c.absent) {
			const other = a.other_key === null ? null : { key: un(a.other_key), value: un(a.other_value) };
			map.checkAbsent(key(a.i), other, path(a.path), root);
			n++;
		}
	}
	assert.ok(n > 20);
});
test('the published notes', { skip: !data }, async () => {
	for (const c of JSON.parse(readFileSync(join(data, 'tlog/notes.json'))).cases) {
		/* Ours are checkpoints alone: three lines. */
		if (!/^[^\n]+\n[0-9]+\n[^\n]+\n\n\u2014/.test(c.note)) continue;
		let k = 0;
		const text = c.vkeys.map((t) => { const type = Buffer.from(t.split('+').slice(2).join('+'), 'base64')[0]; return type === 4 ? `witness w${k++} ${t}\n` : `log ${t}\n`; }).join('') + 'quorum none\n';
		const run = async () => policy.openNote(c.note, await policy.parsePolicy(text));
		if (c.expect === 'ok' && /^log /m.test(text)) await run();
		else await assert.rejects(run, undefined, c.id);
	}
});
test('GS1 identifiers of the published vectors', { skip: !data }, () => {
	let n = 0;
	for (const line of readFileSync(join(data, 'gs1/digital-link/normalise.tsv'), 'utf8').split('\n').slice(3)) {
		const [input, want] = line.split('\t');
		/* Alpha names are other URIs here (5.4); classes in URNs touch nothing. */
		if (!want || want === '\\N' || /\/(?:gtin|sscc|itip|cpid|gln|party|gsrnp?|gcn|gdti|ginc|gsin|grai|giai|cpv|lot|ser|glnx|cpsn|srin)\//.test(input) || /^urn:epc:(?:class|idpat)/.test(input)) continue;
		assert.equal(gs1.readUri(input)?.subject, want, input);
		n++;
	}
	assert.ok(n > 10, `${n} lines`);
});

/* ---- bundles made here ---- */
const { mutations } = await import('../../../tests/oracle/bundle-mutations.mjs');
const { scenes, stated } = await import('./scenes.mjs');
const judged = async (b) => v.verifyBundle(b instanceof Uint8Array ? new Uint8Array(b) : enc(b), m.policyText);
const seen = (r) => (r.failed ? `fails ${r.failed.check}` : `${r.result}${r.withheld ? ', withheld' : ''}`);
const agrees = (expect, got, want) => want.withheld && expect === 'verdict' ? got.withheld && got.failed === null : Array.isArray(expect) ? expect.some((e) => agrees(e, got, want))
	: expect === 'same' ? seen(got) === seen(want) && got.verdict === want.verdict
	: expect === 'quorum or same' ? got.failed === null || got.failed.check === 'quorum'
	: expect === 'left out' ? got.failed === null || ['subjects', 'authority', 'verdict', 'list'].includes(got.failed.check)
	: expect === got.failed?.check;

/* Evidence is what is computed; which findings, scenes.mjs says by hand. */
const all = [];
for (const [name, bundle, outcome, found] of scenes()) {
	const { judged: j } = await v.verifyDetailed(enc(bundle), m.policyText);
	if (found !== undefined && j) bundle.findings = stated(j.findings, name);
	all.push([name, bundle, outcome, found]);
	test(`scene: ${name}`, async () => {
		if (found !== undefined) assert.equal(j?.findings.map((f) => f.code).join(' '), found);
		const r = await judged(bundle);
		assert.equal(seen(r), outcome, JSON.stringify(r.failed));
		assert.equal(r.verdict, r.failed?.check === 'form' ? '' : bundle.verdict);
		if (!r.failed) assert.equal(r.map_witnessed, true);
	});
}
test('no mutation passes, and each fails where it must', async () => {
	let n = 0;
	const wrong = [];
	for (const name of ['made and shipped', 'content withheld']) {
		const bundle = all.find((c) => c[0] === name)[1];
		const want = await judged(bundle);
		for (const c of mutations(JSON.stringify(bundle))) {
			const got = await judged(c.bytes);
			n++;
			if (!agrees(c.expect, got, want)) wrong.push(`${name}: ${c.name}: wanted ${c.expect}, got ${seen(got)} ${JSON.stringify(got.failed)}`);
		}
	}
	assert.deepEqual(wrong.slice(0, 40), [], `${wrong.length} of ${n}`);
	assert.ok(n > 4000, `${n} mutations`);
});
