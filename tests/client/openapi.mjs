// SPDX-License-Identifier: Apache-2.0
// Holds the running server against the OpenAPI document it serves, both ways:
// what it answers is declared, and what is declared it answers. Requests are
// made from the document's parameters, good ones with the codes of the story.
// Environment: DIR/env of script/stack, and what tests/e2e/16-openapi.sh adds.
import assert from 'node:assert/strict';
import http from 'node:http';
import { readFileSync } from 'node:fs';
import { Validator } from '@seriousme/openapi-schema-validator';
import { parse, stringify } from 'yaml';
import { Contract } from './contract.mjs';

const env = process.env;
const story = JSON.parse(env.STORY);
const agent = new http.Agent({ keepAlive: true, maxSockets: 4 });
const done = (text) => console.log(`ok - ${text}`);

// Paths go out byte for byte: no client that tidies them up.
const ask = (target, { method = 'GET', headers = {}, body, base = env.API_URL } = {}) => new Promise((ok, no) => {
	const url = new URL(base);
	const req = http.request({ agent, host: url.hostname, port: url.port, path: target, method, headers: body === undefined ? headers : { 'content-length': Buffer.byteLength(body), ...headers } }, (res) => {
		const parts = [];
		res.on('data', (b) => parts.push(b)).on('error', no)
			.on('end', () => ok({ target, method, status: res.statusCode, headers: res.headers, body: Buffer.concat(parts) }));
	});
	req.on('error', (e) => no(new Error(`${method} ${target.slice(0, 100)}: ${e.message}`)));
	req.end(body);
});
const JSON_TYPE = { 'content-type': 'application/json' };
const auditor = { authorization: `Bearer ${env.API_TOKEN}` };

const text = (await ask('/openapi.yaml')).body.toString();
const contract = new Contract(text);
const { ops } = contract;

// ---- the document ----
assert.equal(text, readFileSync(env.OPENAPI, 'utf8'));
const official = await new Validator().validate(parse(text));
assert.ok(official.valid, JSON.stringify(official.errors));
for (const op of ops) {
	assert.deepEqual([...op.path.matchAll(/{(\w+)}/g)].map((m) => m[1]).sort(), op.inPath.map((p) => p.name).sort(), `${op.id}: path and parameters differ`);
	for (const p of op.inPath) assert.ok(p.required, `${op.id}: ${p.name} is not required`);
}
done('the document is OpenAPI 3.1 by its official schema');

const table = [...readFileSync(env.ROUTES, 'utf8').matchAll(/^\t{ ((?:GET|POST|DELETE|\|| )+), "([^"]+)", "([^"]*)",\s+(true|false),\s+\w+ },$/gm)];
const pattern = (op) => op.inPath.some((p) => p['x-spans-segments'])
	? op.path.replace('{ai}', '#').replace(/\/{\w+}(\/{\w+})*$/, '/**') : op.path.replace(/{\w+}/g, '*');
assert.deepEqual(ops.map((op) => [op.method, pattern(op), op.op['x-open-parameters'] ? '*' : op.query.map((p) => p.name).join(' '), String(!op.secured)].join(' ')).sort(),
	table.flatMap(([, methods, path, params, bare]) => methods.split(' | ').map((m) => [m, path, params.trim(), bare].join(' '))).sort());
done(`its ${ops.length} operations, their parameters and tokens are those of the table of routes`);

// ---- good requests ----
const admin = { authorization: `Bearer ${env.ADMIN_TOKEN}` };
const mill = { authorization: `Bearer ${env.BRAND_TOKEN}` };
const context = 'https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld';
const event = (id, more = {}) => ({ type: 'ObjectEvent', eventID: `https://events.example/${id}`, eventTime: '2026-11-24T12:00:00.000Z', eventTimeZoneOffset: '+00:00', action: 'OBSERVE', epcList: [story.item], ...more });
const bare = (id, more) => ({ '@context': context, ...event(id, more) });
const epcis = (...eventList) => ({ '@context': [context], type: 'EPCISDocument', schemaVersion: '2.0', creationDate: '2026-11-24T12:00:00Z', epcisBody: { eventList } });
const capture = async (doc, headers = {}) => (await ask('/epcis/capture', { method: 'POST', headers: { ...JSON_TYPE, ...admin, ...headers }, body: JSON.stringify(doc) })).headers.location;
const captured = await capture(epcis(event('capture'), event('bad', { action: 'MAYBE' })), { 'gs1-capture-error-behaviour': 'proceed' });
await capture(epcis(event('capture')));
const nextPage = new URL(/<([^>]+)>/.exec((await ask('/epcis/capture?perPage=1', { headers: admin })).headers.link)[1], env.API_URL).searchParams;
for (let tries = 0; JSON.parse((await ask(captured, { headers: admin })).body).running; tries++) {
	assert.ok(tries < 200, 'the capture job does not end');
	await new Promise((ok) => setTimeout(ok, 50));
}
const q = (o) => (Object.keys(o).length === 0 ? '' : '?' + new URLSearchParams(o).toString().replaceAll('+', '%20'));
const item = (code) => ({ code });
// Each access names another query or subscription, for what is made or removed
// once only.
const made = { queries: 0, subscriptions: [] };
const subscribe = { dest: 'https://receiver.invalid/', stream: true };
const needed = { method: 'POST', headers: { ...JSON_TYPE, ...auditor } };
for (const body of [{ name: 'kept', query: { eventType: ['ObjectEvent'] } }, { name: 'kept-2', query: {} }, ...Array.from({ length: 100 }, (_, i) => ({ name: `gone-${i}`, query: {} }))])
	assert.equal((await ask('/epcis/queries', { ...needed, body: JSON.stringify(body) })).status, 201);
