// SPDX-License-Identifier: Apache-2.0
// EPC tags in the eyes of an independent library, epc-tds: what it encodes
// Countermark must read, what Countermark encodes it must read, and of tags of
// random bits both must say the same. Where epc-tds is known to differ, the
// difference is computed here and counted (docs/conformance.md names each).
// Usage: node check-epc.mjs EPC-TOOL
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

if (!existsSync(new URL('node_modules/epc-tds', import.meta.url))) {
  console.log('skipped: npm ci has not been run in tests/oracle');
  process.exit(77);
}
const require = createRequire(import.meta.url);
const tds = require('epc-tds');
const [tool] = process.argv.slice(2);

let faults = 0;
let checks = 0;
function check(good, what) {
  checks++;
  if (!good) {
    faults++;
    console.log(`FAULT ${what}`);
  }
}

// A repeatable source of numbers (xorshift32).
let state = 0x2545f491;
function random(below) {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % below;
}
const digits = (n) => Array.from({ length: n }, () => random(10)).join('');
function bits(n) {
  let value = 0n;
  for (let i = 0; i < n; i++) value = value << 1n | BigInt(random(2));
  return value >> BigInt(random(n));
}

const CSET82 = '!"%&\'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz';
const escape = (text) => text.replace(/["%&/<>?]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

function checkDigit(text) {
  let sum = 0;
  [...text].reverse().forEach((c, i) => { sum += Number(c) * (i % 2 ? 1 : 3); });
  return (10 - sum % 10) % 10;
}

// Of each scheme: its class there, digits of the reference in partition p, bits
// of prefix and reference, the identifier's text, and how epc-tds is told.
const PREFIX_BITS = [40, 37, 34, 30, 27, 24, 20];
const gtin = (f) => {
  const body = f.ref[0] + f.gcp + f.ref.slice(1);
  return body + checkDigit(body);
};
const checked = (text) => text + checkDigit(text);
const schemes = {
  'sgtin-96': {
    header: 0x30, make: () => new tds.Sgtin96(), refDigits: (p) => p + 1, pair: 44,
    last: () => String(bits(38)), text: (f) => `(01)${gtin(f)}(21)${f.last}`,
    fill: (t, f) => t.setItemReference(Number(f.ref)).setSerial(Number(f.last)),
  },
  'sgtin-198': {
    header: 0x36, make: () => new tds.Sgtin198(), refDigits: (p) => p + 1, pair: 44,
    last: () => Array.from({ length: 1 + random(20) }, () => CSET82[random(82)]).join(''),
    text: (f) => `(01)${gtin(f)}(21)${f.last.replace(/\(/g, '\\(')}`,
    fill: (t, f) => t.setItemReference(Number(f.ref)).setSerial(f.last),
  },
  'sscc-96': {
    header: 0x31, make: () => new tds.Sscc96(), refDigits: (p) => p + 5, pair: 58,
    last: () => null, text: (f) => `(00)${checked(f.ref[0] + f.gcp + f.ref.slice(1))}`,
    fill: (t, f) => t.setSerialReference(Number(f.ref)),
  },
  'sgln-96': {
    header: 0x32, make: () => new tds.Sgln96(), refDigits: (p) => p, pair: 41,
    last: () => String(random(4) ? bits(41) : 0),
    text: (f) => `(414)${checked(f.gcp + f.ref)}${f.last === '0' ? '' : `(254)${f.last}`}`,
    fill: (t, f) => t.setLocation(Number(f.ref)).setExtension(Number(f.last)),
  },
  'grai-96': {
    header: 0x33, make: () => new tds.Grai96(), refDigits: (p) => p, pair: 44,
    last: () => String(bits(38)), text: (f) => `(8003)0${checked(f.gcp + f.ref)}${f.last}`,
    fill: (t, f) => t.setAssetType(Number(f.ref)).setSerial(Number(f.last)),
  },
  'giai-96': {
    header: 0x34, make: () => new tds.Giai96(), refDigits: () => null, pair: 82,
    last: () => null, text: (f) => `(8004)${f.gcp}${f.ref}`,
    fill: (t, f) => t.setAssetReference(BigInt(f.ref)),
  },
};

function makeFields(name, partition) {
  const s = schemes[name];
  const n = s.refDigits(partition);
  return {
    filter: random(8),
    partition,
    gcp: digits(12 - partition),
    ref: n === null ? String(bits(s.pair - PREFIX_BITS[partition])) : digits(n),
    last: s.last(),
  };
}

function theirs(name, f) {
  const tag = schemes[name].make().setFilter(f.filter).setPartition(f.partition);
  (name === 'sgln-96' ? tag.setCompany(Number(f.gcp)) : tag.setCompanyPrefix(Number(f.gcp)));
  return schemes[name].fill(tag, f).toHexString();
}

const explained = { empty: 0, escapes: 0 };

// Their tag URI made to say what TDS says: an empty reference is printed as 0,
// a serial without its escapes.
function theirUri(hex, name) {
  const tag = tds.valueOf(hex);
  let uri = tag.toTagURI();
  if (tag.getPartition() === 0 && (name === 'sgln-96' || name === 'grai-96')) {
    explained.empty++;
    uri = uri.replace(/^(urn:epc:tag:[a-z0-9-]+:\d\.\d{12}\.)0(\..*)$/, '$1$2');
  }
  if (name === 'sgtin-198') {
    const serial = tag.getSerial();
    if (escape(serial) !== serial) explained.escapes++;
    uri = uri.slice(0, uri.length - serial.length) + escape(serial);
  }
  return uri;
}

function run(lines) {
  const folder = mkdtempSync(join(tmpdir(), 'countermark-oracle-'));
  try {
    const file = join(folder, 'lines');
    writeFileSync(file, lines.map((line) => `${line}\n`).join(''));
    const text = execFileSync(tool, [file], { encoding: 'utf8', maxBuffer: 1 << 28 });
    return text.trimEnd().split('\n').map((line) => JSON.parse(line));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function tagUri(name, f) {
  const fields = [f.filter, f.gcp, f.ref];
  if (f.last !== null) fields.push(name === 'sgtin-198' ? escape(f.last) : f.last);
  return `urn:epc:tag:${name}:${fields.join('.')}`;
}

// Both write the same tag, and each reads what the other wrote.
function checkMade(each) {
  const made = [];
  for (const name of Object.keys(schemes)) {
    for (let p = 0; p < 7; p++) {
      for (let i = 0; i < each; i++) made.push({ name, f: makeFields(name, p) });
    }
  }
  const hexes = made.map(({ name, f }) => theirs(name, f));
  const read = run(hexes.map((hex) => `read ${hex}`));
  const written = run(made.map(({ name, f }) => `write ${name} ${f.filter} ${f.gcp.length} ${schemes[name].text(f)}`));
  made.forEach(({ name, f }, i) => {
    const want = tagUri(name, f);
    const what = `${want} ${hexes[i]}`;
    check(read[i].code === 'ok' && read[i].tag === want, `read ${what}: ${JSON.stringify(read[i])}`);
    check(written[i].code === 'ok' && written[i].hex === hexes[i], `write ${what}: ${JSON.stringify(written[i])}`);
    check(written[i].link === read[i].link && written[i].urn === read[i].urn, `forms ${what}`);
    check(written[i].code !== 'ok' || theirUri(written[i].hex, name) === want, `theirs ${what}: ${theirUri(hexes[i], name)}`);
  });
  return made.length;
}

// gs1.md 8.2, judged from the bits alone; null: a tag that must be read.
function refusal(hex, name) {
  const s = schemes[name];
  const text = [...hex].map((c) => parseInt(c, 16).toString(2).padStart(4, '0')).join('');
  const number = (from, n) => (n === 0 ? 0n : BigInt(`0b${text.slice(from, from + n)}`));
  const p = Number(number(11, 3));
  if (p === 7) return 'partition';
  if (number(14, PREFIX_BITS[p]) >= 10n ** BigInt(12 - p)) return 'prefix';
  const n = s.refDigits(p);
  if (n !== null && number(14 + PREFIX_BITS[p], s.pair - PREFIX_BITS[p]) >= 10n ** BigInt(n)) return 'reference';
  if (name === 'sscc-96' && number(72, 24) !== 0n) return 'rest';
  if (name !== 'sgtin-198') return null;
  if (number(198, 2) !== 0n) return 'rest';
  let serial = '';
  for (let i = 0; i < 20; i++) serial += String.fromCharCode(Number(number(58 + 7 * i, 7)));
  serial = serial.replace(/\0+$/, '');
  return serial !== '' && [...serial].every((c) => CSET82.includes(c)) ? null : 'serial';
}

// Tags of random bits, most with one wrong field at most.
function randomTag(name) {
  const hex = theirs(name, makeFields(name, random(7)));
  if (random(3) === 0) return hex;
  const at = 2 + random(hex.length - 2);
  return hex.slice(0, at) + random(16).toString(16).toUpperCase() + hex.slice(at + 1);
}

function checkDamaged(count) {
  const names = Object.keys(schemes);
  const tags = Array.from({ length: count }, () => {
    const name = names[random(names.length)];
    return { name, hex: randomTag(name) };
  });
  const refused = {};
  run(tags.map(({ hex }) => `read ${hex}`)).forEach((got, i) => {
    const { name, hex } = tags[i];
    const why = refusal(hex, name);
    if (why !== null) {
      refused[why] = (refused[why] ?? 0) + 1;
      check(got.code !== 'ok', `${name} ${hex} is read, wanted a refusal: ${why}`);
      return;
    }
    check(got.code === 'ok' && got.hex === hex, `${name} ${hex}: ${JSON.stringify(got)}`);
    check(got.tag === theirUri(hex, name), `${name} ${hex}: ${got.tag}, theirs ${theirUri(hex, name)}`);
  });
  return refused;
}

const made = checkMade(60);
const refused = checkDamaged(6000);
console.log(`made=${made} damaged=6000 refused=${JSON.stringify(refused)} explained=${JSON.stringify(explained)} checks=${checks} faults=${faults}`);
for (const why of ['partition', 'prefix', 'reference', 'rest', 'serial']) {
  if (!refused[why]) {
    console.log(`FAULT no tag was refused for its ${why}`);
    faults++;
  }
}
process.exit(faults === 0 ? 0 : 1);
