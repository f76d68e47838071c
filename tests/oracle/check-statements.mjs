// SPDX-License-Identifier: Apache-2.0
// Statements and receipts in the eyes of independent libraries: cborg (CBOR),
// @noble/curves (Ed25519) and @auth0/cose (COSE). A reader and a maker written
// from docs/formats.md alone must agree with the vectors and with the C code.
// Usage: node check-statements.mjs VECTORS-FOLDER STATEMENT-TOOL
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

if (!existsSync(new URL('node_modules', import.meta.url))) {
  console.log('skipped: npm ci has not been run in tests/oracle');
  process.exit(77);
}
const { decode, encode, rfc8949EncodeOptions } = await import('cborg');
const { ed25519 } = await import('@noble/curves/ed25519');
// The CommonJS build: the other one does not load under Node 18.
const require = createRequire(import.meta.url);
const { Sign1 } = require('@auth0/cose');
const { importJWK } = require('jose');

const [vectors, tool] = process.argv.slice(2);
const LD = 'application/ld+json';
const REGISTRY = 'application/vnd.countermark.registry+json';
const RECEIPT = 'application/vnd.countermark.receipt+json';
const TEXT_KEYS = ['seq', 'boot', 'mono', 'prev', 'wall', 'clock', 'epoch'];
const U64 = (1n << 64n) - 1n;

let faults = 0;
let checks = 0;
function check(good, what) {
  checks++;
  if (!good) {
    faults++;
    console.log(`FAULT ${what}`);
  }
}

const hex = (bytes) => Buffer.from(bytes).toString('hex');
const unhex = (text) => Uint8Array.from(Buffer.from(text, 'hex'));
const same = (a, b) => Buffer.compare(a, b) === 0;
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

// formats 1.1: tagged COSE_Sign1; the tag's handler hands the array on.
const strict = {
  strict: true, useMaps: true, allowIndefinite: false, allowUndefined: false,
  allowNaN: false, allowInfinity: false, rejectDuplicateMapKeys: true, tags: [],
};
const tagged = { ...strict, tags: [] };
tagged.tags[18] = (value) => ({ sign1: value });

function canonical(value) {
  return encode(value, rfc8949EncodeOptions);
}

class Refused extends Error {
  constructor(code, why) {
    super(why);
    this.code = code;
  }
}

function need(condition, why) {
  if (!condition) throw new Refused('bad_encoding', why);
}

function decodeExact(bytes, options) {
  try {
    return decode(bytes, options);
  } catch (error) {
    throw new Refused('bad_encoding', error.message);
  }
}

const isBytes = (value, n) => value instanceof Uint8Array && (n === undefined || value.length === n);
const isUint = (value) => (typeof value === 'number' && Number.isInteger(value) && value >= 0 && !Object.is(value, -0)) ||
  (typeof value === 'bigint' && value >= 0n && value <= U64);

function split(bytes) {
  const outer = decodeExact(bytes, tagged);
  need(Array.isArray(outer?.sign1) && outer.sign1.length === 4, 'four parts under tag 18');
  const [header, unprotected, payload, signature] = outer.sign1;
  need(isBytes(header) && isBytes(payload) && isBytes(signature, 64), 'byte strings');
  need(unprotected instanceof Map && unprotected.size === 0, 'the empty unprotected map');
  const again = Buffer.concat([Buffer.from([0xd2]), canonical([header, new Map(), payload, signature])]);
  need(same(again, bytes), 'one encoding of the message');
  return { header, payload, signature };
}

function readHeader(header, labels) {
  const map = decodeExact(header, strict);
  need(map instanceof Map && [...map.keys()].join() === labels.join(), `labels ${labels}`);
  need(same(canonical(map), header), 'one encoding of the header');
  need(map.get(1) === -8, 'EdDSA');
  need(isBytes(map.get(4), 32), 'a kid of 32 bytes');
  return map;
}

function sealed(payload) {
  try {
    const value = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(payload));
    return value !== null && typeof value === 'object' && !Array.isArray(value) && Object.hasOwn(value, 'cm:sealed');
  } catch {
    return false;
  }
}

function sigStructure(header, payload) {
  return canonical(['Signature1', header, new Uint8Array(), payload]);
}

function signatureGood(message, kid) {
  try {
    return ed25519.verify(message.signature, sigStructure(message.header, message.payload), kid, { zip215: false });
  } catch {
    return false;
  }
}