const subscribed = async (body, format) => JSON.parse((await ask('/epcis/queries/kept/subscriptions', { ...needed, headers: { ...needed.headers, ...(format && { 'gs1-epc-format': format }) }, body: JSON.stringify(body) })).body).subscriptionID;
for (let i = 0; i < 100; i++) made.subscriptions.push(await subscribed(subscribe));
const all = { second: '[0-59]', minute: '[0-59]', hour: '[0-23]', dayOfMonth: '[1-31]', month: '[1-12]', dayOfWeek: '1,[2-7]' };
const failing = await subscribed({ dest: subscribe.dest, schedule: all, reportIfEmpty: true, signatureToken: 'x' });
for (const format of ['Always_EPC_URN', 'Never_Translates']) await subscribed(subscribe, format);
const KEPT = '/epcis/queries/kept/subscriptions';
for (let i = 0; ; i++) {
	if (JSON.parse((await ask(`${KEPT}/${failing}`, { headers: auditor })).body).state === 'failing') break;
	assert.ok(i < 200, 'a receiver that does not exist never fails');
	await new Promise((ok) => { setTimeout(ok, 100); });
}
const good = {
	'GET /epcis/queries': [{ headers: auditor, query: { perPage: 1 } }, { headers: auditor }],
	'POST /epcis/queries': [{ headers: auditor, status: 201, get body() { return { name: `made-${made.queries++}`, query: { eventType: ['ObjectEvent'] } }; } }],
	'GET /epcis/queries/{name}': [{ name: 'kept', headers: auditor }],
	'DELETE /epcis/queries/{name}': [{ headers: auditor, status: 204, get name() { return `gone-${made.gone = (made.gone ?? -1) + 1}`; } }],
	'GET /epcis/queries/{name}/events': [{ name: 'kept', headers: auditor, query: { perPage: 2 } }],
	'GET /epcis/queries/{name}/subscriptions': [{ name: 'kept', headers: auditor, query: { perPage: 2 } }, { name: 'kept', headers: auditor, query: { perPage: 1000 } }],
	'POST /epcis/queries/{name}/subscriptions': [{ name: 'kept-2', headers: auditor, status: 201, body: subscribe }, { name: 'kept-2', headers: auditor, status: 201, body: { dest: subscribe.dest, schedule: { ...all, month: '1', dayOfMonth: '1' }, reportIfEmpty: true, signatureToken: 'x' } }],
	'GET /epcis/queries/{name}/subscriptions/{subscriptionID}': [{ name: 'kept', subscriptionID: failing, headers: auditor }],
	'DELETE /epcis/queries/{name}/subscriptions/{subscriptionID}': [{ name: 'kept', headers: auditor, status: 204, get subscriptionID() { return made.subscriptions.pop(); } }],
	'GET /v1/verify': [...story.codes.map((code) => ({ query: { code } })), { query: { code: story.item, lang: 'en', country: 'DE' } }],
	'POST /v1/verify': [{ body: { code: story.item } }, { body: { items: [story.item, { code: 'hello' }] }, query: { lang: 'en', country: 'DE' } }],
	'GET /v1/items/{code}': [{ ...item(story.item), headers: auditor }, { ...item(story.packed), headers: auditor }, item(story.item), item(story.packed), item(story.during), item(story.sscc), item(story.plain), item(story.item.replace('https://id.gs1.org/', ''))],
	'GET /v1/items/{code}/history': [{ ...item(story.item), headers: auditor }, { ...item(story.packed), headers: auditor }, item(story.item), item(story.packed), item(story.sscc), item(story.plain)],
	'GET /v1/items/{code}/proof': [{ ...item(story.item), headers: auditor }, { ...item(story.packed), query: { country: 'DE' } }, { ...item(story.packed), headers: mill }, { ...item(`${story.item}NEVER`), headers: auditor }, item(story.item.replace('https://id.gs1.org/', ''))],
	'GET /log/absence': [{ query: { subject: story.item }, headers: auditor }, { query: { subject: story.item } }, { query: { subject: `${story.item}NEVER` } }, { query: { subject: 'registry/device/mill-old' }, headers: auditor }],
	'GET /log/tile/{level}/{path}': [{ level: 0, path: '000.p/3' }, { level: 0, path: '000.p/1' }],
	'GET /log/tile/entries/{path}': [{ path: '000.p/3', headers: auditor }],
	'GET /log/proof/{index}': [{ index: 0 }, { index: story.index }],
	'GET /log/consistency': [{ query: { from: 1, to: 3 } }, { query: { from: 3, to: 3 } }],
	'GET /{ai}/{path}': [{ ai: '01', path: '09506000134352/21/A', query: { linkType: 'linkset' } }, { ai: '01', path: '09506000134352', status: 307 },
		{ ai: '01', path: '09506000134352', query: { linkType: 'gs1:certificationInfo' }, status: 300 }],
	'GET /p/{ai}/{path}': [{ ai: '01', path: '09506000134352/21/A' }],
	'GET /org/{name}/did.json': [{ name: 'mill' }],
	'GET /epcis/events': [{ headers: auditor, query: { perPage: 2 } }, { headers: auditor, query: { eventType: 'ObjectEvent', EQ_bizStep: 'shipping', orderBy: 'eventTime' } }],
	'GET /epcis/events/{eventID}': [{ eventID: story.eventID, headers: auditor }],
	...Object.fromEntries(Object.entries({ eventTypes: 'ObjectEvent', epcs: story.item, bizSteps: 'shipping', bizLocations: story.place, readPoints: 'https://id.gs1.org/414/9506000111117', dispositions: 'in_transit' }).flatMap(([name, value]) => [
		[`GET /epcis/${name}`, [{ headers: auditor, query: { perPage: 1 } }, { headers: auditor }]], [`GET /epcis/${name}/{value}`, [{ value, headers: auditor }]], [`GET /epcis/${name}/{value}/events`, [{ value, headers: auditor }, { value, headers: auditor, query: { EQ_action: 'ADD' } }]]])),
	'DELETE /epcis/nextPageToken/{token}': [{ token: 'x', status: 501 }],
	'GET /device/{name}/did.json': story.devices.map((name) => ({ name })),
	'GET /epcis/capture': [{ headers: admin, query: { perPage: 1 } }, { headers: admin, query: { perPage: 1, nextPageToken: nextPage.get('nextPageToken') } }, { headers: auditor }, { headers: mill }],
	'POST /epcis/capture': [{ headers: admin, body: epcis(event('capture')), status: 202 }, { headers: admin, body: epcis(event('second')), status: 202 }],
	'GET /epcis/capture/{captureID}': [{ captureID: captured.split('/').at(-1), headers: admin }],
	'POST /epcis/events': [{ headers: admin, body: bare('one'), status: 201 }, { headers: admin, body: { ...bare('two'), eventID: undefined }, status: 201 }],
};
// The map is followed from the start on, beside all else.
for (const base of [env.API_URL, env.VARIANT_URL]) for (let tries = 0; (await ask(`/log/absence?subject=x`, { base })).status !== 200; tries++) {
	assert.ok(tries < 200, 'there are no proofs');
	await new Promise((ok) => setTimeout(ok, 50));
}
const build = (op, example = {}, query = example.query ?? {}) => op.path.replace(/{(\w+)}/g, (_, n) => (op.inPath.find((p) => p.name === n)['x-spans-segments'] ? String(example[n]) : encodeURIComponent(example[n]))) + q(query);
const options = (op, example, more = {}) => ({ method: op.method, ...(example?.body === undefined ? {} : { body: JSON.stringify(example.body) }), ...more,
	headers: { ...(example?.body === undefined ? {} : JSON_TYPE), ...example?.headers, ...more.headers } });
