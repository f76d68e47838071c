// SPDX-License-Identifier: Apache-2.0
// Drives the page as a reader does. Environment: API_URL, GENUINE, INVENTED,
// OTHER (codes), SHOTS (folder for screenshots).
import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';

const { API_URL, GENUINE, INVENTED, OTHER, SHOTS } = process.env;
const origin = new URL(API_URL).origin;
const browser = await chromium.launch({
	executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
	args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
		'--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
const context = async (options = {}) => {
	const c = await browser.newContext({ viewport: { width: 900, height: 1000 }, ...options });
	c.setDefaultTimeout(20000);
	return c;
};
/* A page that notes each address it asks and each complaint of the browser. */
const open = async (c) => {
	const page = await c.newPage();
	page.asked = [];
	page.complaints = [];
	page.on('request', (r) => page.asked.push(r.url()));
	page.on('console', (m) => { if (m.type() === 'error') page.complaints.push(m.text()); });
	page.on('pageerror', (e) => page.complaints.push(String(e)));
	await page.goto(API_URL + '/');
	return page;
};
const check = async (page, code) => {
	await page.fill('#code', code);
	await page.keyboard.press('Enter');
	await page.waitForFunction(() => document.querySelector('form button').disabled === false && document.querySelector('#verdict'));
	return page.evaluate(() => ({
		verdict: document.querySelector('#verdict').dataset.verdict,
		tone: document.querySelector('#verdict').className,
		badge: document.querySelector('#badge')?.textContent ?? '',
		proof: document.querySelector('#proof')?.dataset.state ?? 'none',
		good: document.querySelectorAll('#proof .mark.good').length,
		custody: document.querySelectorAll('#custody li').length,
		text: document.querySelector('#result').textContent,
	}));
};
const step = async (name, run) => {
	await run();
	console.log(`ok - ${name}`);
};
/* A server in between that changes one answer. */
const tampered = async (pattern, change) => {
	const c = await context();
	const page = await open(c);
	let hits = 0;
	await page.route(pattern, async (route) => {
		const r = await route.fetch();
		hits++;
		await route.fulfill({ response: r, body: change(await r.body()) });
	});
	const got = await check(page, GENUINE);
	assert.ok(hits > 0, 'nothing was changed');
	assert.equal(got.proof, 'failed', got.text);
	assert.equal(got.verdict, 'not_proven');
	assert.doesNotMatch(got.tone, /green/);
	assert.doesNotMatch(got.badge, /verified/);
	await c.close();
};
/* Another letter in the middle of the n-th line from the top, or the end. */
const flip = (line) => (body) => {
	const lines = body.toString('utf8').split('\n');
	const i = line < 0 ? lines.length + line : line;
	const at = Math.floor(lines[i].length / 2);
	lines[i] = lines[i].slice(0, at) + (lines[i][at] === 'A' ? 'B' : 'A') + lines[i].slice(at + 1);
	return lines.join('\n');
};

try {
	const c = await context();
	const page = await open(c);
	await step('the field has the focus', async () => {
		assert.equal(await page.evaluate(() => document.activeElement.id), 'code');
	});
	const proofFiles = (await page.request.get(`${API_URL}/v1/items/${encodeURIComponent(GENUINE)}/proof`)).ok();
	/* Two events and the goods statement behind the verdict. */
	await step('a genuine item is green, its entries proven', async () => {
		const got = await check(page, GENUINE);
		assert.equal(got.verdict, 'genuine_code_only', got.text);
		assert.match(got.tone, /green/, got.text);
		assert.equal(got.proof, 'proven', got.text);
		assert.match(got.badge, /Proof verified: 3 entries/);
		assert.equal(got.custody, 2);
		assert.match(got.text, /content is not shown to the public/);
		assert.match(got.text, /recorded as entry/);
		assert.match(got.text, /is shown to the parties/);
		assert.doesNotMatch(got.text, /by factory|GLN 950/);
		await page.screenshot({ path: `${SHOTS}/page.png`, fullPage: true });
	});
	/* What a phone opens that has scanned the code. */
	await step('the scanned Digital Link leads to the page', async () => {
		const path = new URL(GENUINE).pathname;
		const other = await c.newPage();
		await other.goto(API_URL + path);
		assert.equal(new URL(other.url()).pathname, `/p${path}`);
		await other.waitForSelector('#proof');
		assert.equal(await other.evaluate(() => document.querySelector('#verdict').dataset.verdict), 'genuine_code_only');
		assert.equal(await other.evaluate(() => document.querySelector('#proof').dataset.state), 'proven');
		await other.close();
	});
	await step('a second visit is held against the first', async () => {
		const got = await check(page, GENUINE);
		assert.match(got.text, /Nothing was rewritten since your earlier visit/);
		assert.equal(got.proof, 'proven', got.text);
	});
	await step('an invented serial is red', async () => {
		const got = await check(page, INVENTED);
		assert.equal(got.verdict, 'forged', got.text);
		assert.match(got.tone, /red/);
		assert.match(got.text, proofFiles ? /complete as of the first/ : /Absence is not proven here/);
	});
	await step('a code of strangers is grey', async () => {
		const got = await check(page, OTHER);
		assert.equal(got.verdict, 'unknown_here', got.text);
		assert.match(got.tone, /grey/);
	});
	await step('a smudged code is unreadable', async () => {
		const got = await check(page, '<b>no code</b>');
		assert.equal(got.verdict, 'unreadable', got.text);
		assert.match(got.tone, /grey/);
	});
	await step('no request leaves the server, no policy is broken', async () => {
		for (const url of page.asked) assert.ok(url.startsWith(origin + '/') || url.startsWith('data:'), url);
		/* 404 of a history that is not there is the only line the browser logs. */
		assert.deepEqual(page.complaints.filter((t) => !/404|403|401/.test(t)), []);
	});
	await step('the page runs no other script and can be cached', async () => {
		const r = await page.request.get(API_URL + '/');
		const csp = r.headers()['content-security-policy'];
		assert.match(csp, /^default-src 'self'; script-src 'sha256-[A-Za-z0-9+/]{43}='; /);
		assert.doesNotMatch(csp, /unsafe/);
		const again = await page.request.get(API_URL + '/', { headers: { 'If-None-Match': r.headers().etag } });
		assert.equal(again.status(), 304);
		const ran = await page.evaluate(() => {
			const s = document.createElement('script');
			s.textContent = 'window.injected = 1';
			document.body.append(s);
			return window.injected;
		});
		assert.equal(ran, undefined);
	});
	await step('it fits a phone, in the dark too', async () => {
		const phone = await context({ viewport: { width: 360, height: 740 }, colorScheme: 'dark' });
		const p = await open(phone);
		const got = await check(p, GENUINE);
		assert.equal(got.proof, 'proven', got.text);
		assert.deepEqual(await p.evaluate(() => [...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().right > innerWidth).map((e) => e.tagName + ': ' + e.textContent.slice(0, 80))), [], 'wider than the screen');
		await p.screenshot({ path: `${SHOTS}/page-phone.png`, fullPage: true });
		await phone.close();
	});
	await step('a byte of the root in the checkpoint', () => tampered('**/log/checkpoint', flip(2)));
	/* The log's own signature comes first; witnesses' stand behind it. */
	await step('a byte of the signature of the checkpoint', () => tampered('**/log/checkpoint', (b) => b.toString().replace(/(\n\n\u2014 \S+ .{40})(.)/, (_, before, c) => before + (c === 'A' ? 'B' : 'A'))));
	await step('a byte of a path', () => tampered(/\/log\/proof\/[1-9]/, flip(2)));
	await step('the index of a proof', () => tampered(/\/log\/proof\/[1-9]/, (b) => b.toString().replace(/^index .*$/m, 'index 1')));
	await step('a byte of a leaf', () => tampered(/\/log\/tile\/0\//, (b) => { const n = Buffer.from(b); for (let i = 5; i < n.length; i += 32) n[i] ^= 1; return n; }));
	await step('a word of the verdict', () => tampered('**/v1/verify?*', (b) => b.toString().replace('genuine', 'Genuine')));
	await step('another genesis', () => tampered('**/v1/log', (b) => { const l = JSON.parse(b); l.policy = Buffer.from('log ' + l.vkey + '\n').toString('base64'); return JSON.stringify(l); }));
	await step('a history without entries', () => tampered('**/history', () => '{"steps":[]}'));
	if (proofFiles) {
		await step('the whole history is proven', async () => {
			const got = await check(page, GENUINE);
			assert.match(got.text, /The whole history is proven/);
			assert.match(got.text, /complete as of the first \d+ entries; map root/);
		});
		const bundle = (change) => (b) => { const o = JSON.parse(b); change(o); return JSON.stringify(o); };
		await step('a proof file that says another verdict', () => tampered('**/proof', bundle((o) => { o.verdict = 'forged'; })));
		await step('a proof file without a subject', () => tampered('**/proof', bundle((o) => { o.subjects[0].map = []; })));
		await step('a proof file of another code', () => tampered('**/proof', bundle((o) => { o.question.code = '00'; })));
		await step('a proof file with one byte more', () => tampered('**/proof', (b) => `${b}x`));
	}
	await step('an answer that cannot be had is no verdict', async () => {
		const p = await open(await context());
		await p.route('**/v1/verify?*', (route) => route.abort());
		const got = await check(p, GENUINE);
		assert.equal(got.verdict, 'none');
		assert.doesNotMatch(got.tone, /green/);
	});
	await step('other keys than last time are shown', async () => {
		await page.evaluate(() => {
			const k = Object.keys(localStorage)[0];
			localStorage.setItem(k, JSON.stringify({ ...JSON.parse(localStorage.getItem(k)), answer: 'did:key:z6Mkother' }));
		});
		const got = await check(page, GENUINE);
		assert.equal(got.proof, 'failed');
		await page.click('text=Accept the new keys');
		await page.waitForSelector('#proof[data-state=proven]');
	});
	console.log('all ok');
} finally {
	await browser.close();
}
