// SPDX-License-Identifier: Apache-2.0
// Asks the server and checks each answer; what the page shows comes from here.
import { BUNDLE_MAX, verifyDetailed, type Detailed } from './bundle';
import * as proof from './proof';

export interface Finding { code: string; severity: string; text: string; evidence: number[] }
export interface Answer {
	item: string | null; verdict: string; colour: string; sentence: string; next: string; findings: Finding[];
	asOf: number; log: { origin: string; size: number; covered: number; root: string };
}
export interface Step {
	index: number; bizStep: string | null; action: string | null; disposition: string | null; eventTime: string | null;
	recorded: [number, number]; place: string | null; organisation: string | null; device: string | null;
	via: string | null; withdrawn: boolean;
}
export interface Check { ok: boolean; title: string; detail: string; repin?: boolean }
export interface Outcome { checks: Check[]; steps: number; entries: number; shown: number; size: number; bundle: Detailed | null }
interface Log { origin: string; vkey: string | null; genesis: string; policy: string | null; answer: string; authority: string[] }
interface Pin { vkey: string; answer: string; size: number; root: string; policy?: string }

/* More than these are not proven one by one on a phone. */
export const ENTRIES_MAX = 50;

const get = async (path: string): Promise<Response> => {
	const r = await fetch(path, { cache: 'no-store', credentials: 'omit', redirect: 'error' });
	if (r.ok) return r;
	let why = `${r.status}`;
	try {
		why = (await r.json()).detail ?? why;
	} catch {
		/* No problem document: the status has to do. */
	}
	throw Object.assign(new Error(why), { status: r.status });
};
const bytesOf = async (path: string): Promise<Uint8Array> => new Uint8Array(await (await get(path)).arrayBuffer());

export interface Asked { answer: Answer; target: string; body: Uint8Array; signature: string | null }
export const ask = async (code: string): Promise<Asked> => {
	/* The target as the browser sends it: it may encode more than we do. */
	const url = new URL('/v1/verify?code=' + encodeURIComponent(code), location.href);
	const target = url.pathname + url.search;
	const r = await get(target);
	const body = new Uint8Array(await r.arrayBuffer());
	return { answer: JSON.parse(new TextDecoder().decode(body)), target, body, signature: r.headers.get('Countermark-Signature') };
};
export const steps = async (item: string): Promise<Step[]> => {
	try {
		return (await (await get(`/v1/items/${encodeURIComponent(item)}/history`)).json()).steps;
	} catch (e) {
		/* 404: not in the ledger. 400: no single item. */
		if ([400, 404].includes((e as { status?: number }).status ?? 0)) return [];
		throw e;
	}
};

const pinName = (origin: string): string => `countermark pin ${origin}`;
const pinned = (origin: string): Pin | null => {
	try {
		return JSON.parse(localStorage.getItem(pinName(origin)) ?? 'null');
	} catch {
		return null;
	}
};
const pin = (origin: string, p: Pin): void => {
	try {
		localStorage.setItem(pinName(origin), JSON.stringify(p));
	} catch {
		/* Private browsing: nothing is remembered. */
	}
};
export const forget = (origin: string): void => localStorage.removeItem(pinName(origin));

class Session {
	checks: Check[] = [];
	private tiles = new Map<string, Promise<Uint8Array>>();
	private linked = new Set<string>();
	private closed = false;

	/* Runs one check; its failure is a line of the list, never lost. */
	async check<T>(title: string, run: () => Promise<[string, T]>): Promise<T | null> {
		try {
			const [detail, value] = await run();
			this.checks.push({ ok: true, title, detail });
			return value;
		} catch (e) {
			this.checks.push({ ok: false, title, detail: (e as Error).message });
			return null;
		}
	}

	private tile(path: string): Promise<Uint8Array> {
		let t = this.tiles.get(path);
		if (!t) {
			t = bytesOf(path);
			this.tiles.set(path, t);
		}
		return t;
	}

