// SPDX-License-Identifier: Apache-2.0
// A proof file on the page, without the server behind it: node file.mjs VECTORS.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const vectors = process.argv[2];
const page = readFileSync(new URL('../../dashboard-api/web/prebuilt/index.html', import.meta.url));
const server = createServer((q, r) => {
	r.writeHead(q.url === '/' ? 200 : 404, { 'Content-Type': 'text/html; charset=utf-8' });
	r.end(q.url === '/' ? page : '');
});
await new Promise((done) => server.listen(0, '127.0.0.1', done));
const browser = await chromium.launch({
	executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
	args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
		'--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
try {
	const p = await browser.newPage();
	const complaints = [];
	p.on('pageerror', (e) => complaints.push(String(e)));
	await p.goto(`http://127.0.0.1:${server.address().port}/`);
	await p.click('summary');
	const check = async (files) => {
		await p.evaluate(() => document.querySelector('#result').replaceChildren());
		await p.setInputFiles('#file', files);
		await p.waitForSelector('#verdict', { timeout: 60000 });
		return p.evaluate(() => ({
			verdict: document.querySelector('#verdict').dataset.verdict, tone: document.querySelector('#verdict').className,
			proof: document.querySelector('#proof')?.dataset.state ?? 'none', text: document.querySelector('#result').textContent,
		}));
	};
	for (const c of JSON.parse(readFileSync(join(vectors, 'cases.json'), 'utf8'))) {
		const got = await check([join(vectors, c.bundle), join(vectors, c.policy)]);
		assert.equal(got.verdict, c.expect.result, `${c.bundle}: ${got.text}`);
		assert.equal(got.proof, c.expect.failed ? 'failed' : 'proven', `${c.bundle}: ${got.text}`);
		assert.equal(/green/.test(got.tone), c.expect.result === 'genuine', c.bundle);
		if (c.expect.failed) assert.match(got.text, new RegExp(`Check "${c.expect.failed.check}"`), c.bundle);
		else assert.match(got.text, c.expect.withheld ? /withheld from the public/ : /complete as of the first/, c.bundle);
		console.log(`ok - ${c.bundle}`);
	}
	const alone = await check([join(vectors, 'genuine.cmproof')]);
	assert.equal(alone.verdict, 'none');
	assert.match(alone.text, /no policy is known here/);
	const wrong = await check([join(vectors, 'both.policy')]);
	assert.match(wrong.text, /no proof file among them/);
	assert.deepEqual(complaints, []);
	console.log('all ok');
} finally {
	await browser.close();
	server.close();
}
