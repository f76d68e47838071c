// SPDX-License-Identifier: Apache-2.0
// openmetrics.mjs TABLE PROGRAM=FILE|URL…: reads expositions as strictly as
// OpenMetrics 1.0 allows, and holds them against the table of docs/metrics.md:
// every family of the program, its type, unit and labels, and no other.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

const TYPE = 'application/openmetrics-text; version=1.0.0; charset=utf-8';
const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const SUFFIXES = { counter: ['_total', '_created'], gauge: [''], histogram: ['_bucket', '_count', '_sum', '_created'] };
const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;

// {a="b",c="d"} -> Map; escapes are \\ \" and \n alone.
const labels = (text, line) => {
	const out = new Map(), pair = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,(?=.)|$)/;
	while (text !== '') {
		const m = pair.exec(text);
		assert.ok(m, `labels: ${line}`);
		assert.ok(!out.has(m[1]), `label ${m[1]} twice: ${line}`);
		out.set(m[1], m[2]);
		text = text.slice(m[0].length);
	}
	return out;
};
const metadata = (families, line) => {
	const m = new RegExp(`^# (TYPE|UNIT|HELP) (${NAME}) (.+)$`).exec(line);
	assert.ok(m, `metadata: ${line}`);
	const [, word, name, value] = m;
	let f = families.at(-1);
	if (f?.name !== name) {
		assert.ok(!families.some((x) => x.name === name), `family ${name} is torn apart`);
		f = { name, samples: [] };
		families.push(f);
	}
	assert.equal(f.samples.length, 0, `${word} behind a sample of ${name}`);
	assert.ok(!(word in f), `${word} of ${name} twice`);
	f[word] = value;
	if (word === 'TYPE') assert.ok(value in SUFFIXES, `type: ${line}`);
	if (word === 'UNIT') assert.ok(name.endsWith(`_${value}`), `unit: ${line}`);
	if (word === 'HELP') assert.ok(!/\\[^\\n"]/.test(value), `escape: ${line}`);
};
const sample = (families, line) => {
	const m = new RegExp(`^(${NAME})(?:{(.*)})? (\\S+)$`).exec(line), f = families.at(-1);
	assert.ok(m && f?.TYPE, `sample: ${line}`);
	const suffix = SUFFIXES[f.TYPE].find((s) => f.name + s === m[1]);
	assert.notEqual(suffix, undefined, `${line}: no sample of ${f.TYPE} ${f.name}`);
	assert.match(m[3], NUMBER, line);
	assert.notEqual(m[2], '', `empty braces: ${line}`);
	const s = { suffix, labels: labels(m[2] ?? '', line), value: Number(m[3]) };
	s.key = suffix + JSON.stringify([...s.labels].sort());
	assert.ok(!f.samples.some((x) => x.key === s.key), `twice: ${line}`);
	if (f.TYPE !== 'gauge') assert.ok(s.value >= 0, `negative: ${line}`);
	assert.equal(s.labels.has('le'), suffix === '_bucket', `le: ${line}`);
	f.samples.push(s);
};
const histogram = (f) => {
	const groups = new Map();
	for (const s of f.samples) {
		const rest = JSON.stringify([...s.labels].filter(([k]) => k !== 'le').sort());
		const g = groups.get(rest) ?? groups.set(rest, { buckets: [] }).get(rest);
		if (s.suffix === '_bucket') g.buckets.push(s); else g[s.suffix] = s.value;
	}
	for (const { buckets, _count, _sum } of groups.values()) {
		let bound = -Infinity, below = 0;
		for (const b of buckets) {
			const le = b.labels.get('le'), at = le === '+Inf' ? Infinity : Number(le);
			if (le !== '+Inf') assert.match(le, /^-?\d+(\.\d+|e[+-]\d\d)$/, `${f.name}: le="${le}" is not canonical`);
			assert.ok(at > bound, `${f.name}: buckets out of order`);
			assert.ok(b.value >= below, `${f.name}: buckets do not add up`);
			[bound, below] = [at, b.value];
		}
		assert.equal(bound, Infinity, `${f.name}: no bucket +Inf`);
		assert.equal(_count, below, `${f.name}: _count is not the last bucket`);
		assert.notEqual(_sum, undefined, `${f.name}: no _sum`);
	}
};
export const parse = (text) => {
	assert.ok(text.endsWith('\n'), 'no LF at the end');
	const lines = text.slice(0, -1).split('\n'), families = [];
	assert.equal(lines.pop(), '# EOF', 'the last line');
	for (const line of lines) if (line.startsWith('#')) metadata(families, line); else sample(families, line);
	for (const f of families) {
		assert.ok(f.TYPE && f.HELP, `${f.name}: no type or help`);
		for (const s of [...SUFFIXES.counter, ...SUFFIXES.histogram]) assert.ok(!f.name.endsWith(s), `${f.name} ends in ${s}`);
		for (const unit of ['seconds', 'bytes']) assert.equal(f.UNIT === unit, f.name.endsWith(`_${unit}`), `${f.name}: unit ${f.UNIT}`);
		for (const g of families) for (const s of SUFFIXES[g.TYPE]) assert.ok(s === '' || f.name !== g.name + s, `${f.name} clashes with ${g.name}`);
		if (f.TYPE === 'histogram') histogram(f);
	}
	return families;
};

export const table = (text) => [...text.matchAll(/^\| `(\w+)` \| (\w+) \| (\S+) \| ([^|]+) \|/gm)].map(([, name, type, unit, names]) => ({
	name: type === 'counter' ? name.replace(/_total$/, '') : name, type, unit: unit === '–' ? undefined : unit, labels: names.trim() === '–' ? '' : names.trim() }));
export const hold = (rows, families, program) => {
	const wanted = rows.filter((r) => r.name.startsWith(`countermark_${program}_`));
	assert.ok(wanted.length > 0, `no metric of ${program} in the table`);
	assert.deepEqual(families.map((f) => f.name).sort(), wanted.map((r) => r.name).sort());
	for (const f of families) {
		const r = wanted.find((x) => x.name === f.name);
		assert.deepEqual([f.TYPE, f.UNIT], [r.type, r.unit], f.name);
		for (const s of f.samples) assert.equal([...s.labels.keys()].filter((k) => k !== 'le').join(', '), r.labels, f.name);
	}
};

// Each rule must be able to fail.
const c = '# TYPE a counter\n# HELP a a\n', h = '# TYPE a histogram\n# HELP a a\n', tail = '# EOF\n';
parse(`${c}a_total{x="\\"\\\\\\n"} 1\na_total 2\n${tail}`);
parse(`${h}a_bucket{le="0.5"} 1\na_bucket{le="+Inf"} 3\na_count 3\na_sum 2.5\n${tail}`);
const broken = ['', c, `${c}a_total 1\n# EOF`, `${c}a_total 1\n${tail}\n`, `${c}a_total 1\n\n${tail}`, `${c}a 1\n${tail}`, `${c}a_total -1\n${tail}`, `${c}a_total x\n${tail}`, `${c}a_total 1\na_total 1\n${tail}`,
	`${c}a_total{} 1\n${tail}`, `${c}a_total{x="1",} 1\n${tail}`, `${c}a_total{x="1",x="2"} 1\n${tail}`, `${c}a_total{x="\\t"} 1\n${tail}`, `${c}a_total{x=1} 1\n${tail}`, `${c}a_total  1\n${tail}`, `${c}a_total NaN\n${tail}`,
	`a_total 1\n${tail}`, `# TYPE a counter\na_total 1\n${tail}`, `# HELP a a\n${tail}`, `# TYPE a thing\n# HELP a a\n${tail}`, `${c}# TYPE a counter\n${tail}`, `${c}a_total 1\n# UNIT a s\n${tail}`, `${c}# UNIT a seconds\n${tail}`,
	'# TYPE a_seconds gauge\n# HELP a_seconds a\n# EOF\n', '# TYPE a_total counter\n# HELP a_total a\n# EOF\n', `${c}# TYPE b gauge\n# HELP b b\nb 1\n# HELP a a\n${tail}`, '# note\n# EOF\n',
	`${h}a_bucket{le="1"} 1\na_bucket{le="+Inf"} 1\na_count 1\na_sum 1\n${tail}`, `${h}a_bucket{le="1.0"} 1\na_count 1\na_sum 1\n${tail}`, `${h}a_bucket{le="2.0"} 1\na_bucket{le="1.0"} 1\na_bucket{le="+Inf"} 1\na_count 1\na_sum 1\n${tail}`,
	`${h}a_bucket{le="1.0"} 2\na_bucket{le="+Inf"} 1\na_count 1\na_sum 1\n${tail}`, `${h}a_bucket{le="+Inf"} 1\na_count 2\na_sum 1\n${tail}`, `${h}a_bucket{le="+Inf"} 1\na_count 1\n${tail}`, `${h}a_bucket 1\na_count 1\na_sum 1\n${tail}`];
for (const text of broken) assert.throws(() => parse(text), `taken for OpenMetrics: ${text}`);
const row = table('| `countermark_x_a_total` | counter | – | code | what | – |\n');
const family = (line, type = 'counter') => parse(`# TYPE countermark_x_a ${type}\n# HELP countermark_x_a a\n${line}${tail}`);
hold(row, family('countermark_x_a_total{code="b"} 1\n'), 'x');
for (const [rows, families] of [[row, []], [row, family('countermark_x_a_total 1\n')], [row, family('countermark_x_a 1\n', 'gauge')], [[], family('')],
	[row, [...family(''), ...parse('# TYPE countermark_x_b gauge\n# HELP countermark_x_b b\n# EOF\n')]]]) assert.throws(() => hold(rows, families, 'x'));

const [file, ...programs] = process.argv.slice(2);
const rows = table(readFileSync(file, 'utf8'));
for (const arg of programs) {
	const [, program, where] = /^(\w+)=(.*)$/.exec(arg);
	let text;
	if (where.startsWith('http')) {
		const res = await fetch(where, { headers: { accept: TYPE } });
		assert.equal(res.headers.get('content-type'), TYPE);
		text = await res.text();
	} else text = readFileSync(where, 'utf8');
	const families = parse(text);
	hold(rows, families, program);
	console.log(`ok - ${program}: ${families.length} families of metrics, as in the table`);
}
