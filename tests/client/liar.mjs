// SPDX-License-Identifier: Apache-2.0
// A copy of a log that lies. Takes the whole log at UPSTREAM once (its entries
// with TOKEN), then serves it by C2SP tlog-tiles as the file LIE says, read at
// each request; the log's key signs what has to be signed again.
// Usage: liar.mjs PORT UPSTREAM TOKEN KEYFILE LIE. Lies:
//   honest      what the log says
//   older       the checkpoint of the epoch before
//   forked      the last epoch's time is another: two histories at one size
//   wrong_map   the last epoch's map root is another, all signed again
//   dropped     an entry in the middle is gone, all signed again
//   truncated   a bundle ends too early
//   omitted     a bundle lacks one entry
//   altered     a bundle holds another byte than was signed
//   bad_tile    a hash tile holds another hash
//   unsigned    the checkpoint's signature is another's
//   down, refused   statuses 503 and 401
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import http from 'node:http';

const [, , port, upstream, token, keyFile, lieFile] = process.argv;
const sha = (...parts) => parts.reduce((h, p) => h.update(p), createHash('sha256')).digest();
const leafOf = (entry) => sha(Buffer.of(0), entry);
const node = (a, b) => sha(Buffer.of(1), a, b);

function root(hashes) {
	if (hashes.length === 0) return sha();
	if (hashes.length === 1) return hashes[0];
	let k = 1;
	while (k * 2 < hashes.length) k *= 2;
	return node(root(hashes.slice(0, k)), root(hashes.slice(k)));
}

function tilePath(n) {
	const last = String(n % 1000).padStart(3, '0');
	let path = last;
	for (let rest = Math.floor(n / 1000); rest > 0; rest = Math.floor(rest / 1000))
		path = `x${String(rest % 1000).padStart(3, '0')}/${path}`;
	return path;
}

function bundle(entries) {
	return Buffer.concat(entries.flatMap((e) => [Buffer.of(e.length >> 8, e.length & 255), e]));
}

function unbundle(bytes) {
	const entries = [];
	for (let at = 0; at < bytes.length; ) {
		const n = bytes.readUInt16BE(at);
		entries.push(bytes.subarray(at + 2, at + 2 + n));
		at += 2 + n;
	}
	return entries;
}

async function ask(path) {
	const answer = await fetch(`${upstream}/${path}`, { headers: { authorization: `Bearer ${token}` } });
	if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
	return Buffer.from(await answer.arrayBuffer());
}

async function takeLog() {
	const note = (await ask('checkpoint')).toString();
	const [origin, size] = note.split('\n');
	const entries = [];
	for (let n = 0; n * 256 < Number(size); n++) {
		const width = Math.min(256, Number(size) - n * 256);
		entries.push(...unbundle(await ask(`tile/entries/${tilePath(n)}${width < 256 ? `.p/${width}` : ''}`)));
	}
	return { origin, note, entries };
}

// A signed note over a tree of those entries.
const prefix = Buffer.from('302e020100300506032b657004220420', 'hex');
const logKey = createPrivateKey({
	key: Buffer.concat([prefix, Buffer.from(readFileSync(keyFile, 'utf8').trim(), 'hex')]),
	format: 'der',
	type: 'pkcs8',
});
function checkpoint(origin, leaves, key = logKey) {
	const pub = createPublicKey(logKey).export({ format: 'der', type: 'spki' }).subarray(-32);
	const id = sha(Buffer.from(`${origin}\n`), Buffer.of(1), pub).subarray(0, 4);
	const body = `${origin}\n${leaves.length}\n${root(leaves).toString('base64')}\n`;
	const sig = sign(null, Buffer.from(body), key);
	return `${body}\n— ${origin} ${Buffer.concat([id, sig]).toString('base64')}\n`;
}

const log = await takeLog();
const isEpoch = (e) => e.subarray(0, 21).toString() === 'countermark/epoch/v1\n';

// The text of an epoch with one line changed.
function epochWith(entry, line, change) {
	const lines = entry.toString().split('\n');
	lines[line] = change(lines[line]);
	return Buffer.from(lines.join('\n'));
}
const withLast = (entry) => [...log.entries.slice(0, -1), entry];
const last = log.entries.at(-1);
const middle = log.entries.findIndex((e, i) => i >= log.entries.length / 2 && e[0] === 0xd2); // a statement
const histories = {
	forked: () => withLast(epochWith(last, 2, (ms) => String(Number(ms) + 1))),
	wrong_map: () => withLast(epochWith(last, 3, () => sha(Buffer.from('another map')).toString('base64'))),
	dropped: () => log.entries.filter((_, i) => i !== middle),
	older: () => log.entries.slice(0, log.entries.slice(0, -1).findLastIndex(isEpoch) + 1),
};
const views = new Map();
function viewOf(lie) {
	if (!views.has(lie)) {
		const entries = histories[lie]?.() ?? log.entries;
		const leaves = entries.map(leafOf);
		const levels = [leaves];
		while (levels.at(-1).length >= 256) {
			const below = levels.at(-1);
			levels.push(Array.from({ length: Math.floor(below.length / 256) }, (_, i) => root(below.slice(i * 256, i * 256 + 256))));
		}
		const key = lie === 'unsigned' ? generateKeyPairSync('ed25519').privateKey : logKey;
		views.set(lie, { entries, levels, note: checkpoint(log.origin, leaves, key) });
	}
	return views.get(lie);
}

function bytesOf(path, lie) {
	const view = viewOf(lie);
	if (path === 'checkpoint') return Buffer.from(view.note);
	const m = /^tile\/(entries|\d+)\/((?:x\d{3}\/)*\d{3})(?:\.p\/(\d+))?$/.exec(path);
	if (!m) return null;
	const n = Number(m[2].replace(/[x/]/g, ''));
	const width = m[3] ? Number(m[3]) : 256;
	const rows = m[1] === 'entries' ? view.entries : view.levels[Number(m[1])];
	const part = rows?.slice(n * 256, n * 256 + width) ?? [];
	if (part.length < width) return null;
	if (m[1] !== 'entries') {
		const bytes = Buffer.from(Buffer.concat(part));
		if (lie === 'bad_tile') bytes[5] ^= 1;
		return bytes;
	}
	if (lie === 'omitted') return bundle(part.slice(1));
	const bytes = Buffer.from(bundle(part));
	if (lie === 'truncated') return bytes.subarray(0, -3);
	if (lie === 'altered') bytes[bytes.length - 40] ^= 1;
	return bytes;
}

const server = http.createServer((req, res) => {
	const lie = readFileSync(lieFile, 'utf8').trim();
	if (lie === 'down' || (lie === 'refused' && req.url.includes('/entries/'))) {
		res.writeHead(lie === 'down' ? 503 : 401).end();
		return;
	}
	const bytes = bytesOf(req.url.replace(/^\/log\//, ''), lie);
	res.writeHead(bytes ? 200 : 404).end(bytes ?? undefined);
});
server.listen(Number(port), '127.0.0.1', () => console.log(`ready ${server.address().port} ${log.entries.length}`));