	/* The leaf hash: from the entry's bytes where we may read them. */
	async leaf(index: number, size: number): Promise<[Uint8Array, boolean]> {
		const tile = proof.tileOf(index, size);
		if (!this.closed) {
			try {
				const bundle = await this.tile(`/log/tile/entries/${tile}`);
				return [await proof.leafHash(proof.entryOf(bundle, index % 256)), true];
			} catch (e) {
				if (![401, 403].includes((e as { status?: number }).status ?? 0)) throw e;
				this.closed = true;
			}
		}
		const hashes = await this.tile(`/log/tile/0/${tile}`);
		const at = (index % 256) * 32;
		if (at + 32 > hashes.length) throw new proof.ProofError('the hash tile is too short');
		return [hashes.slice(at, at + 32), false];
	}

	async link(from: { size: number; root: Uint8Array }, to: { size: number; root: Uint8Array }): Promise<void> {
		const [a, b] = from.size <= to.size ? [from, to] : [to, from];
		const name = `${a.size} ${proof.toBase64(a.root)} ${b.size} ${proof.toBase64(b.root)}`;
		if (this.linked.has(name)) return;
		let path: Uint8Array[] = [];
		if (a.size !== b.size) {
			const r = await (await get(`/log/consistency?from=${a.size}&to=${b.size}`)).json();
			path = (r.path as string[]).map((h) => proof.fromBase64(h, 32));
		}
		await proof.checkConsistency(a.size, b.size, a.root, b.root, path);
		this.linked.add(name);
	}
}

/* What a bundle shows beyond single entries, in words. */
export const saying = (d: Detailed): string => {
	const r = d.result;
	return `complete as of the first ${r.asOf} entries; map root ${r.map_witnessed ? 'checked by a map witness' : "is the operator's claim"}; ${
		r.withheld ? 'content of entries withheld from the public, so the verdict is not recomputed here' : `verdict recomputed here: ${r.verdict}`}`;
};
/* The item's whole history as a proof bundle, where the server makes one. */
const bundleOf = async (s: Session, asked: Asked, head: proof.Checkpoint, policy: string): Promise<Detailed | null> => {
	/* A code that cannot be read has no history. */
	if (asked.answer.item === null) return null;
	const code = new URL(asked.target, location.href).searchParams.get('code') ?? '';
	let file: Uint8Array;
	try {
		file = await bytesOf(`/v1/items/${encodeURIComponent(code)}/proof`);
	} catch (e) {
		/* 404: no such item, or a server that makes none; 503: not now. */
		if ([401, 403, 404, 405, 501, 503].includes((e as { status?: number }).status ?? 0)) return null;
		throw e;
	}
	return s.check('The whole history is proven', async () => {
		const d = await verifyDetailed(file, proof.fromBase64(policy));
		if (d.result.failed) throw new Error(`${d.result.failed.check} at ${d.result.failed.where}: ${d.result.failed.detail}`);
		if (!d.checkpoint || !d.bundle) throw new Error('nothing was proven');
		if (d.bundle.question.code !== code) throw new Error('the bundle is about another code');
		if (d.result.asOf === asked.answer.log.covered && d.result.verdict !== asked.answer.verdict)
			throw new Error(`the answer says ${asked.answer.verdict}, the bundle ${d.result.verdict}`);
		await s.link(d.checkpoint, head);
		return [saying(d), d];
	});
};

/* A file from disk, without any server: the policy beside it, or the one this
 * browser has seen from this log. */
export const verifyFiles = async (files: Uint8Array[]): Promise<Detailed> => {
	const isBundle = (f: Uint8Array): boolean => f.find((b) => b > 0x20) === 0x7b;
	const bundle = files.find(isBundle);
	if (!bundle || bundle.length > BUNDLE_MAX) throw new Error('no proof file among them');
	const beside = files.find((f) => !isBundle(f));
	if (beside) return verifyDetailed(bundle, beside);
	let policy: string | null | undefined;
	try {
		policy = ((await (await get('/v1/log')).json()) as Log).policy;
	} catch {
		/* Offline. */
		const m = /"origin"\s*:\s*"([^"\\]+)"/.exec(new TextDecoder().decode(bundle.slice(0, 4096)));
		policy = m ? pinned(m[1])?.policy : null;
	}
	if (!policy) throw new Error('no policy is known here: choose the log\'s policy file together with the proof file');
	return verifyDetailed(bundle, proof.fromBase64(policy));
};

