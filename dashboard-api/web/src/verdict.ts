// SPDX-License-Identifier: Apache-2.0
// The verdict over an item's story (verdict.md 3 and 4). Pure.
import type { Step } from './custody';
import type { Identifier } from './gs1';
import { Rights } from './licence';
import { newest, type Goods, type Roster } from './roster';

export interface Finding {
	code: string;
	group: 'identity' | 'integrity' | 'authority' | 'history' | 'market';
	hard: boolean;
	asks: string | null; /* a verdict */
	evidence: number[];
}
export interface Judged {
	verdict: string;
	findings: Finding[];
}
/* 3.1 */
export const UNREAD = 'unreadable';
export const unread = (): Judged => ({ verdict: 'unreadable', findings: [{ code: UNREAD, group: 'identity', hard: false, asks: null, evidence: [] }] });

/* Worst last. */
export const VERDICTS = [
	'genuine_strong', 'genuine_code_only', 'unknown_here', 'not_registered', 'stale_offline', 'unreadable', 'data_mismatch', 'custody_gap',
	'diverted', 'overrun', 'recalled', 'expired', 'already_used', 'duplicate', 'forged',
];
const EVIDENCE_MAX = 8;
const FINDINGS_MAX = 16;
const DAY = 86_400_000;
const BORN = ['commissioning', 'creating_class_instance'];

type Add = (code: string, group: Finding['group'], asks: string | null, evidence: number[], hard?: boolean) => void;
interface Scene {
	roster: Roster;
	goods: Goods;
	rights: Rights;
	steps: Step[]; /* not withdrawn */
	direct: Step[];
	births: Step[]; /* direct steps that commission */
	made: Step | null;
	code: Identifier;
	at: number;
	add: Add;
}

const licensed = ({ rights, made, goods, add }: Scene): void => {
	if (!made || rights.own(made.organisation)) return;
	const chains = rights.licences(made);
	if (chains.length === 0) {
		add('commissioned_by_other', 'authority', null, [made.index, goods.index]);
		return;
	}
	if (chains.some((c) => c.failed === null)) return;
	const c = chains[0];
	add(`licence_${c.failed}`, 'authority', 'overrun', [made.index, newest(c.licence).index, ...(c.failed === 'quantity' && c.usage !== null ? [c.usage] : [])]);
};
const devices = ({ births, add }: Scene): void => {
	const revoked = births.find(({ signer, statement: { claims } }) => signer.revoked && claims.clock >= 1 && Number(claims.wall) >= signer.revoked.from);
	if (revoked) add('device_revoked', 'authority', null, [revoked.index, revoked.signer.revoked!.index]);
	const forked = births.find((s) => s.signer.suspended !== null);
	if (forked) add('device_forked', 'integrity', null, [forked.index, forked.signer.suspended!]);
};
const twice = ({ births, goods, rights, roster, add }: Scene): void => {
	const asks = goods.right !== null && roster.hasRight(goods.right);
	const born = births.filter((s) => s.organisation !== '' && ((s.event.bizStep !== null && BORN.includes(s.event.bizStep)) || s.event.action === null));
	const count = born.filter((s) => !asks || rights.entitled(s));
	const other = count.find((s) => s.organisation !== count[0].organisation);
	if (other) add('commissioned_by_two', 'history', 'duplicate', [count[0].index, other.index], true);
	const before = (s: Step, i: number): Step | undefined => born.slice(0, i).find((b) => b.organisation === s.organisation && b.index !== s.index);
	const again = born.findIndex((s, i) => before(s, i) !== undefined);
	if (again >= 0) add('commissioned_twice', 'history', null, [before(born[again], again)!.index, born[again].index]);
};

const STATES = ['stolen', 'dispensed', 'decommissioned', 'destroyed'];
const stateOf = ({ event: { bizStep, disposition } }: Step): string | null =>
	bizStep === 'destroying' || disposition === 'destroyed' ? 'destroyed'
		: bizStep === 'decommissioning' ? 'decommissioned'
			: (bizStep === 'dispensing' && disposition !== 'partially_dispensed') || disposition === 'dispensed' ? 'dispensed'
				: disposition === 'stolen' ? 'stolen' : null;