const examples = (op) => good[op.id] ?? [{}];
const send = async (op, example, more, query) => {
	const res = await ask(build(op, example, query), options(op, example, more));
	contract.check(op, res);
	return res;
};
const refused = async (op, want, example, more, query) => {
	const res = await send(op, example, more, query);
	assert.ok([want].flat().includes(res.status), `${op.id}: ${res.method} ${res.target.slice(0, 200)} was answered with ${res.status}, wanted ${want}: ${res.body}`);
	return /json$/.test(res.headers['content-type']) ? JSON.parse(res.body) : null;
};
for (const op of ops) for (const example of examples(op)) {
	for (const p of op.parameters) {
		const v = p.in === 'path' ? example[p.name] : example.query?.[p.name];
		if (v !== undefined) assert.ok(contract.valid(p.schema, v), `${op.id}: ${p.name}=${v} is refused by its own schema`);
	}
	if (example.body) assert.ok(contract.valid(op.op.requestBody.content['application/json'].schema, example.body));
	const res = await send(op, example);
	assert.equal(res.status, example.status ?? 200, `${op.id}: ${res.target}: ${res.body}`);
	if (op.method === 'GET') {
		const head = await send(op, example, { method: 'HEAD' });
		assert.equal(head.status, example.status ?? 200);
		assert.equal(head.headers['content-type'], res.headers['content-type']);
	}
	const tag = res.headers.etag;
	assert.equal(tag !== undefined, '304' in op.op.responses, `${op.id}: ETag and 304 go together`);
	if (tag === undefined) continue;
	// The newest checkpoint may have moved on since: the tag is asked for again.
	const tags = [(t) => t, (t) => `W/${t}`, (t) => `"x", ${t}`, () => '*'];
	for (const form of tags) for (let tries = 1, now = 0, t = tag; now !== 304; tries++) {
		assert.ok(tries < 20, `${op.id}: ${form(t)} is never 304`);
		const again = await send(op, example, { headers: { ...example.headers, 'if-none-match': form(t) } });
		[now, t] = [again.status, again.headers.etag];
	}
	await refused(op, 200, example, { headers: { ...example.headers, 'if-none-match': '"x"' } });
}
done('good requests are answered with 200, HEAD alike, 304 on their tag, and by the schemas');

