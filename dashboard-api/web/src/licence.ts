// SPDX-License-Identifier: Apache-2.0
// Was a step entitled: by the goods' organisation, the right's holder, or an
// unbroken chain of licences at that point (verdict.md 4.1)?
import type { Step } from './custody';
import { covers, type Goods, type Licence, type Roster, type Version } from './roster';

const DAY = 86_400_000;

export type Failure = 'goods' | 'period' | 'quantity';
export interface Chain {
	licence: Licence;
	failed: Failure | null;
	usage: number | null; /* index */
	versions: Version[]; /* at the step, from the licence up */
}

/* The version at the step's index; the first one where none is that old. */
const versionAt = (l: Licence, index: number): Version => {
	const old = l.versions.filter((v) => v.index <= index);
	return old.length > 0 ? old[old.length - 1] : l.versions[0];
};
/* A wall of a clock that was never set says nothing. */
const outside = (l: Licence, v: Version, step: Step): boolean => {
	const times = [step.event.time];
	if (step.statement.claims.clock > 0) times.push(Number(step.statement.claims.wall));
	const late = (end: number | null): boolean => end !== null && times.every((t) => t > end + DAY);
	return times.every((t) => t < v.from - DAY) || late(v.to) || late(l.ended);
};

export class Rights {
	constructor(private readonly roster: Roster, private readonly goods: Goods, private readonly gtin: string) {}

	own(organisation: string): boolean {
		if (organisation === '') return false;
		const holder = this.goods.right === null ? null : this.roster.holderOf(this.goods.right);
		return organisation === this.roster.didOfOrganisation(this.goods.organisation)
			|| (holder !== null && organisation === this.roster.didOfOrganisation(holder));
	}
	/* One licence and what is above it; null: the chain is not whole. */
	private chain(l: Licence, step: Step): Chain | null {
		const out: Chain = { licence: l, failed: null, usage: null, versions: [] };
		const fail = (why: Failure): void => {
			out.failed ??= why;
		};
		let at: Licence = l;
		for (let n = 0; n < 8; n++) {
			const v = versionAt(at, step.index);
			out.versions.push(v);
			if (v.goods.length > 0 && !v.goods.some((g) => covers(g, this.gtin))) fail('goods');
			if (outside(at, v, step)) fail('period');
			const used = this.roster.usage(at.id);
			if (used && used.at < step.index) {
				if (out.failed === null) out.usage = used.index;
				fail('quantity');
			}
			if (v.parent === null) return v.licensor === this.roster.holderOf(l.right) ? out : null;
			const above = this.roster.licence(v.parent);
			if (!above || versionAt(above, step.index).licensee !== v.licensor) return null;
			at = above;
		}
		return null;
	}
	/* Whole chains of licences to the step's organisation, in the order of their first versions. */
	licences(step: Step): Chain[] {
		const right = this.goods.right;
		if (right === null || step.organisation === '' || this.roster.holderOf(right) === null) return [];
		return [...this.roster.licences.values()]
			.filter((l) => l.right === right && l.versions.some((v) => this.roster.didOfOrganisation(v.licensee) === step.organisation))
			.sort((a, b) => a.versions[0].index - b.versions[0].index)
			.map((l) => this.chain(l, step))
			.filter((c): c is Chain => c !== null);
	}
	entitled(step: Step): boolean {
		return this.own(step.organisation) || this.licences(step).some((c) => c.failed === null);
	}
}