export const verify = async (asked: Asked, history: Step[]): Promise<Outcome> => {
	const s = new Session();
	const { answer } = asked;
	const out: Outcome = { checks: s.checks, steps: history.length, entries: 0, shown: 0, size: 0, bundle: null };
	const log = await s.check('The log is named', async () => {
		const l: Log = await (await get('/v1/log')).json();
		if (l.vkey === null || l.policy === null) throw new Error('this server does not tell the key of its log');
		if (answer.log.origin !== l.origin) throw new Error('the answer is of another log');
		return [l.origin, { ...l, vkey: l.vkey, policy: l.policy, key: await proof.parseVkey(l.vkey) }];
	});
	if (!log) return out;
	const old = pinned(log.origin);
	if (old && (old.vkey !== log.vkey || old.answer !== log.answer)) {
		s.checks.push({ ok: false, repin: true, title: 'The keys are those of your earlier visit',
			detail: 'They differ. Right only if the operator announced new keys or founded the log anew.' });
		return out;
	}
	await s.check('The verdict is signed', async () => {
		await proof.checkAnswer(asked.signature, asked.target, asked.body, log.answer);
		return [`by the answer key ${log.answer}`, true];
	});
	const head = await s.check('The checkpoint is signed by the log', async () => {
		const c = await proof.openCheckpoint(await (await get('/log/checkpoint')).text(), log.key);
		if (c.origin !== log.origin) throw new Error('the checkpoint is of another log');
		return [`${c.size} entries, root ${proof.toBase64(c.root)}`, c];
	});
	if (!head) return out;
	out.size = head.size;
	await s.check('The log key is rooted in entry 0', async () => {
		const entry = proof.fromBase64(log.genesis);
		const genesis = proof.parseGenesis(entry);
		if (genesis.origin !== log.origin) throw new Error('the genesis is of another log');
		await proof.checkPolicy(proof.fromBase64(log.policy), genesis, log.vkey);
		const p = await proof.openProof(await (await get('/log/proof/0')).text(), 0, log.key);
		await proof.checkInclusion(0, p.checkpoint.size, await proof.leafHash(entry), p.path, p.checkpoint.root);
		await s.link(p.checkpoint, head);
		return ['the genesis entry names the policy that names the key', true];
	});
	await s.check('The verdict stands on this log', async () => {
		await s.link({ size: answer.log.size, root: proof.fromBase64(answer.log.root, 32) }, head);
		return [`given at size ${answer.log.size}; nothing before it was rewritten up to ${head.size}`, true];
	});
	if (old) {
		await s.check('Nothing was rewritten since your earlier visit', async () => {
			const before = { size: old.size, root: proof.fromBase64(old.root, 32) };
			if (head.size < before.size) throw new Error(`the log shrank from ${before.size} to ${head.size} entries`);
			await s.link(before, head);
			return [`same keys; the ${before.size} entries seen then are still there`, true];
		});
	}
	out.bundle = await bundleOf(s, asked, head, log.policy);
	const all = [...new Set([...history.map((h) => h.index), ...answer.findings.flatMap((f) => f.evidence)])];
	for (const index of all.sort((a, b) => a - b).slice(0, ENTRIES_MAX)) {
		await s.check(`Entry ${index} is in the log`, async () => {
			const p = await proof.openProof(await (await get(`/log/proof/${index}`)).text(), index, log.key);
			const [leaf, open] = await s.leaf(index, p.checkpoint.size);
			await proof.checkInclusion(index, p.checkpoint.size, leaf, p.path, p.checkpoint.root);
			await s.link(p.checkpoint, head);
			out.entries++;
			if (open) out.shown++;
			return [`${p.path.length} hashes lead to the root; leaf ${open ? 'computed from the entry' : 'taken from the hash tile, content not shown to the public'}`, true];
		});
	}
	if (answer.colour === 'green' && history.length === 0)
		s.checks.push({ ok: false, title: 'A good verdict rests on entries', detail: 'the server named none' });
	if (all.length > ENTRIES_MAX)
		s.checks.push({ ok: true, title: `${all.length - ENTRIES_MAX} more entries`, detail: `not checked: this page checks the first ${ENTRIES_MAX}` });
	if (s.checks.every((c) => c.ok)) pin(log.origin, { vkey: log.vkey, answer: log.answer, size: head.size, root: proof.toBase64(head.root), policy: log.policy });
	return out;
};
