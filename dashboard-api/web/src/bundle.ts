// SPDX-License-Identifier: Apache-2.0
// Checks a proof bundle in the order of formats 7.4. Written from the formats,
// shares no code with countermark-verify.
import { BUNDLE_MAX, CheckFailed, readBundle, type Bundle, type Stated, type Subject } from './bundle-read';

import { checkAbsent, checkPresent, entryLeaf, listLeaf, mapKey, mapValue, rangeRoot } from './map';
import { openNote, parsePolicy, type Opened, type Policy } from './policy';
import { checkInclusion, decodeText, equal, fromBase64, parseGenesis, ProofError, type Checkpoint, type Genesis } from './proof';
import { checkStatement, PRODUCT, REGISTRY, statementOf, type Statement } from './statement';
import { readEvents, storyOf, type Product } from './custody';
import { readCode } from './gs1';
import { Roster } from './roster';
import { touchedBy } from './touch';
import { judge, unread, UNREAD, type Finding, type Judged } from './verdict';

export interface Failed {
	check: string;
	where: string;
	clause: string;
	detail: string;
}
export interface Result {
	result: 'genuine' | 'otherwise' | 'not_proven';
	verdict: string;
	asOf: number;
	map_witnessed: boolean;
	withheld: boolean;
	failed: Failed | null;
}
export const exitCode = (r: Result): number => ({ genuine: 0, otherwise: 1, not_proven: 2 })[r.result];

/* Runs one check; what it throws fails the whole under that name. */
const under = async <T>(check: string, where: string, clause: string, run: () => T | Promise<T>): Promise<T> => {
	try {
		return await run();
	} catch (e) {
		if (e instanceof CheckFailed || !(e instanceof ProofError)) throw e;
		throw new CheckFailed(check, where, clause, e.message);
	}
};
const fail = (why: string): never => {
	throw new ProofError(why);
};

export interface Epoch {
	covered: number;
	time: number;
	map: Uint8Array;
	keys: number;
}
const decimal = (s: string | undefined): number =>
	s !== undefined && /^(?:0|[1-9][0-9]{0,15})$/.test(s) && Number.isSafeInteger(Number(s)) ? Number(s) : fail('not a decimal number');
/* formats 4.5 */
export const parseEpoch = (entry: Uint8Array, index: number): Epoch => {
	const l = decodeText(entry, 'the epoch entry').split('\n');
	if (l.length !== 9 || l[8] !== '' || l[0] !== 'countermark/epoch/v1') fail('no epoch text');
	const e = { covered: decimal(l[1]), time: decimal(l[2]), map: fromBase64(l[3], 32), keys: decimal(l[4]) };
	if (e.covered > index) fail('the epoch covers entries behind itself');
	if (decimal(l[5]) >= index) fail('the epoch before lies behind this one');
	if (l[6] !== '1') fail('another map function');
	fromBase64(l[7], 32);
	return e;
};

const lacks = (subject: string): never => {
	throw new CheckFailed('subjects', 'subjects', '7.3', `the verdict rests on ${subject}, which is not there, or not whole`);
};
/* verdict.md 3.1: the word for a code that cannot be read is the reader's own. */
const agree = (stated: Stated[], computed: Finding[]): boolean =>
	stated.length === computed.length && stated.every((f, i) => {
		const c = computed[i];
		return (f.code === c.code || c.code === UNREAD) && f.group === c.group && f.severity === (c.hard ? 'hard' : 'soft') && f.evidence.join() === c.evidence.join();
	});

/* Of anything but heartbeats the older entries may decide too; of them the newest. */
const isWhole = (s: Subject): boolean =>
	s.range === null || s.entries.length === s.range.n || (s.subject.startsWith('registry/heartbeat/') && s.range.first + s.entries.length === s.range.n);

interface Fact {
	index: number;
	where: string;
	statement: Statement;
	fork: boolean; /* evidence, which does nothing here */
}

class Run {
	readonly result: Result = { result: 'not_proven', verdict: '', asOf: 0, map_witnessed: false, withheld: false, failed: null };
	bundle: Bundle | null = null;
	checkpoint: Checkpoint | null = null;
	judged: Judged | null = null;
	private readonly leaf = new Map<number, Uint8Array>();
	private readonly known = new Map<number, { entry: Uint8Array; where: string }>();

	constructor(private readonly policy: Policy) {}