const BACK = ['active', 'in_progress', 'returned', 'sellable_accessible', 'sellable_not_accessible'];
/* 4.3 */
const used = ({ direct, add }: Scene): void => {
	let state: string | null = null;
	let by: Step | null = null;
	for (const s of direct) {
		const next = stateOf(s);
		if (next !== null) {
			if (state === null || STATES.indexOf(next) > STATES.indexOf(state)) [state, by] = [next, s];
		} else if (by && s.organisation === by.organisation) {
			const lifted = state === 'stolen' ? s.event.bizStep !== 'inspecting'
				: state !== 'destroyed' && s.event.place === by.event.place && BACK.includes(s.event.disposition ?? '') && Math.abs(s.event.time - by.event.time) <= 864_000_000;
			if (lifted) state = by = null;
		}
	}
	if (by) add(`used_${state}`, 'history', 'already_used', [by.index], true);
};
const ONWARD = ['shipping', 'receiving', 'commissioning', 'packing', 'retail_selling'];
/* 4.4 */
const sold = ({ steps, add }: Scene): void => {
	let sale: Step | null = null;
	for (const s of steps) {
		const { bizStep, disposition, time } = s.event;
		if (sale && (disposition === 'returned' || bizStep === 'void_shipping' || s.organisation === sale.organisation)) {
			sale = null;
		} else if (sale && ONWARD.includes(bizStep ?? '') && time > sale.event.time + DAY) {
			add('step_after_sale', 'history', null, [sale.index, s.index]);
			return;
		}
		if (!sale && (bizStep === 'retail_selling' || disposition === 'retail_sold')) sale = s;
	}
};

interface Day {
	year: number;
	month: number;
	day: number;
}
const readDay = (s: string | null): Day | null => {
	const m = /^(\d{4})-(\d{2})-(\d{2})/.exec(s ?? '');
	if (!m) return null;
	const d = { year: Number(m[1]), month: Number(m[2]), day: Number(m[3]) };
	return d.month >= 1 && d.month <= 12 && d.day >= 1 && d.day <= lastOf(d) ? d : null;
};
const lastOf = (d: { year: number; month: number }): number => new Date(Date.UTC(d.year, d.month, 0)).getUTCDate();
/* AI 17: the century of GS1 General Specifications 7.12; day 00 stays 0. */
const labelDay = (v: string | null, at: number): Day | null => {
	const m = /^(\d{2})(\d{2})(\d{2})$/.exec(v ?? '');
	if (!m) return null;
	const now = new Date(at).getUTCFullYear();
	const yy = Number(m[1]);
	const away = yy - (now % 100);
	const year = now - (now % 100) + yy + (away >= 51 ? -100 : away <= -50 ? 100 : 0);
	return { year, month: Number(m[2]), day: Number(m[3]) };
};
const labels = ({ births, code, at, add }: Scene): void => {
	const withLot = births.filter((s) => s.event.lot !== null);
	if (code.lot !== null && withLot.length > 0 && withLot.every((s) => s.event.lot !== code.lot))
		add('lot_differs', 'identity', 'data_mismatch', withLot.map((s) => s.index));
	const label = labelDay(code.expiry, at);
	const withExpiry = births.filter((s) => s.event.expiry !== null);
	const same = (s: Step): boolean => {
		const d = readDay(s.event.expiry);
		return d !== null && d.year === label!.year && d.month === label!.month && (label!.day === 0 || d.day === label!.day);
	};
	if (label && withExpiry.length > 0 && !withExpiry.some(same)) add('expiry_differs', 'identity', 'data_mismatch', withExpiry.map((s) => s.index));
};