// formats 1.2, 1.4, 1.6
function readStatement(bytes) {
  if (bytes.length > 60000) throw new Refused('too_large', 'size');
  const message = split(bytes);
  const header = readHeader(message.header, [1, 3, 4, 15]);
  need([LD, REGISTRY].includes(header.get(3)), 'content type');
  const claims = header.get(15);
  need(claims instanceof Map, 'claims');
  const keys = claims.has('seen') ? [...TEXT_KEYS, 'seen'] : TEXT_KEYS;
  need(claims.size === 3 + keys.length && [1, 2, 6, ...keys].every((key) => claims.has(key)), 'exactly the claims');
  const text = (key, max) => typeof claims.get(key) === 'string' && Buffer.byteLength(claims.get(key)) <= max;
  need(text(1, 400) && text(2, 2048), 'iss, sub');
  need(['seq', 'epoch', 'mono', 'wall', 'clock'].every((key) => isUint(claims.get(key))), 'unsigned integers');
  need(claims.get('seq') >= 1 && claims.get('epoch') >= 1 && claims.get('clock') <= 3, 'ranges');
  need(isBytes(claims.get('prev'), 32) && isBytes(claims.get('boot'), 16), 'prev, boot');
  need(isUint(claims.get(6)) && BigInt(claims.get(6)) === BigInt(claims.get('wall')) / 1000n, 'iat');
  need(claims.get('clock') !== 0 || BigInt(claims.get('wall')) === 0n, 'wall without a clock');
  const seen = claims.get('seen');
  need(seen === undefined || (Array.isArray(seen) && seen.length === 2 && isUint(seen[0]) && isBytes(seen[1], 32)), 'seen');
  need(!sealed(message.payload), 'cm:sealed');
  if (!signatureGood(message, header.get(4))) throw new Refused('bad_signature', 'signature');
  return { content: header.get(3), claims, kid: header.get(4), payload: message.payload };
}

// As statement_tool and the vectors print one.
function printed(statement, bytes) {
  const claims = statement.claims;
  const seen = claims.get('seen');
  return {
    content: statement.content, iss: claims.get(1), sub: claims.get(2), iat: String(claims.get(6)),
    epoch: String(claims.get('epoch')), seq: String(claims.get('seq')), prev: hex(claims.get('prev')),
    boot: hex(claims.get('boot')), mono: String(claims.get('mono')), wall: String(claims.get('wall')),
    clock: String(claims.get('clock')),
    ...(seen && { seen_index: String(seen[0]), seen_leaf: hex(seen[1]) }),
    kid: hex(statement.kid), payload: hex(statement.payload), hash: sha256(bytes),
  };
}

function judged(read, bytes) {
  try {
    return { code: 'ok', value: read(bytes) };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { code: error.code, why: error.message };
  }
}

async function coseVerifies(bytes, kid) {
  try {
    const key = await importJWK({ kty: 'OKP', crv: 'Ed25519', x: Buffer.from(kid).toString('base64url') }, 'EdDSA');
    await Sign1.decode(bytes).verify(key);
    return true;
  } catch {
    return false;
  }
}

async function checkStatementVectors() {
  const { cases } = JSON.parse(readFileSync(join(vectors, 'statements.json'), 'utf8'));
  for (const vector of cases) {
    const bytes = unhex(vector.message);
    const { code, value, why } = judged(readStatement, bytes);
    check(code === vector.code, `statement ${vector.name}: got ${code} (${why}), wanted ${vector.code}`);
    if (vector.code === 'ok' && code === 'ok') {
      for (const [name, got] of Object.entries(printed(value, bytes))) {
        check(got === vector[name], `statement ${vector.name}: ${name}: got ${got}, wanted ${vector[name]}`);
      }
      check(await coseVerifies(bytes, value.kid), `statement ${vector.name}: COSE library refuses the signature`);
    }
    if (vector.code === 'bad_signature') {
      const kid = readHeader(split(bytes).header, [1, 3, 4, 15]).get(4);
      check(!await coseVerifies(bytes, kid), `statement ${vector.name}: COSE library takes the signature`);
    }
  }
  return cases.length;
}

// formats 3.2, the envelope; the members are in the C tests.
function receiptReader(key) {
  return (bytes) => {
    const message = split(bytes);
    const header = readHeader(message.header, [1, 3, 4]);
    need(header.get(3) === RECEIPT, 'content type');
    if (!same(header.get(4), key) || !signatureGood(message, key)) throw new Refused('bad_signature', 'signature');
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(message.payload));
  };
}

