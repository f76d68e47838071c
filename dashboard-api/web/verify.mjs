#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// verify.mjs BUNDLE --policy POLICY [--json]: the page's verifier on a command
// line. Exit codes of formats 7.4: 0 genuine, 1 otherwise, 2 not proven, 3 usage.
import { readFileSync } from 'node:fs';
import { exitCode, verifyBundle } from './prebuilt/bundle.mjs';

const usage = (why) => {
	console.error(`${why}\nusage: verify.mjs BUNDLE --policy POLICY [--json]`);
	process.exit(3);
};
const options = { json: false, policy: null, bundle: null };
for (let i = 2; i < process.argv.length; i++) {
	const a = process.argv[i];
	if (a === '--json') options.json = true;
	else if (a === '--policy' && i + 1 < process.argv.length) options.policy = process.argv[++i];
	else if (a.startsWith('--') || options.bundle !== null) usage(`not understood: ${a}`);
	else options.bundle = a;
}
if (options.bundle === null || options.policy === null) usage('a bundle and a policy are wanted');

let result;
try {
	result = await verifyBundle(readFileSync(options.bundle), readFileSync(options.policy));
} catch (e) {
	usage(e.message);
}
if (options.json) {
	console.log(JSON.stringify(result));
} else if (result.failed) {
	console.log(`not proven: ${result.failed.check} at ${result.failed.where || 'the bundle'}: ${result.failed.detail} (${result.failed.clause})`);
} else {
	console.log(`${result.withheld ? 'not proven: content withheld' : result.result}: ${result.verdict}, complete as of ${result.asOf} entries, ${result.map_witnessed ? 'map witnessed' : "map root: operator's claim"}`);
}
process.exitCode = exitCode(result);
