// SPDX-License-Identifier: Apache-2.0
// What is seen. Text only: nothing from the server is ever read as HTML.
import { ask, forget, saying, steps, verify, verifyFiles, type Answer, type Check, type Outcome, type Step } from './check';
import { engine } from './proof';

const byId = (id: string): HTMLElement => document.getElementById(id)!;
const el = (tag: string, cls: string, ...inside: (Node | string)[]): HTMLElement => {
	const e = document.createElement(tag);
	if (cls) e.className = cls;
	e.append(...inside);
	return e;
};
const form = byId('ask') as HTMLFormElement;
const input = byId('code') as HTMLInputElement;
const button = form.querySelector('button')!;
const result = byId('result');

const TITLES: Record<string, string> = {
	genuine_code_only: 'Genuine code', unknown_here: 'Not known here', not_registered: 'Not registered',
	unreadable: 'Unreadable', forged: 'Forged',
};
const words = (s: string): string => (s.charAt(0).toUpperCase() + s.slice(1)).replace(/_/g, ' ');
const last = (did: string): string => did.split(':').pop() ?? did;
const time = (ms: number): string => new Date(ms).toISOString().replace('T', ' ').replace(/\.(\d{3})Z$/, '.$1 UTC');

const verdictCard = (a: Answer): HTMLElement => {
	const card = el('section', 'verdict', el('h2', '', TITLES[a.verdict] ?? words(a.verdict)));
	card.id = 'verdict';
	card.dataset.verdict = a.verdict;
	card.append(el('p', '', a.sentence), el('p', '', el('strong', '', 'Next: '), a.next));
	if (a.item) card.append(el('p', 'quiet mono', a.item));
	const badge = el('p', 'badge', 'Checking signatures and proofs…');
	badge.id = 'badge';
	card.append(badge);
	return card;
};

const findingsCard = (a: Answer): HTMLElement[] => {
	if (a.findings.length === 0) return [];
	const list = el('ul', 'claims');
	for (const f of a.findings) {
		const where = f.evidence.length ? ` (entries ${f.evidence.join(', ')})` : '';
		list.append(el('li', '', el('strong', '', words(f.code)), `: ${f.text}${where}`));
	}
	return [el('section', '', el('h2', '', 'Findings'), list)];
};

const stepLine = (s: Step): HTMLElement => {
	const li = el('li', s.withdrawn ? 'withdrawn' : '');
	li.append(el('p', 'what', words(s.bizStep ?? s.action ?? 'event')));
	const who = [s.organisation && `by ${last(s.organisation)}`, s.device && `device ${last(s.device)}`, s.disposition && words(s.disposition).toLowerCase()];
	li.append(el('p', '', who.filter(Boolean).join(' · ')));
	if (s.place) li.append(el('p', 'quiet', `at ${s.place.replace('https://id.gs1.org/414/', 'GLN ')}`));
	if (s.via) li.append(el('p', 'quiet', `inside ${s.via.replace('https://id.gs1.org/00/', 'SSCC ')}`));
	li.append(el('p', 'quiet', `${s.eventTime ? `Said to have happened ${s.eventTime}; ` : ''}recorded as entry ${s.index} between ${time(s.recorded[0])} and ${time(s.recorded[1])}`));
	return li;
};
const custodyCard = (history: Step[]): HTMLElement[] => {
	if (history.length === 0) return [];
	const card = el('section', '', el('h2', '', `Custody: ${history.length} step${history.length === 1 ? '' : 's'}`), el('ol', 'steps', ...history.map(stepLine)));
	card.id = 'custody';
	if (history.every((s) => !s.organisation)) card.append(el('p', 'quiet', 'By whom and where is shown to the parties and to authorities, with a token of the API.'));
	return [card];
};

const checkLine = (c: Check): HTMLElement =>
	el('li', '', el('span', `mark ${c.ok ? 'good' : 'bad'}`, c.ok ? '✓' : '✗'),
		el('div', '', el('p', '', c.title, c.ok ? '' : ': failed'), el('p', 'quiet', c.detail)));

const claims = (a: Answer, o: Outcome): string[] => {
	const out: string[] = [];
	const full = o.bundle && !o.bundle.result.withheld;
	if (o.entries > o.shown && !full) out.push("What the entries say. Their content is not shown to the public; this browser proved that these entries are in the log, not what is in them. An auditor's token opens them.");
	if (o.shown > 0 && !full) out.push('How the entries are read: this page does not check the devices’ signatures inside them.');
	if (o.bundle && !o.bundle.result.map_witnessed) out.push('That the map of the log is right: no map witness has cosigned. The list of entries about this item is complete in the map that the operator signed.');
	else if (o.bundle) {
		/* Completeness and absence are proven. */
	} else if (o.steps > 0) out.push('That these are all the entries about this item, and the custody story told from them.');
	else if (a.item) out.push('That the log holds nothing about this item. Absence is not proven here.');
	if (!full) out.push('The verdict. It is signed, so the operator cannot deny having given it.');
	out.push('The keys, on a first visit: this page and the keys come from the same server. Later visits are compared with the first.');
	return out;
};

const proofCard = (a: Answer, o: Outcome, again: () => void): HTMLElement => {
	const ok = o.checks.every((c) => c.ok);
	const card = el('section', '', el('h2', '', ok ? 'Proven by this browser' : 'Proof failed'), el('ul', 'checks', ...o.checks.map(checkLine)));
	card.id = 'proof';
	card.dataset.state = ok ? 'proven' : 'failed';
	if (o.checks.some((c) => c.repin)) {
		const b = el('button', '', 'Accept the new keys') as HTMLButtonElement;
		b.type = 'button';
		b.addEventListener('click', () => {
			forget(a.log.origin);
			again();
		});
		card.append(b);
	}
	card.append(el('h3', '', "Not proven: the operator's claim"), el('ul', 'claims', ...claims(a, o).map((t) => el('li', '', t))));
	card.append(el('p', 'quiet', `Ed25519 by ${engine}; SHA-256, RFC 6962 tree, C2SP checkpoint and proof.`));
	return card;
};

