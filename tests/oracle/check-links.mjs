// SPDX-License-Identifier: Apache-2.0
// Digital Links in the eyes of an independent library: digital-link.js builds
// URIs that the C code reads, the C code writes URIs that digital-link.js reads
// and judges by its grammar. Usage: node check-links.mjs LINK-TOOL
// digital-link.js neither encodes nor decodes: values are escaped here.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

if (!existsSync(new URL('node_modules', import.meta.url))) {
  console.log('skipped: npm ci in tests/oracle installs the libraries');
  process.exit(77);
}
const { DigitalLink } = createRequire(import.meta.url)('digital-link.js');
const [tool] = process.argv.slice(2);

let checks = 0;
let faults = 0;
function check(ok, text) {
  checks++;
  if (ok) return;
  faults++;
  if (faults <= 20) console.log(text);
}

// What the library calls invalid and why. All of it is read alike, only its
// judgement is not used; what is listed and is never called invalid is a fault.
const NO_CHECK_DIGIT = 'a key missing in its table of check digits is never valid';
const DIFFERENCES = {
  401: NO_CHECK_DIGIT, 417: NO_CHECK_DIGIT, 8004: NO_CHECK_DIGIT, 8006: NO_CHECK_DIGIT, 8010: NO_CHECK_DIGIT,
  8017: NO_CHECK_DIGIT,
  235: 'the third-party serial is younger than its grammar',
  '%22': 'its grammar leaves the quotation mark out of CSET 82',
};
const differed = new Set();

// A repeatable source of numbers (xorshift32).
let state = 0x2545f491;
function random(below) {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % below;
}
const pick = (list) => list[random(list.length)];
const chars = (set, min, max) => Array.from({ length: min + random(max - min + 1) }, () => pick(set)).join('');
const DIGITS = '0123456789';
const CSET82 = '!"%&\'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz';
const text = (max) => () => chars(CSET82, 1, max);
const digits = (min, max = min) => () => chars(DIGITS, min, max);

// gs1.md 5.1
function withCheck(body) {
  let sum = 0;
  [...body].reverse().forEach((digit, i) => { sum += (i % 2 ? 1 : 3) * Number(digit); });
  return body + ((10 - sum % 10) % 10);
}
const checked = (n) => () => withCheck(chars(DIGITS, n - 1, n - 1));
const date = () => `${chars(DIGITS, 2, 2)}${pick(['01', '06', '12'])}${pick(['00', '01', '28'])}`;
const two = (n) => String(n).padStart(2, '0');
function pieces() {
  const total = 1 + random(99);
  return two(1 + random(total)) + two(total);
}

const KEYS = {
  '00': { value: checked(18), qualifiers: [[]] },
  '01': { value: checked(14), qualifiers: [['22', '10', '21'], ['235']] },
  253: { value: () => checked(13)() + text(17)(), qualifiers: [[]] },
  255: { value: () => checked(13)() + digits(1, 12)(), qualifiers: [[]] },
  401: { value: () => digits(7)() + text(23)(), qualifiers: [[]] },
  402: { value: checked(17), qualifiers: [[]] },
  414: { value: checked(13), qualifiers: [['254']] },
  417: { value: checked(13), qualifiers: [['7040']] },
  8003: { value: () => `0${checked(13)()}${text(16)()}`, qualifiers: [[]] },
  8004: { value: () => digits(7)() + text(23)(), qualifiers: [[]] },
  8006: { value: () => checked(14)() + pieces(), qualifiers: [['22', '10', '21']] },
  8010: { value: () => digits(7)() + chars('#-/0123456789ABCXYZ', 1, 20), qualifiers: [['8011']] },
  8017: { value: checked(18), qualifiers: [['8019']] },
  8018: { value: checked(18), qualifiers: [['8019']] },
};
const QUALIFIERS = {
  22: text(20), 10: text(20), 21: text(20), 235: text(28), 254: text(20),
  7040: () => `${digits(1)()}${chars('ABC09', 3, 3)}`,
  8011: () => `${1 + random(9)}${digits(0, 11)()}`, 8019: digits(1, 10),
};
const ATTRIBUTES = {
  11: date, 17: date, 20: digits(2), 240: text(30), 3103: digits(6), 3922: digits(1, 15), 400: text(30), 90: text(30), 98: text(90),
};

function makeLink() {
  const key = pick(Object.keys(KEYS));
  const ais = [[key, KEYS[key].value()]];
  const kinds = [key];
  for (const ai of pick(KEYS[key].qualifiers)) {
    if (!random(2)) continue;
    ais.push([ai, QUALIFIERS[ai]()]);
    kinds.push(ai);
  }
  const inPath = ais.length;
  for (const ai of Object.keys(ATTRIBUTES)) {
    if (!random(4)) ais.push([ai, ATTRIBUTES[ai]()]);
  }
  return { ais, inPath, kinds };
}

// gs1.md 7.1
const escaped = (value) => encodeURIComponent(value)
  .replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

function built({ ais, inPath }) {
  const link = DigitalLink('https://a.example/' + ais.slice(0, 1).map(([ai, value]) => `${ai}/${escaped(value)}`));
  ais.slice(1, inPath).forEach(([ai, value]) => link.setKeyQualifier(ai, escaped(value)));
  link.setKeyQualifiersOrder(ais.slice(1, inPath).map(([ai]) => ai));
  ais.slice(inPath).forEach(([ai, value]) => link.setAttribute(ai, escaped(value)));
  return link.toWebUriString();
}

function toolReads(lines) {
  const folder = mkdtempSync(join(tmpdir(), 'countermark-oracle-'));
  try {
    const file = join(folder, 'links');
    writeFileSync(file, lines.map((line) => `${line}\n`).join(''));
    const out = execFileSync(tool, [file], { encoding: 'utf8', maxBuffer: 1 << 28 });
    return out.trimEnd().split('\n').map((line) => JSON.parse(line));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const sorted = (ais) => JSON.stringify([...ais].sort(([a], [b]) => (a < b ? -1 : 1)));

// The URI that C wrote, in the library's eyes.
function readBack(uri) {
  const link = DigitalLink(uri);
  const parts = [link.getIdentifier(), link.getKeyQualifiers(), link.getAttributes()];
  return { link, ais: parts.flatMap((part) => Object.entries(part).map(([ai, value]) => [ai, decodeURIComponent(value)])) };
}

const made = Array.from({ length: 2000 }, makeLink);
const uris = made.map(built);
toolReads(uris).forEach((got, i) => {
  check(got.code === 'ok', `${uris[i]}: ${got.code} ${got.detail}`);
  if (got.code !== 'ok') return;
  check(sorted(got.ais) === sorted(made[i].ais), `${uris[i]}: read ${JSON.stringify(got.ais)}`);
  const { link, ais } = readBack(got.link);
  check(sorted(ais) === sorted(made[i].ais), `${got.link}: the library reads ${JSON.stringify(ais)}`);
  const known = made[i].kinds.find((ai) => DIFFERENCES[ai]) ?? (got.link.includes('%22') && '%22');
  if (link.isValid()) check(true);
  else if (known) differed.add(known);
  else check(false, `${got.link}: the library calls it invalid`);
});
for (const kind of Object.keys(DIFFERENCES)) {
  check(differed.has(kind), `${kind} is listed as different, but agrees`);
}
console.log(`links=${made.length} checks=${checks} differences=${[...differed]} faults=${faults}`);
process.exit(faults === 0 ? 0 : 1);
