// SPDX-License-Identifier: Apache-2.0
// Event hashes in the eyes of an independent library, epcis2.js. It has the
// order in which CBV 2.0 prints the rules, so that is what is compared, over
// events made at random from what both sides read alike. Where they differ by
// decision (docs/conformance.md) a case shows that they still do.
// Usage: node check-event-hash.mjs EVENT-HASH-TOOL
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

if (!existsSync(new URL('node_modules/epcis2.js', import.meta.url))) {
  console.log('skipped: npm ci has not been run in tests/oracle');
  process.exit(77);
}
const { eventToHashedId } = createRequire(import.meta.url)('epcis2.js');

const [tool] = process.argv.slice(2);
const ROUNDS = 600;
const CONTEXT = [
  'https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld',
  { ex: 'https://ex.example/', own: 'urn:own:' },
  { bare: 'https://bare.example' },
];

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
let state = 0x1b873593;
function random(below) {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % below;
}
const pick = (list) => list[random(list.length)];
const some = (make, most = 4) => Array.from({ length: 1 + random(most) }, make);
const maybe = (object, name, make) => {
  if (random(2)) object[name] = make();
};

function shuffled(object) {
  const entries = Object.entries(object);
  for (let i = entries.length - 1; i > 0; i--) {
    const j = random(i + 1);
    [entries[i], entries[j]] = [entries[j], entries[i]];
  }
  return Object.fromEntries(entries);
}

// ---- values
const digits = (n) => Array.from({ length: n }, () => random(10)).join('');
const ALNUM = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
// Ten characters at the end of a link are taken for a compressed one.
const serial = () => Array.from({ length: pick([1, 2, 5, 9, 12]) }, () => ALNUM[random(ALNUM.length)]).join('');

function withCheck(front) {
  const sum = [...front].reverse().reduce((acc, d, i) => acc + Number(d) * (i % 2 ? 1 : 3), 0);
  return front + (10 - sum % 10) % 10;
}
const gtin = () => withCheck(digits(13));
const host = () => pick(['https://id.gs1.org', 'https://brand.example', 'https://brand.example/some/stem']);

const EPCS = [
  () => `urn:epc:id:sgtin:${digits(7)}.${digits(6)}.${serial()}`,
  () => `urn:epc:id:sgtin:${digits(7)}.${digits(6)}.${serial()}'`,
  () => `urn:epc:id:giai:${digits(7)}.A${serial()}`, // some numbers pass for a date
  () => `urn:epc:id:grai:${digits(7)}.${digits(5)}.${serial()}`,
  () => `urn:epc:id:gdti:${digits(7)}.${digits(5)}.${serial()}`,
  () => `${host()}/01/${gtin()}/21/${serial()}`,
  () => `${host()}/00/${withCheck(digits(17))}`,
  () => `urn:uuid:${digits(8)}`,
];
const CLASSES = [
  () => `urn:epc:class:lgtin:${digits(7)}.${digits(6)}.${serial()}`,
  () => `urn:epc:idpat:sgtin:${digits(7)}.${digits(6)}.*`,
  () => `${host()}/01/${gtin()}`,
  () => `${host()}/01/${gtin()}/10/${serial()}`,
];
const epc = () => pick(EPCS)();
const gln = () => pick([
  () => `urn:epc:id:sgln:${digits(7)}.${digits(5)}.${pick(['0', 'A1'])}`,
  () => `${host()}/414/${withCheck(digits(12))}`,
])();
const party = () => `urn:epc:id:pgln:${digits(7)}.${digits(5)}`;
const number = () => pick([() => random(1000), () => random(100000) / 100, () => -random(500) / 10])();
const two = (n) => String(n).padStart(2, '0');
const time = () => `2026-${two(1 + random(12))}-${two(1 + random(28))}T${two(random(24))}:${two(random(60))}:${two(random(60))}` +
  `${pick(['', '.5', '.25', '.123', '.999'])}${pick(['Z', '+01:00', '-06:00', '+05:30'])}`;
const word = () => `v${serial()}`;

const bizStep = () => pick(['receiving', 'shipping', 'packing', 'commissioning', 'inspecting', 'urn:own:step']);
const disposition = () => pick(['active', 'in_transit', 'in_progress', 'recalled', 'damaged', 'urn:own:disp']);