/* The colour comes last: a verdict whose proof fails is never green. */
const settle = (card: HTMLElement, a: Answer, o: Outcome): void => {
	const badge = byId('badge');
	const bad = o.checks.filter((c) => !c.ok).length;
	if (bad === 0) {
		card.classList.add(['green', 'red', 'amber'].includes(a.colour) ? a.colour : 'grey');
		badge.textContent = o.bundle && o.bundle.result.map_witnessed && !o.bundle.result.withheld
			? `✓ Proven here: the whole history, as of ${o.bundle.result.asOf} entries, gives this verdict`
			: o.steps > 0
			? `✓ Proof verified: ${o.entries} entr${o.entries === 1 ? 'y' : 'ies'} in the log of ${o.size}`
			: `Signatures verified.${a.item ? ' That the log holds nothing of this item is the operator’s claim.' : ''}`;
		if (o.steps > 0) badge.classList.add('good');
	} else {
		card.classList.add('red');
		card.dataset.verdict = 'not_proven';
		card.querySelector('h2')!.textContent = 'Proof failed: do not rely on this answer';
		badge.textContent = `Proof failed: ${bad} check${bad === 1 ? '' : 's'} below`;
		badge.classList.add('bad');
	}
};

const trouble = (title: string, why: string): void => {
	const card = el('section', 'verdict amber', el('h2', '', title), el('p', '', why));
	card.id = 'verdict';
	card.dataset.verdict = 'none';
	result.replaceChildren(card);
};

let turn = 0;
const run = async (code: string): Promise<void> => {
	const mine = ++turn;
	button.disabled = true;
	result.replaceChildren(el('p', 'quiet', 'Asking…'));
	try {
		const asked = await ask(code);
		const a = asked.answer;
		if (mine !== turn) return;
		const card = verdictCard(a);
		result.replaceChildren(card, ...findingsCard(a));
		byId('log-name').textContent = a.log.origin;
		const history = a.item ? await steps(a.item) : [];
		const outcome = await verify(asked, history);
		if (mine !== turn) return;
		settle(card, a, outcome);
		result.append(...custodyCard(history), proofCard(a, outcome, () => void run(code)));
	} catch (e) {
		if (mine === turn) trouble('No answer', (e as Error).message);
	} finally {
		if (mine === turn) button.disabled = false;
	}
};

/* A proof file alone: no server is asked but for the policy. */
const fileCard = (d: Awaited<ReturnType<typeof verifyFiles>>): HTMLElement[] => {
	const r = d.result;
	const proven = r.result !== 'not_proven';
	const title = proven ? (TITLES[r.verdict] ?? words(r.verdict)) : r.failed ? 'Not proven' : 'Complete, but content is withheld';
	const card = el('section', `verdict ${r.failed ? 'red' : r.result === 'genuine' ? 'green' : proven ? 'amber' : 'grey'}`, el('h2', '', title));
	card.id = 'verdict';
	card.dataset.verdict = r.result;
	if (d.bundle) {
		const q = d.bundle.question;
		card.append(el('p', 'quiet mono', q.code), el('p', '', `Asked ${time(q.at)}${q.country ? ` in ${q.country}` : ''}; log ${d.bundle.origin}. The file says: ${words(d.bundle.verdict)}.`));
	}
	const line: Check = r.failed
		? { ok: false, title: `Check "${r.failed.check}"`, detail: `${r.failed.where || 'the file'}: ${r.failed.detail} (${r.failed.clause})` }
		: { ok: true, title: 'Every check of the file passes', detail: saying(d) };
	const list = el('section', '', el('h2', '', 'Checked by this browser'), el('ul', 'checks', checkLine(line)));
	list.id = 'proof';
	list.dataset.state = r.failed ? 'failed' : 'proven';
	return [card, list];
};
const file = byId('file') as HTMLInputElement;
file.addEventListener('change', () => {
	const mine = ++turn;
	result.replaceChildren(el('p', 'quiet', 'Checking the file…'));
	void (async () => {
		try {
			const got = await Promise.all([...(file.files ?? [])].map(async (f) => new Uint8Array(await f.arrayBuffer())));
			const cards = fileCard(await verifyFiles(got));
			if (mine === turn) result.replaceChildren(...cards);
		} catch (e) {
			if (mine === turn) trouble('The file cannot be checked', (e as Error).message);
		} finally {
			file.value = '';
		}
	})();
});

form.addEventListener('submit', (ev) => {
	ev.preventDefault();
	/* U+241D is how many scanners and documents show the separator GS. */
	const code = input.value.trim().replace(/\u241d/g, '\u001d');
	if (!code) return;
	history.replaceState(null, '', '#' + encodeURIComponent(code));
	input.select();
	void run(code);
});
/* /p/01/…: the resolver has led here. */
const fromPath = (): void => {
	if (!location.pathname.startsWith('/p/')) return;
	input.value = `https://id.gs1.org/${location.pathname.slice(3).replace(/\/$/, '')}`;
	form.requestSubmit();
};
const fromLink = (): void => {
	if (location.hash.length < 2) { fromPath(); return; }
	try {
		input.value = decodeURIComponent(location.hash.slice(1));
		form.requestSubmit();
	} catch {
		/* No code of ours in the fragment. */
	}
};
addEventListener('hashchange', fromLink);
fromLink();
