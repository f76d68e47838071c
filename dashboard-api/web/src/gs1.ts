// SPDX-License-Identifier: Apache-2.0
// GS1 identifiers as far as a proof needs them: the subject of an EPC in an
// event (formats 5.4) and of the code that was asked for. Written from the GS1
// General Specifications, the Digital Link URI syntax and TDS.

export const checkDigit = (digits: string): string => {
	let sum = 0;
	for (let i = 0; i < digits.length; i++) sum += Number(digits[digits.length - 1 - i]) * (i % 2 ? 1 : 3);
	return String((10 - (sum % 10)) % 10);
};
const good = (d: string): boolean => checkDigit(d.slice(0, -1)) === d.slice(-1);
const X = '[!"%&\'()*+,\\-./0-9:;<=>?A-Z_a-z]';
const x = (from: number, to: number): RegExp => new RegExp(`^${X}{${from},${to}}$`);
const digits = (n: number): RegExp => new RegExp(`^[0-9]{${n}}$`);
const checked = (re: RegExp, n: number, skip = 0) => (v: string): boolean => re.test(v) && good(v.slice(skip, skip + n));

/* RFC 3986 unreserved stays; all else is %XX in upper case. */
export const escape = (s: string): string => {
	let out = '';
	for (const b of new TextEncoder().encode(s))
		out += /[A-Za-z0-9\-._~]/.test(String.fromCharCode(b)) ? String.fromCharCode(b) : `%${b.toString(16).toUpperCase().padStart(2, '0')}`;
	return out;
};