function quantity() {
  const q = { epcClass: pick(CLASSES)() };
  maybe(q, 'quantity', () => Math.abs(number()));
  if ('quantity' in q) maybe(q, 'uom', () => pick(['KGM', 'LTR', 'MTR']));
  return shuffled(q);
}

function transaction() {
  const t = { bizTransaction: `urn:epcglobal:cbv:bt:${digits(13)}:${serial()}` };
  maybe(t, 'type', () => pick(['po', 'inv', 'desadv', 'urn:own:type']));
  return shuffled(t);
}
const side = (name) => () => shuffled({
  type: pick(['owning_party', 'possessing_party', 'urn:own:type']), [name]: party(),
});

function report() {
  const r = { type: pick(['Temperature', 'Speed', 'AbsoluteHumidity']) };
  maybe(r, 'exception', () => pick(['ALARM_CONDITION', 'ERROR_CONDITION']));
  maybe(r, 'deviceID', () => `urn:epc:id:giai:${digits(7)}.${digits(3)}`);
  maybe(r, 'rawData', () => 'https://raw.example/x');
  maybe(r, 'time', time);
  maybe(r, 'value', number);
  maybe(r, 'component', () => pick(['x', 'y', 'z']));
  maybe(r, 'stringValue', word);
  maybe(r, 'hexBinaryValue', () => pick(['aF', 'beef']));
  maybe(r, 'minValue', number);
  maybe(r, 'maxValue', number);
  maybe(r, 'meanValue', number);
  maybe(r, 'sDev', number);
  maybe(r, 'percRank', number);
  maybe(r, 'uom', () => pick(['CEL', 'MTS']));
  return shuffled(r);
}

function sensor() {
  const s = { sensorReport: some(report, 3) };
  maybe(s, 'sensorMetadata', () => {
    const m = { time: time() };
    maybe(m, 'startTime', time);
    maybe(m, 'endTime', time);
    maybe(m, 'deviceID', () => `urn:epc:id:giai:${digits(7)}.${digits(3)}`);
    maybe(m, 'dataProcessingMethod', () => `https://id.gs1.org/253/${withCheck(digits(12))}${serial()}`);
    return shuffled(m);
  });
  return shuffled(s);
}

function extension(depth) {
  const kind = random(depth > 0 ? 5 : 3);
  if (kind === 0) return number();
  if (kind < 3) return word();
  if (kind === 3) return some(word, 3);
  return extensions(depth - 1);
}

function extensions(depth) {
  return Object.fromEntries(some(() => [`${pick(['ex', 'own', 'bare', 'cbvmda'])}:${word()}`, extension(depth)], 3));
}

// ---- events
function makeEvent() {
  const type = pick(['ObjectEvent', 'AggregationEvent', 'TransactionEvent', 'TransformationEvent', 'AssociationEvent']);
  const e = { type, eventTime: time(), eventTimeZoneOffset: pick(['+01:00', '-06:00', '+00:00']) };
  const transformation = type === 'TransformationEvent';
  const children = type === 'AggregationEvent' || type === 'AssociationEvent';
  if (!transformation) e.action = pick(['ADD', 'OBSERVE', 'DELETE']);
  if (children || type === 'TransactionEvent') maybe(e, 'parentID', epc);
  if (children) {
    maybe(e, 'childEPCs', () => some(epc));
    maybe(e, 'childQuantityList', () => some(quantity));
  } else if (transformation) {
    maybe(e, 'inputEPCList', () => some(epc));
    maybe(e, 'outputEPCList', () => some(epc));
    maybe(e, 'inputQuantityList', () => some(quantity));
    maybe(e, 'outputQuantityList', () => some(quantity));
    maybe(e, 'transformationID', () => `urn:own:${word()}`);
  } else {
    maybe(e, 'epcList', () => some(epc, 8));
    maybe(e, 'quantityList', () => some(quantity));
  }
  maybe(e, 'certificationInfo', () => 'https://cert.example/x');
  maybe(e, 'bizStep', bizStep);
  maybe(e, 'disposition', disposition);
  if (random(4) === 0) e.persistentDisposition = shuffled({ set: some(disposition, 2), unset: some(disposition, 2) });
  maybe(e, 'readPoint', () => ({ id: gln() }));
  maybe(e, 'bizLocation', () => ({ id: gln() }));
  maybe(e, 'bizTransactionList', () => some(transaction));
  maybe(e, 'sourceList', () => some(side('source')));
  maybe(e, 'destinationList', () => some(side('destination')));
  if (random(3) === 0) e.sensorElementList = some(sensor, 2);
  if (type === 'ObjectEvent' || transformation) maybe(e, 'ilmd', () => extensions(2));
  maybe(e, 'recordTime', time);
  maybe(e, 'eventID', () => `urn:uuid:${digits(8)}`);
  if (random(4) === 0) e.errorDeclaration = { declarationTime: time() };
  if (random(4) === 0) e['rdfs:comment'] = word();
  return shuffled({ ...e, ...(random(2) ? extensions(2) : {}) });
}

