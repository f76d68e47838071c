// SPDX-License-Identifier: Apache-2.0
// A receiver of webhooks: writes each POST as a JSON line {path, headers,
// body, signed} to a file, and answers with the status that a file names (200
// without it). Usage: receiver.mjs PORT LOG STATUS SECRET [CERT KEY]
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { createHmac } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';

const [, , port, log, status, secret, cert, key] = process.argv;
const handler = (req, res) => {
	const parts = [];
	req.on('data', (b) => parts.push(b)).on('end', () => {
		const body = Buffer.concat(parts);
		const code = existsSync(status) ? Number(readFileSync(status, 'utf8')) : 200;
		const signed = req.headers['gs1-signature'] === `hmac-sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
		appendFileSync(log, `${JSON.stringify({ path: req.url, method: req.method, code, signed, headers: req.headers, body: JSON.parse(body) })}\n`);
		res.writeHead(code, code === 302 ? { location: '/elsewhere' } : {}).end();
	});
};
const server = cert ? https.createServer({ cert: readFileSync(cert), key: readFileSync(key) }, handler) : http.createServer(handler);
server.listen(Number(port), '127.0.0.1', () => console.log('ready'));