async function checkReceiptVectors(key) {
  const { cases } = JSON.parse(readFileSync(join(vectors, 'receipts.json'), 'utf8'));
  for (const vector of cases) {
    if (!['ok', 'bad_encoding', 'bad_signature'].includes(vector.code)) continue;
    const bytes = unhex(vector.message);
    const { code, value, why } = judged(receiptReader(key), bytes);
    check(code === vector.code, `receipt ${vector.name}: got ${code} (${why}), wanted ${vector.code}`);
    if (code !== 'ok') continue;
    const members = 'log,device,epoch,upto_seq,head,index,at,log_epoch,nacks';
    check(Object.keys(value).join().startsWith(members), `receipt ${vector.name}: members ${Object.keys(value)}`);
    check(Buffer.from(value.head, 'base64').length === 32, `receipt ${vector.name}: head`);
    check(await coseVerifies(bytes, key), `receipt ${vector.name}: COSE library refuses the signature`);
  }
  return cases.length;
}

// A repeatable source of numbers (xorshift32).
let state = 0x2545f491;
function random(below) {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % below;
}
const randomBytes = (n) => Uint8Array.from({ length: n }, () => random(256));

function randomUint(min) {
  const bits = BigInt(random(65));
  const value = ((BigInt(random(2 ** 32)) << 32n) | BigInt(random(2 ** 32))) & ((1n << bits) - 1n);
  const big = value < min ? BigInt(min) : value;
  return big <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(big) : big;
}

// formats 1.2 to 1.4, the maker.
function makeStatement() {
  const seed = randomBytes(32);
  const kid = ed25519.getPublicKey(seed);
  const clock = random(4);
  const wall = clock === 0 ? 0 : random(2) ? Date.now() : randomUint(0);
  const iat = BigInt(wall) / 1000n;
  const name = `did:web:example.com:device:d-${random(1000)}`;
  const claims = new Map([
    [1, name], [2, random(2) ? name : `https://id.gs1.org/01/09506000134352/21/\u00fc${random(1e9)}`],
    [6, iat <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(iat) : iat],
    ['seq', randomUint(1)], ['epoch', randomUint(1)], ['prev', randomBytes(32)], ['boot', randomBytes(16)],
    ['mono', randomUint(0)], ['wall', wall], ['clock', clock],
  ]);
  if (random(2)) claims.set('seen', [randomUint(0), randomBytes(32)]);
  const header = canonical(new Map([[1, -8], [3, random(2) ? LD : REGISTRY], [4, kid], [15, claims]]));
  const payload = Buffer.from(JSON.stringify({ n: 'x'.repeat(random(400)) }));
  const signature = ed25519.sign(sigStructure(header, payload), seed);
  return Buffer.concat([Buffer.from([0xd2]), canonical([header, new Map(), payload, signature])]);
}

function toolReads(lines) {
  const folder = mkdtempSync(join(tmpdir(), 'countermark-oracle-'));
  try {
    const file = join(folder, 'statements');
    writeFileSync(file, lines.map((bytes) => `${hex(bytes)}\n`).join(''));
    const text = execFileSync(tool, ['parse', file], { encoding: 'utf8', maxBuffer: 1 << 28 });
    return text.trimEnd().split('\n').map((line) => JSON.parse(line));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function checkMade(count) {
  const made = Array.from({ length: count }, makeStatement);
  toolReads(made).forEach((got, i) => {
    check(got.code === 'ok', `made ${i}: the tool says ${got.code} ${got.clause} ${got.detail}`);
    if (got.code !== 'ok') return;
    for (const [name, want] of Object.entries(printed(readStatement(made[i]), made[i]))) {
      check(got[name] === want, `made ${i}: ${name}: the tool says ${got[name]}, wanted ${want}`);
    }
  });
  return made;
}

// One byte changed, removed or put in: both readers give the same code.
function damage(bytes) {
  const at = random(Math.min(bytes.length, 420));
  const kind = random(4);
  if (kind === 0) return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]);
  if (kind === 1) return Buffer.concat([bytes.subarray(0, at), randomBytes(1), bytes.subarray(at)]);
  const out = Buffer.from(bytes);
  out[at] ^= kind === 2 ? 1 << random(8) : 1 + random(255);
  return out;
}

function checkDamaged(made, rounds) {
  const damaged = [];
  for (let i = 0; i < rounds; i++) damaged.push(...made.map(damage));
  toolReads(damaged).forEach((got, i) => {
    const { code, why } = judged(readStatement, damaged[i]);
    check(got.code === code, `damaged ${hex(damaged[i])}: the tool says ${got.code} (${got.detail}), wanted ${code} (${why})`);
  });
  return damaged.length;
}

const key = ed25519.getPublicKey(new Uint8Array(32).fill(1));
const statements = await checkStatementVectors();
const receipts = await checkReceiptVectors(key);
const made = checkMade(200);
const damaged = checkDamaged(made, 5);
console.log(`vectors=${statements}+${receipts} made=${made.length} damaged=${damaged} checks=${checks} faults=${faults}`);
process.exit(faults === 0 ? 0 : 1);
