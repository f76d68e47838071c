// SPDX-License-Identifier: Apache-2.0
// Two verifiers of proof bundles that share no code, the C one and the page's,
// on thousands of mutated bundles: same result, same check, and the check that
// the mutation names. Usage: node check-bundles.mjs GOLDEN-FOLDER BUNDLE-TOOL
// GOLDEN-FOLDER holds cases.json, bundles and policies; bundles made by the page's own
// tests are judged too, so that a fault of one maker is no blind spot of both.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exitCode, verifyBundle, verifyDetailed } from '../../dashboard-api/web/prebuilt/bundle.mjs';
import { policyText } from '../../dashboard-api/web/test/maker.mjs';
import { scenes, stated } from '../../dashboard-api/web/test/scenes.mjs';
import { mutations } from './bundle-mutations.mjs';

const [golden, tool] = process.argv.slice(2);
let faults = 0;
let checks = 0;
const tally = new Map();
function fault(text) {
  faults++;
  if (faults <= 40) console.log(`FAULT ${text}`);
}

function inC(policy, list) {
  const folder = mkdtempSync(join(tmpdir(), 'bundles-'));
  try {
    const names = list.map((c, i) => {
      const path = join(folder, String(i));
      writeFileSync(path, c.bytes);
      return path;
    });
    writeFileSync(join(folder, 'policy'), policy);
    writeFileSync(join(folder, 'list'), `${names.join('\n')}\n`);
    const out = execFileSync(tool, [join(folder, 'policy'), join(folder, 'list')], { maxBuffer: 1 << 28, encoding: 'utf8' });
    return out.trimEnd().split('\n').map((l) => JSON.parse(l));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const seen = (r) => (r.failed ? `fails ${r.failed.check}` : `${r.result}${r.withheld ? ', withheld' : ''}`);
function meets(expect, got, want) {
  if (Array.isArray(expect)) return expect.some((e) => meets(e, got, want));
  if (expect === 'same') return seen(got) === seen(want) && got.verdict === want.verdict;
  if (want.withheld && expect === 'verdict') return got.withheld && got.failed === null;
  if (expect === 'quorum or same') return meets(['quorum', 'same'], got, want) || (got.failed === null && !got.map_witnessed);
  if (expect === 'left out') return meets(['subjects', 'authority', 'verdict', 'list', 'same'], got, want) || (got.failed === null && got.withheld);
  return got.failed?.check === expect;
}

// A stride would miss whole kinds of mutations, so the sample is scattered; the same in each run.
const scattered = (n) => (Math.imul(n, 2654435761) >>> 16);
// One maker's bundle and what comes of it: of its mutations one in nth; 0, none.
async function compare(name, policy, text, expected, nth) {
  const list = [];
  let n = 0;
  for (const c of mutations(text)) {
    if (n === 0 || (nth > 0 && scattered(n) % nth === 0)) list.push(c);
    n++;
    if (nth === 0) break;
  }
  const c = inC(policy, list);
  if (c.length !== list.length) throw new Error(`${name}: ${c.length} answers to ${list.length} bundles`);
  let want = null;
  for (let i = 0; i < list.length; i++) {
    const ts = await verifyBundle(new Uint8Array(list[i].bytes), policy);
    checks++;
    const what = `${name}: ${list[i].name}`;
    if (i === 0) {
      want = ts;
      if (expected && seen(ts) !== expected) fault(`${what}: expected ${expected}, TypeScript ${seen(ts)} ${ts.failed?.where ?? ''} ${ts.failed?.detail ?? ''}`);
    }
    const key = seen(ts);
    tally.set(key, (tally.get(key) ?? 0) + 1);
    for (const m of ['result', 'verdict', 'asOf', 'map_witnessed', 'withheld'])
      if (ts.failed === null && ts[m] !== c[i][m]) fault(`${what}: ${m} is ${c[i][m]} in C, ${ts[m]} in TypeScript`);
    if (seen(ts) !== seen(c[i])) fault(`${what}: C ${seen(c[i])} (${c[i].failed?.where} ${c[i].failed?.detail}), TypeScript ${seen(ts)} (${ts.failed?.where} ${ts.failed?.detail})`);
    if (want.failed === null && !meets(list[i].expect, ts, want)) fault(`${what}: wanted ${list[i].expect}, TypeScript ${seen(ts)} (${ts.failed?.where} ${ts.failed?.detail})`);
    if (exitCode(ts) < 2 && list[i].expect !== 'same' && seen(ts) !== seen(want)) fault(`${what}: accepted`);
  }
}

// Of these one in NTH, so that the run stays short (BUNDLES_NTH=1: all of them);
// of the others a few; of the smallest all.
const NTH = Number(process.env.BUNDLES_NTH ?? 3);
const OFTEN = new Map([['empty-map.cmproof', 1], ['genuine.cmproof', NTH], ['made and shipped', NTH]]);
const cases = join(golden, 'cases.json');
if (existsSync(cases))
  for (const c of JSON.parse(readFileSync(cases, 'utf8'))) {
    const e = c.expect;
    const nth = e.failed ? 0 : (OFTEN.get(c.bundle) ?? 25 * NTH);
    await compare(c.bundle, readFileSync(join(golden, c.policy), 'utf8'), readFileSync(join(golden, c.bundle), 'utf8'), seen(e), nth);
  }
for (const [name, bundle, expected, found] of scenes()) {
  const { judged } = await verifyDetailed(new TextEncoder().encode(JSON.stringify(bundle)), policyText);
  if (found !== undefined && judged) bundle.findings = stated(judged.findings, name);
  await compare(`made: ${name}`, policyText, JSON.stringify(bundle), expected, OFTEN.get(name) ?? 0);
}

for (const [what, n] of [...tally].sort()) console.log(`${String(n).padStart(7)} ${what}`);
console.log(`${checks} bundles in both, ${faults} faults`);
process.exit(faults ? 1 : 0);
