// SPDX-License-Identifier: Apache-2.0
// put.mjs SOCKET IDENTITY: hands the EPCIS events of standard input, a JSON
// array, to a gateway in documents of up to 200 and waits for the last
// receipt, which it prints.
import net from 'node:net';
import { readFileSync } from 'node:fs';
import { document, PRODUCT } from './wire.mjs';

const [socket, identity] = process.argv.slice(2);
const events = JSON.parse(readFileSync(0, 'utf8'));
const conn = net.connect(socket);
const lines = [];
let wake = () => {}, rest = '';
conn.setEncoding('utf8');
conn.on('data', (s) => { const all = (rest + s).split('\n'); rest = all.pop(); lines.push(...all); wake(); });
conn.on('error', (e) => { console.error(e.message); process.exit(1); });
conn.on('close', () => { console.error('the gateway hung up'); process.exit(1); });
const line = async () => { while (lines.length === 0) await new Promise((ok) => { wake = ok; }); return JSON.parse(lines.shift()); };
const answer = async (request) => {
	conn.write(request);
	const a = await line();
	if (a.error) { console.error(JSON.stringify(a)); process.exit(1); }
	return a;
};
let seq;
for (let i = 0; i < events.length; i += 200) {
	const payload = Buffer.from(JSON.stringify({ ...document(0), epcisBody: { eventList: events.slice(i, i + 200) } }));
	({ seq } = await answer(Buffer.concat([Buffer.from(`put ${identity} ${PRODUCT} ${payload.length}\n`), payload])));
}
console.log(JSON.stringify(await answer(`wait ${identity} ${seq}\n`)));
process.exit(0);
