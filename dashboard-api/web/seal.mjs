// SPDX-License-Identifier: Apache-2.0
// Puts style and script into the page: prebuilt/index.html, or
// seal.mjs OUT BUNDLE.
import { readFileSync, writeFileSync } from 'node:fs';
import { transformSync } from 'esbuild';

const [, , out, bundle] = process.argv;
const read = (f) => readFileSync(new URL(f, import.meta.url), 'utf8');
const script = (bundle ? readFileSync(bundle, 'utf8') : read('dist/page.js')).trim();
const style = transformSync(read('src/page.css'), { loader: 'css', minify: true }).code.trim();
if (/<\/script|<!--/i.test(script) || /<\//.test(style)) throw new Error('the page would end early');
const page = read('src/page.html')
	.replace('/*style*/', () => style)
	.replace('/*script*/', () => script);
writeFileSync(out ?? new URL('prebuilt/index.html', import.meta.url), page);
console.log(`sealed: ${page.length} characters`);