	private async note(b: Bundle): Promise<Opened> {
		const o = await under('note', 'checkpoint', '6.1', async () => {
			const opened = await openNote(b.checkpoint, this.policy);
			return opened.checkpoint.origin === b.origin ? opened : fail('the checkpoint is of another log');
		});
		this.result.map_witnessed = o.mapWitnessed;
		await under('quorum', 'checkpoint', '6.2', () => o.quorum || fail('the witnesses make no quorum'));
		return o;
	}

	private async genesis(b: Bundle, o: Opened): Promise<Genesis> {
		return under('genesis', 'genesis', '4.3', async () => {
			const g = parseGenesis(b.genesis.entry);
			if (g.origin !== b.origin) fail('the genesis is of another log');
			await checkInclusion(0, o.checkpoint.size, entryLeaf(b.genesis.entry), b.genesis.path, o.checkpoint.root);
			return g;
		});
	}

	private async epoch(b: Bundle, o: Opened): Promise<Epoch> {
		return under('epoch', 'epoch', '4.5', async () => {
			if (b.epoch.index !== o.checkpoint.size - 1) fail('the epoch is not the last entry of the checkpoint');
			const e = parseEpoch(b.epoch.entry, b.epoch.index);
			await checkInclusion(b.epoch.index, o.checkpoint.size, entryLeaf(b.epoch.entry), b.epoch.path, o.checkpoint.root);
			return e;
		});
	}

	private checkMap(s: Subject, root: Uint8Array): void {
		const key = mapKey(s.subject);
		if (!s.present) return checkAbsent(key, s.other, s.map, root);
		const n = s.range ? s.range.n : s.entries.length;
		const r = s.range ?? { first: 0, left: [], right: [] };
		checkPresent(key, mapValue(n, rangeRoot(n, r.first, s.entries.map((m) => listLeaf(m.index, this.leaf.get(m.index)!)), r.left, r.right)), s.map, root);
	}
	/* 7.2: bytes stand once, at the first mention; one leaf to an index. */
	private mentions(b: Bundle): void {
		for (const [i, s] of b.subjects.entries()) {
			for (const [k, m] of s.entries.entries()) {
				const at = `subjects[${i}].entries[${k}]`;
				const leaf = m.entry ? entryLeaf(m.entry) : m.leaf!;
				const seen = this.leaf.get(m.index);
				if (seen && m.entry) throw new CheckFailed('form', at, '7.2', 'bytes of an entry that stands above');
				if (seen && !equal(seen, leaf)) throw new CheckFailed('form', at, '7.2', 'another leaf for an entry that stands above');
				this.leaf.set(m.index, leaf);
				if (m.entry) this.known.set(m.index, { entry: m.entry, where: at });
			}
		}
	}
	private checkCovered(s: Subject, where: string, covered: number): void {
		for (const [i, m] of s.entries.entries())
			if (m.index >= covered) throw new CheckFailed('list', `${where}.entries[${i}]`, '4.5', 'an entry behind what the epoch covers');
	}
	/* 5.4: what is shown in a list touches its subject, and stands in the list
	 * of each subject it touches that is here. */
	private async belongs(b: Bundle): Promise<void> {
		const touches = new Map([...this.known].map(([index, { entry }]) => [index, touchedBy(entry)]));
		const lists = new Map<string, { at: string; has: Set<number>; from: number; to: number }>();
		for (const [i, s] of b.subjects.entries()) {
			const all = s.entries.map((m) => m.index);
			const whole = s.range === null || s.entries.length === s.range.n;
			lists.set(s.subject, { at: `subjects[${i}]`, has: new Set(all), from: whole ? 0 : all[0], to: whole ? Infinity : all[all.length - 1] });
			for (const [k, index] of all.entries()) {
				const t = touches.get(index);
				await under('list', `subjects[${i}].entries[${k}]`, '5.4', () => t === undefined || t.has(s.subject) || fail(`entry ${index} does not touch this subject`));
			}
		}
		for (const [index, subjects] of touches) {
			for (const s of subjects) {
				const l = lists.get(s);
				if (l && !l.has.has(index) && index >= l.from && index <= l.to)
					throw new CheckFailed('list', l.at, '5.4', `entry ${index} touches this subject and is not in its list`);
			}
		}
	}