// ---- bad requests ----
// Texts that a parameter's schema does not allow.
const illFormed = (schema) => ['', 'x', 'nonsense~', '-1', '0', '1.5', '0x10', '64', '99999999999999999999', 'EN', 'de', 'DEU', 'x001/2', '000.p/0', 'a'.repeat(64)].filter((t) => {
	if (schema.type === 'integer') return !/^-?\d+$/.test(t) || !Number.isSafeInteger(Number(t)) || !contract.valid(schema, Number(t));
	return !contract.valid(schema, t);
});
let count = 0;
for (const op of ops) {
	const [example] = examples(op);
	const query = example.query ?? {};
	let p;
	if (!op.op['x-passes-parameters']) {
		p = await refused(op, 400, example, {}, { ...query, nonsense: '1' });
		assert.equal(p.parameter, 'nonsense');
	}
	for (const param of op.query) {
		if (param.required) {
			p = await refused(op, 400, example, {}, Object.fromEntries(Object.entries(query).filter(([k]) => k !== param.name)));
			assert.equal(p.parameter, param.name);
		}
		for (const v of illFormed(param.schema)) {
			p = await refused(op, param.name === 'asOf' ? 501 : 400, example, {}, { ...query, [param.name]: v });
			assert.equal(p.parameter, param.name);
			count++;
		}
		const twice = await ask(`${build(op, example, { ...query, [param.name]: 'en' })}&${param.name}=en`, options(op, example));
		contract.check(op, twice);
		assert.equal(twice.status, 400);
	}
	for (const param of op.inPath) for (const v of illFormed(param.schema)) { await refused(op, [400, 404], { ...example, [param.name]: v }); count++; }
	for (const end of [`${Object.keys(query).length ? '&' : '?'}=1`, '%zz', '%00']) {
		const res = await ask(build(op, example) + end, options(op, example));
		contract.check(op, res);
		assert.equal(res.status, 400, `${op.id}: ${res.target}`);
	}
	await refused(op, 414, example, {}, { ...query, nonsense: 'a'.repeat(8192) });
	if ('406' in op.op.responses) for (const [name, value] of [['accept', 'application/xml'], ['gs1-epcis-min', '2.1'], ['gs1-cbv-max', '1.2'], ['gs1-epc-format', 'nonsense']])
		assert.equal((await refused(op, 406, example, { headers: { ...example.headers, [name]: value } })).parameter.toLowerCase(), name);
	await refused(op, 413, example, { body: ' '.repeat(2 ** (op.path.startsWith('/epcis/capture') ? 24 : 20) + 1) });
	if (op.secured) for (const bad of ['Basic abc', 'Bearer', `Bearer ${'a'.repeat(64)}`, 'nonsense', `Bearer ${'a'.repeat(600)}`])
		assert.equal((await refused(op, 401, example, { headers: { ...example.headers, authorization: bad } })).parameter, 'Authorization');
	else assert.equal((await send(op, example, { headers: { authorization: 'nonsense' } })).status, example.status ?? 200);
	const methods = ops.filter((o) => o.path === op.path).map((o) => o.method).flatMap((m) => (m === 'GET' ? ['GET', 'HEAD'] : [m]));
	for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH'].filter((m) => !methods.includes(m))) {
		const res = await ask(build(op, example), { method, body: method === 'HEAD' || method === 'GET' ? undefined : '' });
		contract.check(op, res);
		assert.equal(res.status, 405);
		assert.deepEqual(res.headers.allow.split(', '), [...methods, 'OPTIONS']);
	}
	for (const base of [env.API_URL, env.VARIANT_URL]) {
		const res = await ask(build(op, example), { method: 'OPTIONS', base, headers: { origin: 'https://shop.example' } });
		assert.equal(res.status, 204);
		contract.response(contract.doc.components.responses.Options, res, `OPTIONS ${op.path}`);
		assert.equal('access-control-max-age' in res.headers, base === env.VARIANT_URL);
	}
}
const byId = (id) => ops.find((op) => op.id === id);
const PROOF = byId('GET /v1/items/{code}/proof');
for (const [status, code] of [[400, 'hello'], [400, '01/09506000134352'], [422, story.busy]]) await refused(PROOF, status, { code, headers: auditor });
for (const [op, example] of [[PROOF, item(story.item)], [byId('GET /log/absence'), { query: { subject: 'x' } }]]) {
	const res = await ask(build(op, example), options(op, example, { base: env.BROKEN_URL }));
	contract.check(op, res);
	assert.equal(res.status, 501, 'a server without a map');
}
for (const id of ['GET /v1/items/{code}', 'GET /v1/items/{code}/history'])
	for (const [status, code] of [[400, 'hello'], [400, '01/09506000134352'], [404, `${story.item}X`], [422, story.busy]]) await refused(byId(id), status, { code });
