// SPDX-License-Identifier: Apache-2.0
// Puts style and script into the page: prebuilt/index.html, or the file named.
import { readFileSync, writeFileSync } from 'node:fs';
import { transformSync } from 'esbuild';

const read = (f) => readFileSync(new URL(f, import.meta.url), 'utf8');
const script = read('dist/page.js').trim();
const style = transformSync(read('src/page.css'), { loader: 'css', minify: true }).code.trim();
if (/<\/script|<!--/i.test(script) || /<\//.test(style)) throw new Error('the page would end early');
const page = read('src/page.html')
	.replace('/*style*/', () => style)
	.replace('/*script*/', () => script);
writeFileSync(process.argv[2] ?? new URL('prebuilt/index.html', import.meta.url), page);
console.log(`sealed: ${page.length} characters`);