	private async facts(): Promise<Fact[]> {
		const out: Fact[] = [];
		for (const [index, { entry, where }] of [...this.known].sort((a, b) => a[0] - b[0])) {
			out.push(await under('signature', where, '1.5', async () => {
				const { statement, fork } = statementOf(entry);
				await checkStatement(statement);
				return { index, where, statement, fork };
			}));
		}
		return out;
	}

	async run(input: Uint8Array): Promise<void> {
		const r = this.result;
		const b = readBundle(input);
		this.mentions(b);
		this.bundle = b;
		r.verdict = b.verdict;
		const opened = await this.note(b);
		this.checkpoint = opened.checkpoint;
		const genesis = await this.genesis(b, opened);
		const epoch = await this.epoch(b, opened);
		r.asOf = epoch.covered;
		for (const [i, s] of b.subjects.entries()) await under('map', `subjects[${i}]`, '5.3', () => this.checkMap(s, epoch.map));
		for (const [i, s] of b.subjects.entries()) this.checkCovered(s, `subjects[${i}]`, epoch.covered);
		r.withheld = this.leaf.size > this.known.size;
		await this.belongs(b);
		const facts = await this.facts();
		/* What is not shown cannot be weighed. */
		if (r.withheld) return;
		const { verdict, findings } = await this.weigh(b, genesis, facts);
		this.judged = { verdict, findings };
		await under('verdict', 'verdict', '7.4', () => verdict === b.verdict || fail(`computed ${verdict}`));
		await under('verdict', 'findings', '7.4', () => agree(b.findings, findings) || fail(`computed ${findings.map((f) => f.code).join(' ') || 'none'}`));
		r.result = verdict.startsWith('genuine') ? 'genuine' : 'otherwise';
	}

	/* Registry and custody from what the bundle shows, each subject asked for
	 * must be there (7.3). */
	private async weigh(b: Bundle, genesis: Genesis, facts: Fact[]): Promise<Judged> {
		const lists = new Map(b.subjects.filter(isWhole).map((s) => [s.subject, s.entries.map((m) => m.index)]));
		let missing: string | null = null;
		const rests = (subject: string): void => {
			if (!lists.has(subject)) missing ??= subject;
		};
		const roster = new Roster(genesis, rests);
		const products = new Map<number, Product>();
		for (const { index, where, statement, fork } of facts) {
			if (fork) continue;
			const signer = await under('authority', where, '1.5', () => {
				try {
					return roster.signer(statement);
				} catch (e) {
					/* No wonder where the device's own entries are not shown. */
					return missing === null ? fail((e as Error).message) : lacks(missing);
				}
			});
			if (statement.content === REGISTRY) await roster.apply(statement, signer, index);
			const events = statement.content === PRODUCT ? readEvents(statement.payload) : null;
			if (events) products.set(index, { index, statement, signer, events });
		}
		const code = readCode(b.question.code);
		let judged: Judged = unread();
		if (code) {
			const story = code.instance ? storyOf(code.subject, {
				products: (s) => {
					rests(s);
					return (lists.get(s) ?? []).map((i) => products.get(i)).filter((p): p is Product => p !== undefined);
				},
				organisation: (d) => roster.didOfOrganisation(d.organisation),
			}) : [];
			judged = judge(code, b.question.at, story, roster);
		}
		if (missing !== null) lacks(missing);
		return judged;
	}
}

export interface Detailed {
	result: Result;
	bundle: Bundle | null; /* once its form is right */
	checkpoint: Checkpoint | null; /* once its signatures are */
	judged: Judged | null; /* computed here */
}
/*
 * Rejects only for a policy that cannot be read; whatever is wrong with the
 * bundle stands in the result.
 */
export const verifyDetailed = async (input: Uint8Array, policy: string | Uint8Array): Promise<Detailed> => {
	const run = new Run(await parsePolicy(policy));
	try {
		await run.run(input);
	} catch (e) {
		if (!(e instanceof CheckFailed)) throw e;
		run.result.result = 'not_proven';
		run.result.map_witnessed = false;
		run.result.failed = { check: e.check, where: e.where, clause: `formats ${e.clause}`, detail: e.message };
	}
	return { result: run.result, bundle: run.bundle, checkpoint: run.checkpoint, judged: run.judged };
};
/* The one entry. */
export const verifyBundle = async (bundle: Uint8Array, policy: string | Uint8Array): Promise<Result> =>
	(await verifyDetailed(bundle, policy)).result;
export { BUNDLE_MAX };
