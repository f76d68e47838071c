// SPDX-License-Identifier: Apache-2.0
// An OpenAPI 3.1 document as a contract: finds what it declares for an
// operation and holds an answer against it, stricter than the document asks:
// members and headers that it does not name are faults.
import assert from 'node:assert/strict';
import Ajv2020 from 'ajv/dist/2020.js';
import { parse } from 'yaml';

// Headers of the transport, not of the interface.
const TRANSPORT = new Set(['connection', 'content-length', 'content-type', 'date', 'keep-alive', 'transfer-encoding']);
const METHODS = ['get', 'post', 'put', 'delete', 'patch'];

export class Contract {
	constructor(text) {
		this.doc = parse(text);
		this.ajv = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true });
		this.ajv.addFormat('uri', (s) => { try { return Boolean(new URL(s)); } catch { return false; } });
		this.ajv.addFormat('date-time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/);
		this.compiled = new Map();
		this.names = new WeakMap();
		this.seen = new Set(); // `GET /path 200`
		this.marks = new Set(); // declared members that were served
		this.ops = Object.entries(this.doc.paths).flatMap(([path, item]) => METHODS.filter((m) => item[m]).map((m) => this.operation(path, m, item[m])));
	}
	operation(path, method, op) {
		const parameters = (op.parameters ?? []).map((p) => this.deref(p));
		return { id: `${method.toUpperCase()} ${path}`, path, method: method.toUpperCase(), op, parameters,
			query: parameters.filter((p) => p.in === 'query'), inPath: parameters.filter((p) => p.in === 'path'),
			secured: (op.security ?? this.doc.security).some((s) => 'bearer' in s) };
	}
	deref(node) {
		while (node?.$ref) {
			assert.match(node.$ref, /^#\//);
			const at = node.$ref.slice(2).split('/').reduce((n, k) => n?.[k.replaceAll('~1', '/').replaceAll('~0', '~')], this.doc);
			assert.ok(at, `${node.$ref} leads nowhere`);
			node = at;
		}
		return node;
	}
	// The schema with its references resolved, closed against further members,
	// and with the encodings that JSON Schema only annotates made binding.
	strict(schema, name) {
		if (schema.$ref) return this.strict(this.deref(schema), schema.$ref.split('/').at(-1));
		const out = {};
		for (const [k, v] of Object.entries(schema)) {
			if (k === 'properties') out[k] = Object.fromEntries(Object.entries(v).map(([p, s]) => [p, this.strict(s, `${name}.${p}`)]));
			else if (k === 'items') out[k] = this.strict(v, `${name}[]`);
			else if (k === 'oneOf') out[k] = v.map((s, i) => this.strict(s, `${name}|${i}`));
			else if (k === 'contentEncoding') { assert.equal(v, 'base64'); out.pattern = '^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$'; }
			else if (k !== 'description') out[k] = v;
		}
		if (out.properties && !('additionalProperties' in out)) out.additionalProperties = false;
		this.names.set(out, name);
		return out;
	}
	validator(schema, name) {
		if (!this.compiled.has(schema)) {
			const strict = this.strict(schema, name);
			this.compiled.set(schema, { strict, test: this.ajv.compile(strict) });
		}
		return this.compiled.get(schema);
	}
	// Of what is asked, not answered: nobody serves its members.
	valid(schema, value) {
		const v = this.validator(schema, 'value');
		v.asked = true;
		return v.test(value);
	}
	hold(schema, value, name, what) {
		const { strict, test } = this.validator(schema, name);
		assert.ok(test(value), `${what}: ${this.ajv.errorsText(test.errors)} in ${JSON.stringify(value)?.slice(0, 300)}`);
		this.mark(strict, value);
	}
	// Members, nulls and enumerated words of a schema: what could be served.
	*leaves(s) {
		const name = this.names.get(s);
		for (const [p, sub] of Object.entries(s.properties ?? {})) { yield `${name}.${p}`; yield* this.leaves(sub); }
		if (Array.isArray(s.type)) for (const t of s.type) yield `${name}:${t === 'null' ? 'null' : 'value'}`;
		for (const v of s.enum ?? []) yield `${name}=${v}`;
		if (s.items) yield* this.leaves(s.items);
		for (const one of s.oneOf ?? []) yield* this.leaves(one);
	}
	mark(s, value) {
		const name = this.names.get(s);
		if (s.oneOf) for (const one of s.oneOf) if (this.ajv.validate(one, value)) this.mark(one, value);
		if (Array.isArray(s.type)) this.marks.add(`${name}:${value === null ? 'null' : 'value'}`);
		if (s.enum) this.marks.add(`${name}=${value}`);
		if (Array.isArray(value)) { if (s.items) for (const v of value) this.mark(s.items, v); } else if (value !== null && typeof value === 'object') {
			for (const [p, v] of Object.entries(value)) if (s.properties?.[p]) { this.marks.add(`${name}.${p}`); this.mark(s.properties[p], v); }
		}
	}
	unserved() {
		const all = new Set();
		for (const { strict } of [...this.compiled.values()].filter((c) => !c.asked)) for (const l of this.leaves(strict)) all.add(l);
		return [...all].filter((l) => !this.marks.has(l));
	}

	headers(declared, res, what) {
		const all = { ...this.doc.components['x-any-answer'], ...declared };
		const known = new Map(Object.entries(all).map(([k, h]) => [k.toLowerCase(), this.deref(h)]));
		for (const [name, value] of Object.entries(res.headers)) {
			if (TRANSPORT.has(name)) continue;
			const h = known.get(name);
			assert.ok(h, `${what}: header ${name} is not declared`);
			const number = h.schema.type === 'integer' && /^\d+$/.test(value);
			this.hold(h.schema, number ? Number(value) : value, `header ${name}`, `${what}: header ${name}`);
		}
		for (const [name, h] of known) if (h.required) assert.ok(name in res.headers, `${what}: no header ${name}`);
	}
	content(declared, res, what) {
		const type = res.headers['content-type'];
		if (!declared) { assert.deepEqual([type, res.body.length], [undefined, 0], `${what}: content is not declared`); return; }
		assert.ok(type, `${what}: no content type`);
		const media = declared[type] ?? declared[type.split(';')[0]];
		assert.ok(media, `${what}: content type ${type} is not declared`);
		if (res.method === 'HEAD') { assert.equal(res.body.length, 0, `${what}: HEAD with a body`); return; }
		assert.ok(res.body.length > 0, `${what}: no body`);
		const json = /[/+]json$/.test(type.split(';')[0]);
		if (media.schema) this.hold(media.schema, json ? JSON.parse(res.body) : res.body.toString(), what.replace(/^(\S+ \S+ \d+).*/, '$1'), what);
		if (res.status >= 400) assert.equal(JSON.parse(res.body).status, res.status, what);
	}
	response(declared, res, what) {
		const r = this.deref(declared);
		this.headers(r.headers, res, what);
		this.content(r.content, res, what);
	}
	// An answer to a request to op. Throws where the document does not say so.
	check(op, res) {
		const what = `${op.id} ${res.status} (${res.method} ${res.target.slice(0, 120)})`;
		const declared = op.op.responses[res.status];
		assert.ok(declared, `${what}: status is not declared`);
		this.response(declared, res, what);
		this.seen.add(`${op.id} ${res.status}`);
	}
}
