// SPDX-License-Identifier: Apache-2.0
// Mutations of a proof bundle (formats 7). Each says which check of 7.4 must
// fail: a name, a list of names, or 'same' where the change is harmless.
const clone = (v) => structuredClone(v);
const at = (o, path) => path.reduce((v, k) => v[k], o);
const edit = (o, path, change) => {
  const out = clone(o);
  const parent = at(out, path.slice(0, -1));
  const last = path[path.length - 1];
  const v = change(parent[last], parent, last);
  if (v !== undefined) parent[last] = v;
  return out;
};
function* walk(v, path = []) {
  yield [path, v];
  if (v !== null && typeof v === 'object')
    for (const k of Object.keys(v)) yield* walk(v[k], [...path, Array.isArray(v) ? Number(k) : k]);
}
const say = (path) => path.map((k) => (typeof k === 'number' ? `[${k}]` : `.${k}`)).join('').replace(/^\./, '');

// Where bytes and numbers of the proof stand, the check that holds them.
const holder = (path) => {
  if (path[0] === 'genesis') return 'genesis';
  if (path[0] === 'epoch') return 'epoch';
  // An entry that is mentioned again, or a part outside its list, fails sooner.
  if (path[0] === 'subjects' && ['entries', 'n', 'first'].includes(path[2])) return ['map', 'form'];
  if (path[0] === 'subjects' && path[2] !== 'subject') return 'map';
  return null;
};
const isBase64 = (path, v) => typeof v === 'string' && holder(path) !== null;