interface KeyRow {
	ok: (v: string) => boolean;
	/* Qualifiers in their order, the ones that make it an instance or class */
	path: string[][];
	fine: string[];
	/* Is the bare key one single thing? */
	instance: (v: string) => boolean;
}
const yes = (): boolean => true;
const no = (): boolean => false;
const longer = (n: number) => (v: string): boolean => v.length > n;
const KEYS: Record<string, KeyRow> = {
	'00': { ok: checked(digits(18), 18), path: [[]], fine: [], instance: yes },
	'01': { ok: checked(digits(14), 14), path: [['22', '10', '21'], ['235']], fine: ['21', '235', '10'], instance: no },
	'253': { ok: checked(new RegExp(`^[0-9]{13}${X}{0,17}$`), 13), path: [[]], fine: [], instance: longer(13) },
	'255': { ok: checked(/^[0-9]{13,25}$/, 13), path: [[]], fine: [], instance: longer(13) },
	'401': { ok: x(1, 30).test.bind(x(1, 30)), path: [[]], fine: [], instance: yes },
	'402': { ok: checked(digits(17), 17), path: [[]], fine: [], instance: yes },
	'414': { ok: checked(digits(13), 13), path: [['254'], ['7040']], fine: ['254'], instance: yes },
	'417': { ok: checked(digits(13), 13), path: [['7040']], fine: [], instance: yes },
	'8003': { ok: checked(new RegExp(`^0[0-9]{13}${X}{0,16}$`), 13, 1), path: [[]], fine: [], instance: longer(14) },
	'8004': { ok: (v) => x(1, 30).test(v) && /^[0-9]{4}/.test(v), path: [['7040']], fine: [], instance: yes },
	'8006': {
		ok: (v) => /^[0-9]{18}$/.test(v) && good(v.slice(0, 14)) && v.slice(14, 16) !== '00' && v.slice(14, 16) <= v.slice(16),
		path: [['22', '10', '21']], fine: ['21', '10'], instance: no,
	},
	'8010': { ok: (v) => /^[#\-/0-9A-Z]{1,30}$/.test(v) && /^[0-9]{4}/.test(v), path: [['8011']], fine: ['8011'], instance: no },
	'8017': { ok: checked(digits(18), 18), path: [['8019']], fine: [], instance: yes },
	'8018': { ok: checked(digits(18), 18), path: [['8019']], fine: [], instance: yes },
};
const QUALIFIERS: Record<string, RegExp> = {
	'10': x(1, 20), '21': x(1, 20), '22': x(1, 20), '235': x(1, 28), '254': x(1, 20), '7040': /^[0-9][!-z]{3}$/, '8011': /^(?:0|[1-9][0-9]{0,11})$/, '8019': /^[0-9]{1,10}$/,
};
const CLASS_LEVEL = ['10'];

export interface Identifier {
	subject: string; /* constrained canonical Digital Link */
	instance: boolean;
	gtin: string | null; /* of AI 01, without AI 00 */
	serial: string | null;
	lot: string | null;
	expiry: string | null; /* YYMMDD */
}
/* Key and finest qualifier alone are judged. null: not valid. */
const identify = (ai: string, value: string, more: Map<string, string>): Identifier | null => {
	const row = KEYS[ai];
	if (!row) return null;
	if (ai === '01' && [8, 12, 13].includes(value.length)) value = value.padStart(14, '0');
	if (!row.ok(value)) return null;
	const q = row.fine.find((f) => more.has(f));
	if (q !== undefined && !QUALIFIERS[q].test(more.get(q)!)) return null;
	const instance = q === undefined ? row.instance(value) : !CLASS_LEVEL.includes(q);
	return {
		subject: `https://id.gs1.org/${ai}/${escape(value)}${q === undefined ? '' : `/${q}/${escape(more.get(q)!)}`}`,
		instance,
		gtin: ai === '01' ? value : null,
		serial: more.get('21') ?? more.get('235') ?? null,
		lot: more.get('10') ?? null,
		expiry: more.get('17') ?? null,
	};
};

const unescape = (s: string, query = false): string | null => {
	if (/%(?![0-9A-Fa-f]{2})|%00/.test(s)) return null;
	try {
		return decodeURIComponent(query ? s.replace(/\+/g, ' ') : s);
	} catch {
		return null;
	}
};
/* From the end backwards over (AI, value) pairs to the first primary key. */
export const readLink = (uri: string, attributes: boolean): Identifier | null => {
	const m = /^(?:https?|HTTPS?):\/\/([^/?#]+)((?:\/[^/?#]*)*)(?:\?([^#]*))?(?:#.*)?$/.exec(uri);
	if (!m || uri.length > 2048 || !/^(?:[A-Za-z0-9.\-:]+|\[[0-9A-Fa-f:.]+\](?::[0-9]+)?)$/.test(m[1])) return null;
	if (/[^A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]/.test(uri)) return null;
	const seg = m[2].split('/').slice(1);
	const more = new Map<string, string>();
	const order: string[] = [];
	for (let i = seg.length - 2; i >= 0; i -= 2) {
		const ai = seg[i];
		const value = unescape(seg[i + 1]);
		if (value === null || value === '') return null;
		if (ai in KEYS) {
			if (!KEYS[ai].path.some((p) => order.every((q) => p.includes(q)) && isSorted(order.map((q) => p.indexOf(q))))) return null;
			if (attributes && !addQuery(m[3] ?? '', more)) return null;
			return identify(ai, value, more);
		}
		if (!(ai in QUALIFIERS) || more.has(ai)) return null;
		more.set(ai, value);
		order.unshift(ai);
	}
	return null;
};
const isSorted = (v: number[]): boolean => v.every((n, i) => n >= 0 && (i === 0 || v[i - 1] < n));
const addQuery = (query: string, more: Map<string, string>): boolean => {
	for (const part of query.split('&')) {
		const at = part.indexOf('=');
		const ai = part.slice(0, at);
		if (at < 0 || !/^[0-9]+$/.test(ai)) continue;
		const value = unescape(part.slice(at + 1), true);
		if (value === null || value === '' || more.has(ai) || ['10', '21', '22', '235'].includes(ai)) return false;
		more.set(ai, value);
	}
	return true;
};

const urnText = (s: string): string | null => (/^(?:[A-Za-z0-9!'()*+,\-.:;=_]|%(?:22|23|25|26|2F|3C|3E|3F))*$/.test(s) ? unescape(s) : null);
const withCheck = (d: string): string => d + checkDigit(d);
/* TDS: `urn:epc:id:…`. [AI, value, qualifiers] or null. */
const readUrn = (urn: string): Identifier | null => {
	const m = /^urn:epc:id:([a-z]+):(.+)$/.exec(urn);
	if (!m) return null;
	const part = m[2].split('.');
	const gcp = part[0];
	if (!/^[0-9]{6,12}$/.test(gcp)) return null;
	const rest = (from: number): string | null => (part.length > from ? urnText(part.slice(from).join('.')) : null);
	const ref = part[1] ?? '';
	const num = (n: number): boolean => /^[0-9]*$/.test(ref) && gcp.length + ref.length === n;
	const flip = (): string => ref.charAt(0) + gcp + ref.slice(1);
	const one = (ai: string, value: string, q?: string, v?: string | null): Identifier | null =>
		v === null ? null : identify(ai, value, new Map(q === undefined || v === undefined ? [] : [[q, v]]));
	const exact = (n: number): boolean => part.length === n;
	switch (m[1]) {
	case 'sgtin':
	case 'upui':
		return num(13) && ref !== '' ? one('01', withCheck(flip()), m[1] === 'sgtin' ? '21' : '235', rest(2)) : null;
	case 'sscc':
		return num(17) && ref !== '' && exact(2) ? one('00', withCheck(flip())) : null;
	case 'sgln': {
		const ext = rest(2);
		return num(12) && ext !== null ? one('414', withCheck(gcp + ref), ...(ext === '0' ? [] : ['254', ext])) : null;
	}
	case 'pgln':
		return num(12) && exact(2) ? one('417', withCheck(gcp + ref)) : null;
	case 'grai':
	case 'gdti':
	case 'sgcn': {
		const s = rest(2);
		const ai = { grai: '8003', gdti: '253', sgcn: '255' }[m[1]];
		return num(12) && s ? one(ai, (ai === '8003' ? '0' : '') + withCheck(gcp + ref) + s) : null;
	}
	case 'giai':
	case 'ginc': {
		const s = rest(1);
		return s ? one(m[1] === 'giai' ? '8004' : '401', gcp + s) : null;
	}
	case 'gsrn':
	case 'gsrnp':
		return num(17) && exact(2) ? one(m[1] === 'gsrn' ? '8018' : '8017', withCheck(gcp + ref)) : null;
	case 'gsin':
		return num(16) && exact(2) ? one('402', withCheck(gcp + ref)) : null;
	case 'cpi': {
		const r = urnText(ref);
		return r && exact(3) ? one('8010', gcp + r, '8011', rest(2)) : null;
	}
	case 'itip':
		return num(13) && /^[0-9]{2}$/.test(part[2] ?? '') && /^[0-9]{2}$/.test(part[3] ?? '')
			? one('8006', withCheck(flip()) + part[2] + part[3], '21', rest(4)) : null;
	default:
		return null;
	}
};
/* A GS1 identifier in any URI, or null. */
export const readUri = (uri: string): Identifier | null => (uri.startsWith('urn:') ? readUrn(uri) : readLink(uri, false));

/* formats 5.4: what a string in an EPC list touches, or null. */
export const subjectOf = (epc: string): string | null => {
	const id = readUri(epc);
	if (id) return id.instance ? id.subject : null;
	if (/^urn:epc:(?:class|idpat):/.test(epc)) return null;
	return /^[A-Za-z][A-Za-z0-9+.-]*:/.test(epc) ? epc : null;
};

/* ---- the code that was asked for ---- */
const FIXED: Record<string, number> = { '00': 18, '01': 14, '02': 14, '03': 14, '04': 16, '20': 2 };
for (let i = 11; i <= 19; i++) FIXED[i] = 6;
for (let i = 31; i <= 36; i++) FIXED[i] = 6;
FIXED[41] = 13;
const aiLength = (s: string): number => {
	const p = Number(s.slice(0, 2));
	if (!/^[0-9]{2}/.test(s)) return 0;
	if (p <= 3 || (p >= 10 && p <= 13) || (p >= 15 && p <= 17) || (p >= 20 && p <= 22) || p === 30 || p === 37 || p >= 90) return 2;
	if ((p >= 23 && p <= 25) || (p >= 40 && p <= 42) || p === 71) return 3;
	return (p >= 31 && p <= 36) || p === 39 || p === 43 || p === 70 || p === 72 || (p >= 80 && p <= 82) ? 4 : 0;
};
const readElements = (s: string): Map<string, string> | null => {
	const out = new Map<string, string>();
	let at = 0;
	while (at < s.length) {
		const n = aiLength(s.slice(at));
		const ai = s.slice(at, at + n);
		if (n === 0 || !/^[0-9]+$/.test(ai)) return null;
		at += n;
		const fixed = FIXED[ai.slice(0, 2)];
		const gs = s.indexOf('\x1d', at);
		const end = fixed !== undefined ? at + fixed : gs < 0 ? s.length : gs;
		const value = s.slice(at, end);
		if (value === '' || value.includes('\x1d') || end > s.length || (out.has(ai) && out.get(ai) !== value)) return null;
		out.set(ai, value);
		at = end;
		if (s.charAt(at) === '\x1d') at++;
	}
	return out;
};
const readBracketed = (s: string): Map<string, string> | null => {
	const out = new Map<string, string>();
	const part = /\(([0-9]{2,4})\)((?:\\\(|[^(])+)/y;
	while (part.lastIndex < s.length) {
		const m = part.exec(s);
		if (!m || out.has(m[1])) return null;
		out.set(m[1], m[2].replace(/\\\(/g, '('));
	}
	return out;
};
const fromElements = (e: Map<string, string> | null): Identifier | null => {
	if (!e) return null;
	const ai = ['00', '01', '8006', '253', '255', '8003', '8004', '8010', '8017', '8018', '402', '401', '414', '417'].find((k) => e.has(k));
	return ai === undefined ? null : identify(ai, e.get(ai)!, e);
};
/* Any scanned text (gs1.md 2.3); null: unreadable, or a form that is not read here. */
export const readCode = (code: string): Identifier | null => {
	const aim = /^\](?:C1|e0|d[12]|Q[13]|J[01]|E[04]|I1)/.exec(code);
	const s = aim ? code.slice(3) : code;
	if (/^https?:\/\//i.test(s)) return readLink(s, true);
	if (s.startsWith('urn:epc:')) return readUri(s);
	if (s.startsWith('(')) return fromElements(readBracketed(s));
	if (/^(?:[0-9]{8}|[0-9]{12,14})$/.test(s) && good(s)) return identify('01', s, new Map());
	if (/^[0-9]{18}$/.test(s) && good(s)) return identify('00', s, new Map());
	return fromElements(readElements(s));
};
