// SPDX-License-Identifier: Apache-2.0
// The verifier as one module for verify.mjs: prebuilt/bundle.mjs, or pack.mjs OUT.
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = (f) => fileURLToPath(new URL(f, import.meta.url));
await build({
	entryPoints: [here('src/bundle.ts')], outfile: process.argv[2] ?? here('prebuilt/bundle.mjs'), absWorkingDir: here('.'),
	bundle: true, format: 'esm', target: 'es2021', minify: true, charset: 'ascii', legalComments: 'none', logLevel: 'error',
	banner: { js: '// SPDX-License-Identifier: Apache-2.0\n// Made from src/bundle.ts by pack.mjs; holds @noble/hashes and @noble/curves (MIT).' },
});