const SALES = ['sellable_accessible', 'sellable_not_accessible', 'retail_sold'];
/* 4.2 */
const territory = (c: Scene): void => {
	if (!c.made || c.rights.own(c.made.organisation)) return;
	const by = c.rights.licences(c.made).filter((l) => l.failed === null);
	if (by.length === 0) return;
	const placeOf = (s: Step): ReturnType<Roster['place']> => {
		const m = /^https:\/\/id\.gs1\.org\/414\/([0-9]{13})(?:\/254\/.+)?$/.exec(s.event.place ?? '');
		return m ? c.roster.place(m[1]) : null;
	};
	let last: [Step, string] | null = null;
	for (const s of c.steps) {
		const { bizStep, disposition } = s.event;
		const sale = bizStep === 'retail_selling' || bizStep === 'dispensing' || SALES.includes(disposition ?? '')
			|| (bizStep === 'receiving' && disposition !== 'returned' && placeOf(s)?.kind === 'shop');
		const country = sale ? placeOf(s)?.country : null;
		if (country) last = [s, country];
	}
	if (last && !by.some((l) => l.versions.every((v) => v.countries.length === 0 || v.countries.includes(last![1]))))
		c.add('outside_territory', 'market', 'diverted', [last[0].index, newest(by[0].licence).index]);
};
const recalled = ({ roster, births, made, code, at, add }: Scene): void => {
	const lots = [...births.map((s) => s.event.lot), code.lot].filter((l): l is string => l !== null);
	for (const l of lots) roster.lot(code.gtin!, l);
	for (const r of roster.recalls.values()) {
		if (r.gtin !== code.gtin || r.from > at || (r.ended !== null && r.ended <= at)) continue;
		if ((r.lots.length === 0 && r.serials.length === 0) || (code.serial !== null && r.serials.includes(code.serial)) || lots.some((l) => r.lots.includes(l))) {
			add('recalled', 'market', 'recalled', [r.index, ...(made ? [made.index] : [])]);
			return;
		}
	}
};
/* 4.5 */
const expired = ({ births, made, code, at, add }: Scene): void => {
	let best: { end: number; by: Step | null } | null = null;
	for (const s of births) {
		const d = readDay(s.event.expiry);
		const end = d ? Date.UTC(d.year, d.month - 1, d.day) : -Infinity;
		if (d && (!best || end > best.end)) best = { end, by: s };
	}
	const label = best ? null : labelDay(code.expiry, at);
	if (label) best = { end: Date.UTC(label.year, label.month - 1, label.day || lastOf(label)), by: null };
	if (best && at >= best.end + 36 * 3_600_000) add('expired', 'market', 'expired', [best.by ?? made].filter((b): b is Step => b !== null).map((b) => b.index));
};

const worst = (findings: Finding[]): string => {
	const groups = new Set(findings.filter((f) => f.asks === null).map((f) => f.group));
	const asked = findings.map((f) => f.asks ?? 'genuine_code_only');
	if (groups.size >= 2) asked.push('custody_gap');
	return asked.reduce((a, b) => (VERDICTS.indexOf(b) > VERDICTS.indexOf(a) ? b : a), 'genuine_code_only');
};

/* 3.2 to 3.7; story: all steps, withdrawn ones too. */
export const judge = (code: Identifier, at: number, story: Step[], roster: Roster): Judged => {
	const findings: Finding[] = [];
	const add: Add = (name, group, asks, evidence, hard = false) => {
		if (findings.length < FINDINGS_MAX) findings.push({ code: name, group, hard, asks, evidence: [...new Set(evidence)].slice(0, EVIDENCE_MAX) });
	};
	const answer = (verdict: string): Judged => ({ verdict, findings });
	if (!code.instance) return answer('unreadable');
	const all = story.map((s) => s.index);
	if (code.gtin === null) return answer(story.length === 0 ? 'unknown_here' : 'genuine_code_only');
	const goods = roster.goodsOf(code.gtin);
	if (!goods) {
		add('gtin_not_connected', 'identity', 'unknown_here', all);
		return answer('unknown_here');
	}
	const steps = story.filter((s) => !s.withdrawn);
	const direct = steps.filter((s) => s.via === null);
	const births = direct.filter((s) => s.commissions);
	const made = births[0] ?? null;
	if (!made) {
		const hard = !goods.during && story.length === 0;
		add('never_commissioned', 'identity', hard ? 'forged' : 'not_registered', [goods.index, ...all], hard);
	}
	const scene: Scene = { roster, goods, rights: new Rights(roster, goods, code.gtin), steps, direct, births, made, code, at, add };
	for (const rule of [licensed, devices, twice, used, sold, labels, territory, recalled, expired]) rule(scene);
	return answer(worst(findings));
};