// ---- both sides
function documentOf(event) {
  return JSON.stringify({ '@context': CONTEXT, type: 'EPCISDocument', epcisBody: { eventList: [event] } });
}

function toolHashes(events) {
  const folder = mkdtempSync(join(tmpdir(), 'countermark-oracle-'));
  try {
    const file = join(folder, 'documents');
    writeFileSync(file, events.map((event) => `${documentOf(event)}\n`).join(''));
    const text = execFileSync(tool, [file], { encoding: 'utf8', maxBuffer: 1 << 28 });
    return text.trimEnd().split('\n').map((line) => JSON.parse(line));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

// The library writes into the event it is given, and fails on an empty list.
function theirs(event) {
  try {
    return eventToHashedId(structuredClone(event), structuredClone(CONTEXT), true);
  } catch (error) {
    return `failed: ${error.message}`;
  }
}

function checkAgreement() {
  const events = Array.from({ length: ROUNDS }, makeEvent);
  toolHashes(events).forEach((got, i) => {
    check(got.code === 'ok' && got.comparable, `event ${i}: the tool says ${got.code} ${got.detail}: ${documentOf(events[i])}`);
    check(got.hash === theirs(events[i]), `event ${i}: ${got.pre}: ${documentOf(events[i])}`);
  });
  return events.length;
}

// Listed in docs/conformance.md; a case that comes to agree is a fault too.
function checkDifferences() {
  const object = { type: 'ObjectEvent', eventTime: '2026-01-01T10:00:00Z', eventTimeZoneOffset: '+01:00', action: 'OBSERVE' };
  const sensorOf = (members) => ({ sensorElementList: [{ sensorReport: [{ type: 'Speed', ...members }] }] });
  const cases = [
    ['fourth fraction digit', { eventTime: '2026-01-01T10:00:00.1235Z' }],
    ['time in an extension', { 'ex:when': '2026-01-01T10:00:00+01:00' }],
    ['number as text', { 'ex:code': '007' }],
    ['large number', { 'ex:count': 1e21 }],
    ['CURIE as value', { 'ex:code': 'ex:thing' }],
    ['comment', { comment: 'c' }],
    ['extension of a place', { readPoint: { id: 'urn:x:1', 'ex:k': 'v' } }],
    ['extension of a report', sensorOf({ 'ex:k': 'v' })],
    ['list of certificates', { certificationInfo: ['urn:x:2', 'urn:x:1'] }],
    ['SSCC as a URN', { epcList: ['urn:epc:id:sscc:0614141.1234567890'] }],
    ['empty list', { epcList: [] }],
    ['bizRules in a report', sensorOf({ time: '2026-01-01T10:00:00Z', bizRules: 'urn:x:1' })],
  ];
  const events = cases.map(([, members]) => ({ ...object, ...members }));
  toolHashes(events).forEach((got, i) => {
    check(got.code === 'ok', `${cases[i][0]}: the tool says ${got.code} ${got.detail}`);
    check(got.hash !== theirs(events[i]), `${cases[i][0]}: listed as a difference, and agrees: ${got.pre}`);
  });
  return cases.length;
}

const made = checkAgreement();
const differences = checkDifferences();
console.log(`made=${made} differences=${differences} checks=${checks} faults=${faults}`);
process.exit(faults === 0 ? 0 : 1);
