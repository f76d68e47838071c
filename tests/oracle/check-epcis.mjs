// SPDX-License-Identifier: Apache-2.0
// Published EPCIS documents, changed in many ways, in the eyes of GS1's JSON
// schema (draft-07, formats asserted) and of Countermark: each pair of answers
// agrees or differs for a reason that is listed here.
// Usage: node check-epcis.mjs DATA-FOLDER EPCIS-TOOL [ROUNDS [SEED]]
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

if (!existsSync(new URL('node_modules/ajv', import.meta.url))) {
  console.log('skipped: npm ci has not been run in tests/oracle');
  process.exit(77);
}
const require = createRequire(import.meta.url);
const Ajv = require('ajv').default;
const addFormats = require('ajv-formats').default;

const [data, tool, rounds = '40', seed = '1'] = process.argv.slice(2);
const folder = join(data, 'epcis');
const LONGEST = 8000;

// What Countermark refuses and the schema does not: no schema can say it, or
// this one leaves it open (docs/conformance.md). Nothing is taken that the
// schema refuses.
const BEYOND = new Set([
  'prefix_undeclared', 'context_keyword', 'prefix_fixed', 'class_as_instance', 'instance_as_class', 'event_count', 'shape',
  'place_name', 'parent',
]);

let state = Number(seed) * 0x9e3779b1 >>> 0 || 1;
function random(below) {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % below;
}
const pick = (list) => list[random(list.length)];
const newValue = () => structuredClone(pick(VALUES));

const VALUES = [null, 5, 0.5, true, 'x', '', [], {}, 'urn:x:y', 'ex:y', 'http://x.example/%zz', ['urn:x:y'], [5], { id: 'urn:x:y' },
  { 'ex:y': 1 }, '2026-02-30T00:00:00Z', '2026-01-01T00:00:00Z', '2026-01-01T00:00:00', '+01:00', '+14:30', 'shipping', 'damaged',
  'ADD', 'OBSERVE', 'DELETE', 'ObjectEvent', 'AggregationEvent', 'TransactionEvent', 'TransformationEvent', 'AssociationEvent',
  'SomeEvent', 'urn:epcglobal:cbv:bizstep:shipping', 'https://ref.gs1.org/cbv/BizStep-shipping', 'https://gs1.org/voc/Temperature',
  'urn:epc:class:lgtin:4012345.012345.998877', 'urn:epc:id:sgtin:0614141.107346.2018', 'KGM', 'kg'];
const NAMES = ['x', 'ex:y', 'no:y', 'http://x.example/y', 'ilmd', 'action', 'epcList', 'parentID', 'quantityList', 'childEPCs',
  'childQuantityList', 'bizTransactionList', 'inputEPCList', 'outputEPCList', 'inputQuantityList', 'outputQuantityList',
  'transformationID', 'persistentDisposition', 'sensorElementList', 'readPoint', 'bizLocation', 'sourceList', 'eventID', 'recordTime',
  'certificationInfo', 'errorDeclaration', 'disposition', 'bizStep', 'type', 'id', '@context', 'value', 'time', 'uom', 'component'];

// All containers of a value.
function containers(value, into = []) {
  if (value !== null && typeof value === 'object') {
    into.push(value);
    for (const child of Object.values(value)) containers(child, into);
  }
  return into;
}

function changeObject(object) {
  const keys = Object.keys(object);
  const key = pick(keys.length > 0 ? keys : ['x']);
  const kind = random(5);
  if (kind === 0) delete object[key];
  else if (kind === 1) object[key] = newValue();
  else if (kind === 2) object[pick(NAMES)] = newValue();
  else if (kind === 3) {
    object[pick(NAMES)] = object[key];
    delete object[key];
  } else if (typeof object[key] === 'string') object[key] += pick([' ', 'x', '%', ':', '/', 'ü']);
}

function changeArray(array) {
  const kind = random(4);
  if (kind === 0) array.splice(random(array.length + 1), 1);
  else if (kind === 1) array.push(newValue());
  else if (kind === 2 && array.length > 0) array.push(structuredClone(pick(array)));
  else if (array.length > 0) array[random(array.length)] = newValue();
}

function mutant(document) {
  const copy = structuredClone(document);
  for (let i = 1 + random(2); i > 0; i--) {
    const target = pick(containers(copy));
    if (Array.isArray(target)) changeArray(target);
    else changeObject(target);
  }
  return copy;
}

function toolSays(texts) {
  const where = mkdtempSync(join(tmpdir(), 'countermark-oracle-'));
  try {
    const file = join(where, 'documents');
    writeFileSync(file, texts.map((text) => `${text}\n`).join(''));
    const out = execFileSync(tool, [file], { encoding: 'utf8', maxBuffer: 1 << 28 });
    return out.trimEnd().split('\n').map((line) => JSON.parse(line));
  } finally {
    rmSync(where, { recursive: true });
  }
}

const schema = JSON.parse(readFileSync(join(folder, 'schema/EPCIS-JSON-Schema.json'), 'utf8'));
const ajv = new Ajv({ strict: false, allErrors: true });
addFormats(ajv);
const validate = ajv.compile(schema);

const documents = readFileSync(join(folder, 'verdicts.tsv'), 'utf8').split('\n')
  .filter((line) => line !== '' && !line.startsWith('#') && !line.startsWith('file\t'))
  .map((line) => readFileSync(join(folder, line.split('\t')[0]), 'utf8'))
  .map((text) => JSON.parse(text.replace(/^\uFEFF/, '')))
  .filter((document) => JSON.stringify(document).length <= LONGEST);
const cases = [...documents];
for (let i = 0; i < Number(rounds); i++) cases.push(...documents.map(mutant));

const reasons = {};
const tally = { agree: 0, valid: 0, beyond: 0, faults: 0 };
toolSays(cases.map((document) => JSON.stringify(document))).forEach((got, i) => {
  const want = validate(cases[i]);
  tally.valid += want && got.valid;
  if (want === got.valid) tally.agree++;
  else if (want && got.errors.every(({ rule }) => BEYOND.has(rule))) {
    tally.beyond++;
    for (const { rule } of got.errors) reasons[rule] = (reasons[rule] ?? 0) + 1;
  }
  else {
    tally.faults++;
    if (tally.faults > 20) return;
    console.log(`FAULT schema ${want}, countermark ${got.valid}: ${JSON.stringify(got.errors)}`);
    for (const e of (validate.errors ?? []).slice(0, 4)) console.log(`  ${e.instancePath} ${e.message} ${JSON.stringify(e.params)}`);
    console.log(`  ${JSON.stringify(cases[i])}`);
  }
});
console.log(`documents=${documents.length} cases=${cases.length} agree=${tally.agree} valid=${tally.valid} ` +
  `beyond=${tally.beyond} faults=${tally.faults}`);
console.log(Object.entries(reasons).sort().map(([rule, n]) => `${rule}=${n}`).join(' '));
// A run that leaves nothing valid, or breaks nothing, shows nothing.
const fair = tally.valid > documents.length && tally.agree - tally.valid > documents.length;
process.exit(tally.faults === 0 && fair ? 0 : 1);