await refused(byId('GET /v1/verify'), 422, { query: { code: story.busy } });
await refused(byId('GET /p/{ai}/{path}'), 422, { ai: '01', path: story.busy.replace(/^(https:\/\/id\.gs1\.org\/)?01\//, ''), headers: { accept: 'application/json' } });
await refused(byId('POST /v1/verify'), 422, { body: { items: [story.item, story.busy] } });
await refused(byId('GET /log/proof/{index}'), 404, { index: Number.MAX_SAFE_INTEGER });
await refused(byId('GET /log/consistency'), 400, {}, {}, { from: 3, to: 2 });
await refused(byId('GET /log/consistency'), 400, {}, {}, { from: 1, to: Number.MAX_SAFE_INTEGER });
await refused(byId('GET /log/tile/{level}/{path}'), 404, { level: 5, path: '000' });
await refused(byId('GET /log/tile/entries/{path}'), 404, { path: 'x999/999', headers: auditor });
await refused(byId('GET /log/tile/entries/{path}'), 401, { path: '000.p/3' });
await refused(byId('GET /log/tile/entries/{path}'), 403, { path: '000.p/3', headers: { authorization: `Bearer ${env.BRAND_TOKEN}` } });
for (const op of ops.filter((o) => o.secured && o.path.startsWith('/epcis/'))) {
	const [example] = examples(op);
	// What a policy opens is for anybody, so that without a token there may be nothing, and never a refusal.
	if (op.method === 'GET' && !/^\/epcis\/(capture|queries|\w+s$)/.test(op.path.replace('/epcis/events', ''))) {
		const res = await ask(build(op, example), options(op, { ...example, headers: {} }));
		contract.check(op, res);
		assert.ok([200, 404].includes(res.status), `${op.id}: ${res.status}`);
	} else await refused(op, 401, { ...example, headers: {} });
	if ('403' in op.op.responses) await refused(op, 403, { ...example, headers: { authorization: `Bearer ${op.method === 'GET' ? env.NOBODY_TOKEN : env.READER_TOKEN}` } });
	if ('404' in op.op.responses) await refused(op, 404, { ...example, value: 'a b', eventID: 'urn:uuid:none', captureID: '00000000-0000-0000-0000-000000000000', name: 'none', subscriptionID: '0'.repeat(32) });
}
await refused(byId('GET /epcis/queries/{name}/events'), 501, { name: 'kept', headers: auditor }, { headers: { ...auditor, connection: 'Upgrade', upgrade: 'websocket' } });
await refused(byId('POST /epcis/queries'), 409, { headers: auditor, body: { name: 'kept', query: {} } });
for (const id of ['POST /epcis/queries', 'POST /epcis/queries/{name}/subscriptions']) {
	const op = byId(id);
	await refused(op, 415, { name: 'kept', headers: auditor }, { body: '{}', headers: { ...auditor, 'content-type': 'text/plain' } });
	for (const body of ['', '{', '[]', '{}', '{"name":1}', '{"dest":"https://a.example/"}']) await refused(op, 400, { name: 'kept', headers: auditor }, { body, headers: { ...auditor, ...JSON_TYPE } });
}
for (const kind of ['org', 'device']) await refused(byId(`GET /${kind}/{name}/did.json`), 404, { name: 'nobody' });
const post = byId('POST /epcis/capture');
const one = byId('POST /epcis/events');
for (const op of [post, one]) {
	await refused(op, 401, { body: {} });
	for (const token of [env.API_TOKEN, env.BRAND_TOKEN]) await refused(op, 403, { body: {}, headers: { authorization: `Bearer ${token}` } });
	for (const type of ['text/xml', 'application/xml', 'application/jsonx']) assert.equal((await refused(op, 415, {}, { body: '<a/>', headers: { ...admin, 'content-type': type } })).parameter, 'Content-Type');
	for (const body of ['', '{', '[]', '"x"', '{}']) await refused(op, 400, {}, { body, headers: { ...JSON_TYPE, ...admin } });
}
await refused(post, 406, { body: epcis(event('capture')), headers: { ...admin, 'gs1-capture-error-behaviour': 'maybe' } });
let p = await refused(post, 400, { body: epcis(event('a'), event('b', { action: 'MAYBE' })), headers: admin });
assert.deepEqual([p.pointer, p.errors.length, p.errors[0].position, p.rule], ['/epcisBody/eventList/1/action', 1, 1, 'action']);
p = await refused(post, 400, { body: epcis(event('capture', { action: 'ADD' })), headers: admin });
assert.equal(p.errors[0].code, 'event_id_reused');
assert.equal((await refused(one, 400, { body: bare('a', { action: 'MAYBE' }), headers: admin })).pointer, '/action');
await refused(one, 409, { body: bare('one', { action: 'ADD' }), headers: admin });
await refused(byId('GET /epcis/capture'), 401, {});
for (const headers of [{}, mill]) await refused(byId('GET /epcis/capture/{captureID}'), headers === mill ? 404 : 401, { captureID: captured.split('/').at(-1), headers });
const partner = { authorization: `Bearer ${env.PARTNER_TOKEN}` };
assert.deepEqual(JSON.parse((await send(byId('GET /epcis/capture'), { headers: partner })).body), []);
await refused(byId('GET /epcis/capture/{captureID}'), 404, { captureID: captured.split('/').at(-1), headers: partner });
done(`unknown, missing, doubled and ${count} ill-formed parameters, sizes, tokens and methods are refused as declared`);

const verify = byId('POST /v1/verify');
const bodySchema = verify.op.requestBody.content['application/json'].schema;
const bodies = [null, [], 'x', 1, {}, { code: 1 }, { code: null }, { code: 'a', nonsense: 1 }, { code: 'a', items: ['a'] }, { items: 'a' }, { items: [] }, { items: [1] }, { items: [null] },
	{ items: [{}] }, { items: [{ code: 1 }] }, { items: [{ code: 'a', nonsense: 1 }] }, { items: Array(1001).fill('a') }];
for (const body of bodies) {
	assert.ok(!contract.valid(bodySchema, body), `${JSON.stringify(body).slice(0, 100)} is allowed by the schema`);
	assert.equal((await refused(verify, 400, { body })).parameter, 'body');
}
for (const body of ['', '{', '{"code":"a"}x', '{"code":"a","code":"b"}', '\xff']) await refused(verify, 400, {}, { body, headers: JSON_TYPE });
for (const type of [undefined, 'text/plain', 'application/jsonx', 'application/x-www-form-urlencoded', 'application/json, text/plain'])
	assert.equal((await refused(verify, 415, {}, { body: '{"code":"a"}', headers: type ? { 'content-type': type } : {} })).parameter, 'Content-Type');
for (const type of ['application/json; charset=utf-8', 'Application/JSON', 'application/json;charset=utf-8'])
	await refused(verify, 200, {}, { body: '{"code":"a"}', headers: { 'content-type': type } });
assert.equal((await refused(verify, 200, { body: { items: Array(1000).fill('hello') } })).items.length, 1000);
done('bodies that the schema refuses are refused, and only those');

const known = ops.filter((o) => o.method === 'GET').map((o) => new RegExp(`^${o.path.replace(/{\w+}/g, '[^/]+')}$`));
for (const path of ['/nonsense', '/v1', '/log', '/v1/verify/', '//', '/v1%2Flog', ...ops.filter((o) => !o.inPath.some((p) => p['x-spans-segments'])).map((o) => `${build(o, examples(o)[0], {})}/nonsense`).filter((p) => !known.some((k) => k.test(p)))]) {
	const res = await ask(path);
	assert.equal(res.status, 404, path);
	contract.response(contract.doc.components.responses[path.startsWith('/epcis') ? 'EpcisProblem' : 'NotFound'], res, `GET ${path}`);
	const { type, code } = JSON.parse(res.body);
	assert.match(code ?? type, /(^|\/)not_found$/);
}
done('nothing is served beside the declared paths');

// ---- the same server under other configurations ----
for (const op of ops) {
	const [example] = examples(op);
	const origin = { origin: 'https://shop.example' };
	// below /epcis the token decides before anything else
	const token = op.secured && op.path.startsWith('/epcis/') ? example.headers : {};
	const open = await ask(build(op, example), options(op, { ...example, headers: {} }, { base: env.VARIANT_URL, headers: { ...origin, ...token } }));
	contract.check(op, open);
	assert.deepEqual([open.status, open.headers['access-control-allow-origin'], open.headers.vary.split(', ').at(-1)], [example.status ?? 200, 'https://shop.example', 'Origin'], op.id);
	const down = await ask(build(op, example), options(op, { ...example, headers: {} }, { base: env.DOWN_URL, headers: op.path.includes('entries') ? auditor : op.op['x-page'] ? { accept: 'application/json' } : token }));
	contract.check(op, down);
	assert.equal(down.status, '503' in op.op.responses ? 503 : example.status ?? 200, `${op.id} without a database`);
}
// One request a second of a token: the one before an operation's uses it up.
for (const op of ops.filter((o) => o.secured)) {
	const limited = { base: env.LIMITED_URL, headers: mill };
	let res;
	for (let tries = 0; tries < 20 && res?.status !== 429; tries++) {
		await ask('/log/checkpoint', limited);
		res = await ask(build(op, examples(op)[0]), options(op, examples(op)[0], limited));
	}
	contract.check(op, res);
	assert.equal(res.status, 429, `${op.id} beyond the rate limit`);
	assert.equal(res.headers['retry-after'], '1');
}
assert.match((await ask('/metrics', { base: env.LIMITED_URL })).body.toString(), /^countermark_api_rate_limited_total [1-9]/m);
for (const op of ops.filter((o) => !o.secured)) assert.notEqual((await ask(build(op, examples(op)[0]), options(op, examples(op)[0], { base: env.LIMITED_URL, headers: mill }))).status, 429);
done('who asks too often is told so, and when to come back');
const lists = { ...auditor, 'gs1-extensions': 'own=https://id.gs1.org/414/' };
const points = await ask('/epcis/readPoints?perPage=1000', { headers: lists });
contract.check(byId('GET /epcis/readPoints'), points);
assert.equal(points.headers['gs1-extensions'], lists['gs1-extensions']);
assert.ok(JSON.parse(points.body).member.includes('own:9506000111117'), points.body);
assert.equal((await ask('/epcis/readPoints/own:9506000111117', { headers: lists })).status, 200);
assert.equal((await ask('/epcis/readPoints/own:9506000111117', { headers: auditor })).status, 404);
assert.ok(JSON.parse((await ask('/epcis/readPoints/own:9506000111117/events', { headers: lists })).body).epcisBody.queryResults.resultsBody.eventList.length > 0);
assert.equal((await refused(byId('GET /epcis/readPoints'), 400, { headers: { ...auditor, 'gs1-extensions': 'own' } })).parameter, 'GS1-Extensions');
done('GS1-Extensions is read, used for the values of lists, and refused by name');
const broken = await ask('/v1/log', { base: env.BROKEN_URL });
contract.check(byId('GET /v1/log'), broken);
assert.equal(broken.status, 500);
done('with CORS, with open entries, without a database and with a broken policy file it answers as declared');

// ---- a checkpoint waits no longer than its witness sleeps ----
{
	const op = byId('GET /log/checkpoint.pending');
	let res;
	process.kill(Number(env.WITNESS_PID), 'SIGCONT');
	for (let tries = 0; tries < 300 && res?.status !== 404; tries++) {
		await new Promise((ok) => setTimeout(ok, 100));
		res = await ask('/log/checkpoint.pending');
		contract.check(op, res);
	}
	assert.equal(res.status, 404, 'the pending checkpoint is never published');
	done('the pending checkpoint is published when the witness is back');
}

// ---- and the other way round: all that is declared was seen ----
const never = ops.flatMap((op) => Object.keys(op.op.responses).map((s) => `${op.id} ${s}`)).filter((s) => !contract.seen.has(s));
// A fault inside can be provoked at one place from outside.
// A subject with more than 10,000 entries is not made for this.
// No receipt within 5 s: tests/e2e/21-capture.sh stops the ingest.
assert.deepEqual(never.filter((s) => !s.endsWith(' 500')), ['GET /log/absence 422', 'POST /epcis/events 202']);
assert.ok(contract.seen.has('GET /v1/log 500'));
const EXCUSED = {
	'EpcisSubscription.lastNotifiedAt': 'only once a receiver has taken something: story 24',
	...Object.fromEntries(['n', 'first', 'left', 'right'].map((name) => [`Subject|0.${name}`, 'only of a list above 256 entries: unit tests of ledger'])),
	// Other stories and the unit tests of provenance make such goods.
	...Object.fromEntries(['genuine_strong', 'stale_offline', 'data_mismatch', 'custody_gap', 'diverted', 'overrun', 'recalled', 'expired', 'already_used', 'duplicate'].map((word) => [`Answer.verdict=${word}`, 'another story'])),
	'Answer.rights[].holder:null': 'only of a right whose holder is not told',
	'Subject|1.other:null': 'only in an empty map',
	'EpcisSubscription.state=suspended': 'likewise',
	'Step.eventTime:null': 'only events that fail the EPCIS schema have none',
};
const unserved = contract.unserved();
assert.deepEqual(unserved.filter((m) => !(m in EXCUSED)), []);
assert.deepEqual(Object.keys(EXCUSED).filter((m) => !unserved.includes(m)), [], 'served by now, no excuse needed');
done('every declared status, member, null and word was served');

// ---- a gap in the document is noticed ----
const history = byId('GET /v1/items/{code}/history');
const real = { state: await ask(build(byId('GET /v1/items/{code}'), item(story.item))), history: await ask(build(history, item(story.packed))),
	refused: await ask('/healthz', { method: 'PUT', body: '' }), metrics: await ask('/metrics') };
const forget = (schema, name) => { delete schema.properties[name]; schema.required = schema.required.filter((n) => n !== name); };
const gaps = [
	['status is not declared', real.refused, 'GET /healthz', (d) => delete d.paths['/healthz'].get.responses['405']],
	['header allow is not declared', real.refused, 'GET /healthz', (d) => delete d.components.responses.MethodNotAllowed.headers.Allow],
	['header etag is not declared', real.state, 'GET /v1/items/{code}', (d) => delete d.paths['/v1/items/{code}'].get.responses['200'].headers.ETag],
	['no header x-more', real.state, 'GET /v1/items/{code}', (d) => { d.components['x-any-answer']['X-More'] = { required: true, schema: { type: 'string' } }; }],
	['must NOT have additional properties', real.state, 'GET /v1/items/{code}', (d) => forget(d.paths['/v1/items/{code}'].get.responses['200'].content['application/json'].schema, 'goods')],
	['must NOT have additional properties', real.history, history.id, (d) => forget(d.components.schemas.Step, 'via')],
	['must be', real.history, history.id, (d) => { d.components.schemas.Step.properties.via.type = 'string'; }],
	['must have required property', real.history, history.id, (d) => { d.components.schemas.Step.properties.more = {}; d.components.schemas.Step.required.push('more'); }],
	['content type', real.metrics, 'GET /metrics', (d) => { const r = d.paths['/metrics'].get.responses['200']; r.content = { 'text/plain': {} }; }],
];
for (const [message, res, id, spoil] of gaps) {
	const doc = parse(text);
	spoil(doc);
	const spoilt = new Contract(stringify(doc, { aliasDuplicateObjects: false }));
	assert.throws(() => spoilt.check(spoilt.ops.find((o) => o.id === id), res), (e) => e.message.includes(message) || assert.fail(`wanted ${message}, got ${e.message}`));
}
done(`${gaps.length} gaps made in the document are noticed`);
console.log('openapi: the server and its document agree');
agent.destroy();