function* base64Of(o, path, v) {
  const b = Buffer.from(v, 'base64');
  const bits = b.length <= 32 ? [0, 7, 128, 255] : [0, 1, b.length * 4, b.length * 4 + 3, b.length * 8 - 1, b.length * 8 - 200];
  for (const bit of bits) {
    if (bit < 0 || bit >= b.length * 8) continue;
    const c = Buffer.from(b);
    c[bit >> 3] ^= 1 << (bit & 7);
    yield [`bit ${bit} of ${say(path)}`, edit(o, path, () => c.toString('base64')), holder(path)];
  }
  yield [`a blank behind ${say(path)}`, edit(o, path, (s) => `${s} `), 'form'];
  yield [`a line end in ${say(path)}`, edit(o, path, (s) => `${s.slice(0, 4)}\n${s.slice(4)}`), 'form'];
  yield [`no padding in ${say(path)}`, edit(o, path, (s) => s.replace(/=+$/, '') + (s.endsWith('=') ? '' : '=')), 'form'];
  if (v.endsWith('=')) {
    const i = v.indexOf('=') - 1;
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
    yield [`bits behind the end of ${say(path)}`, edit(o, path, (s) => s.slice(0, i) + alphabet[alphabet.indexOf(s[i]) + 1] + s.slice(i + 1)), 'form'];
  }
  yield [`an escape in ${say(path)}`, JSON.stringify(edit(o, path, () => '\u0001')).replace('"\\u0001"', () => `"\\u00${v.charCodeAt(0).toString(16)}${v.slice(1)}"`), 'form'];
  const url = v.replace(/\+/g, '-').replace(/\//g, '_');
  if (url !== v) yield [`base64url in ${say(path)}`, edit(o, path, () => url), 'form'];
  if (path[path.length - 1] !== 'entry') {
    yield [`31 bytes in ${say(path)}`, edit(o, path, () => b.subarray(1).toString('base64')), 'form'];
    yield [`33 bytes in ${say(path)}`, edit(o, path, () => Buffer.concat([b, b.subarray(0, 1)]).toString('base64')), 'form'];
  } else {
    yield [`a byte less in ${say(path)}`, edit(o, path, () => b.subarray(0, -1).toString('base64')), holder(path)];
    yield [`a byte more in ${say(path)}`, edit(o, path, () => Buffer.concat([b, Buffer.of(0)]).toString('base64')), holder(path)];
    yield [`nothing in ${say(path)}`, edit(o, path, () => ''), 'form'];
  }
  yield [`a number in ${say(path)}`, edit(o, path, () => 7), 'form'];
  yield [`null in ${say(path)}`, edit(o, path, () => null), path[path.length - 1] === 'other' ? 'map' : 'form'];
}
function* numberOf(o, path, v) {
  const held = holder(path);
  for (const d of [1, -1]) {
    const n = v + d;
    if (held) yield [`${say(path)} ${d > 0 ? '+' : '-'} 1`, edit(o, path, () => n), n < 0 || (typeof path[path.length - 1] === 'number' && n > 255) ? 'form' : held];
  }
  for (const [word, t] of [['a fraction', `${v}.0`], ['an exponent', `${v}e0`], ['a leading zero', `0${v}`], ['a plus', `+${v}`], ['minus zero', '-0'], ['2^53', '9007199254740992'], ['2^64', '18446744073709551616']])
    yield [`${word} in ${say(path)}`, JSON.stringify(edit(o, path, () => '\u0001')).replace('"\\u0001"', t), 'form'];
  yield [`a string in ${say(path)}`, edit(o, path, () => String(v)), 'form'];
}
function* listOf(o, path, v) {
  const held = holder(path) ?? null;
  if (!held || path[path.length - 1] === 'subjects') return;
  const pair = path.length === 4 && path[2] === 'map';
  if (v.length > 0) {
    yield [`the last of ${say(path)} gone`, edit(o, path, (l) => l.slice(0, -1)), pair || (v.length === 1 && path[2] === 'entries') ? 'form' : held];
    yield [`the first of ${say(path)} gone`, edit(o, path, (l) => l.slice(1)), pair || (v.length === 1 && path[2] === 'entries') ? 'form' : held];
    yield [`the last of ${say(path)} twice`, edit(o, path, (l) => [...l, l[l.length - 1]]), pair ? 'form' : held];
  }
  for (let i = 0; i + 1 < v.length; i++)
    if (JSON.stringify(v[i]) !== JSON.stringify(v[i + 1]))
      yield [`${say(path)}[${i}] and the next exchanged`, edit(o, path, (l) => { const c = [...l]; [c[i], c[i + 1]] = [c[i + 1], c[i]]; return c; }), pair ? 'form' : held];
}
function* objectOf(o, path, v) {
  for (const k of Object.keys(v)) {
    yield [`${say([...path, k])} gone`, edit(o, [...path, k], (x, p, n) => { delete p[n]; }), 'form'];
    const text = JSON.stringify(edit(o, [...path, k], () => '\u0001'));
    const whole = JSON.stringify(v[k]);
    yield [`${say([...path, k])} twice`, text.replace('"\\u0001"', () => `${whole},${JSON.stringify(k)}:${whole}`), 'form'];
  }
  const added = path.length ? edit(o, [...path, 'more'], () => 1) : { ...o, more: 1 };
  yield [`one more member in ${say(path) || 'the bundle'}`, added, 'form'];
}

const resign = (o, change) => edit(o, ['checkpoint'], change);
function* notes(o) {
  const [body, sigs] = o.checkpoint.split('\n\n');
  const lines = body.split('\n');
  const sig = sigs.trimEnd().split('\n');
  const put = (l, s = sig) => resign(o, () => `${l.join('\n')}\n\n${s.join('\n')}\n`);
  yield ['CRLF in the note', resign(o, (n) => n.replace(/\n/g, '\r\n')), 'note'];
  yield ['a leading zero in the size', put([lines[0], `0${lines[1]}`, lines[2]]), 'note'];
  yield ['the size + 1', put([lines[0], String(Number(lines[1]) + 1), lines[2]]), 'note'];
  yield ['another origin in the note', put([`${lines[0]}x`, lines[1], lines[2]]), 'note'];
  yield ['another root in the note', put([lines[0], lines[1], Buffer.alloc(32).toString('base64')]), 'note'];
  yield ['an extension line', put([...lines, 'more']), 'note'];
  yield ['an empty extension line', put([...lines, '']), 'note'];
  yield ['no signature at all', resign(o, () => `${body}\n\n`), 'note'];
  yield ['no blank line', resign(o, (n) => n.replace('\n\n', '\n')), 'note'];
  yield ['no line end', resign(o, (n) => n.slice(0, -1)), 'note'];
  yield ['one more line end', resign(o, (n) => `${n}\n`), 'note'];
  yield ['a tab in the note', resign(o, (n) => n.replace(' ', '\t')), 'note'];
  yield ['an ASCII dash', put(lines, sig.map((l) => l.replace('\u2014', '-'))), 'note'];
  yield ['a signature twice', put(lines, [...sig, sig[0]]), 'note'];
  const stranger = (i) => `\u2014 stranger.example/${i} ${Buffer.alloc(68, i + 1).toString('base64')}`;
  yield ['a stranger signs too', put(lines, [...sig, stranger(0)]), 'same'];
  yield ['a stranger signs first', put(lines, [stranger(0), ...sig]), 'same'];
  yield ['a stranger without base64', put(lines, [...sig, '\u2014 stranger.example/0 !!!!']), 'note'];
  const fill = (n) => [...sig, ...Array.from({ length: n - sig.length }, (_, i) => stranger(i))];
  yield ['16 signatures', put(lines, fill(16)), 'same'];
  yield ['17 signatures', put(lines, fill(17)), 'note'];
  yield ['signatures in another order', put(lines, [...sig].reverse()), 'same'];
  yield ['the log does not sign', put(lines, sig.slice(1).length ? sig.slice(1) : [stranger(0)]), 'note'];
  for (let i = 0; i < sig.length; i++) {
    const [dash, name, blob] = sig[i].split(' ');
    const b = Buffer.from(blob, 'base64');
    const with_ = (line) => put(lines, sig.map((l, j) => (j === i ? line : l)));
    for (let k = 4; k < b.length; k += 5) {
      const c = Buffer.from(b);
      c[k] ^= 16;
      yield [`byte ${k} of signature ${i}`, with_(`${dash} ${name} ${c.toString('base64')}`), 'note'];
    }
    yield [`signature ${i} is a byte short`, with_(`${dash} ${name} ${b.subarray(0, -1).toString('base64')}`), 'note'];
    const other = Buffer.from(b);
    other[0] ^= 1;
    const gone = i === 0 ? 'note' : 'quorum or same';
    yield [`another key id in signature ${i}`, with_(`${dash} ${name} ${other.toString('base64')}`), gone];
    yield [`another name in signature ${i}`, with_(`${dash} ${name}x ${blob}`), gone];
    if (i > 0) yield [`witness ${i} did not sign`, put(lines, sig.filter((_, j) => j !== i)), gone];
  }
}
function* subjects(o) {
  for (let i = 0; i < o.subjects.length; i++) {
    const s = o.subjects[i];
    const put = (v) => edit(o, ['subjects', i], () => v);
    yield [`subjects[${i}] twice`, { ...clone(o), subjects: [...o.subjects, s] }, 'form'];
    if (s.present) {
      yield [`subjects[${i}] is called absent`, put({ subject: s.subject, present: false, other: null, map: s.map }), 'map'];
      yield [`subjects[${i}] is called absent by itself`, put({ subject: s.subject, present: false, other: { key: Buffer.alloc(32, 1).toString('base64'), value: Buffer.alloc(32, 2).toString('base64') }, map: s.map }), 'map'];
      yield [`subjects[${i}] without entries`, put({ ...s, entries: [] }), ['form', 'map']];
    } else {
      yield [`subjects[${i}] is called present`, put({ subject: s.subject, present: true, entries: [{ index: 0, leaf: Buffer.alloc(32).toString('base64') }], map: s.map }), 'map'];
      if (s.other) yield [`subjects[${i}] without the other`, put({ ...s, other: null }), 'map'];
    }
    // Where one is absent, so may be its neighbour.
    yield [`another subject ${i}`, put({ ...s, subject: `${s.subject}x` }), s.present ? 'map' : ['map', 'authority', 'subjects', 'verdict', 'same']];
    const j = (i + 1) % o.subjects.length;
    if (j !== i && s.present && o.subjects[j].present)
      yield [`subjects[${i}] under the name of the next`, edit(edit(o, ['subjects', i, 'subject'], () => o.subjects[j].subject), ['subjects', j, 'subject'], () => s.subject), 'map'];
    yield [`present of subjects[${i}] is 1`, put({ ...s, present: 1 }), 'form'];
    yield [`subjects[${i}] left out`, { ...clone(o), subjects: o.subjects.filter((_, k) => k !== i) }, 'left out'];
  }
  yield ['no subject at all', { ...clone(o), subjects: [] }, 'left out'];
}
const VERDICTS = ['genuine_strong', 'genuine_code_only', 'unknown_here', 'not_registered', 'unreadable', 'data_mismatch', 'custody_gap',
  'diverted', 'overrun', 'recalled', 'expired', 'already_used', 'duplicate', 'forged'];
function* whole(o, text) {
  yield ['nothing', text, 'same'];
  yield ['blanks', JSON.stringify(o, null, 2), 'same'];
  yield ['members in another order', Object.fromEntries(Object.entries(o).reverse()), 'same'];
  yield ['a byte order mark', `\ufeff${text}`, 'form'];
  yield ['text behind the end', `${text} x`, 'form'];
  yield ['a second object', text + text, 'form'];
  yield ['half of it', text.slice(0, text.length >> 1), 'form'];
  yield ['empty', '', 'form'];
  yield ['a list around it', `[${text}]`, 'form'];
  yield ['a comma too many', `${text.trimEnd().slice(0, -1)},}`, 'form'];
  yield ['another version', { ...o, countermark: 'bundle/v2' }, 'form'];
  yield ['another origin', { ...o, origin: `${o.origin}x` }, 'note'];
  yield ['wrong UTF-8', Buffer.concat([Buffer.from(text.trimEnd().slice(0, -1)), Buffer.from(',"\xff":1}', 'latin1')]), 'form'];
  yield ['a lone surrogate', text.trimEnd().slice(0, -1) + ',"\\ud800":1}', 'form'];
  yield ['an escaped member name', text.replace('"verdict"', '"\\u0076erdict"'), 'same'];
  for (const v of VERDICTS) if (v !== o.verdict) yield [`verdict ${v}`, { ...o, verdict: v }, 'verdict'];
  yield ['a verdict of no such name', { ...o, verdict: 'fine' }, ['form', 'verdict']];
  yield ['a negative time', edit(o, ['question', 'at'], () => -1), 'form'];
  yield ['a country of three letters', edit(o, ['question', 'country'], () => 'DEU'), 'form'];
}

/* Yields {name, bytes, expect}. */
export function* mutations(text) {
  const o = JSON.parse(text);
  const all = function* () {
    yield* whole(o, text);
    yield* notes(o);
    yield* subjects(o);
    for (const [path, v] of walk(o)) {
      if (path[0] === 'findings' && path.length > 1) continue;
      if (isBase64(path, v)) yield* base64Of(o, path, v);
      else if (typeof v === 'number') yield* numberOf(o, path, v);
      else if (Array.isArray(v)) yield* listOf(o, path, v);
      else if (v !== null && typeof v === 'object') yield* objectOf(o, path, v);
    }
  };
  for (const [name, what, expect] of all()) {
    const bytes = Buffer.isBuffer(what) ? what : Buffer.from(typeof what === 'string' ? what : JSON.stringify(what));
    yield { name, bytes, expect };
  }
}
