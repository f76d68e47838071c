// SPDX-License-Identifier: Apache-2.0
// A strict reader of JSON, since JSON.parse keeps the last of two equal names,
// rounds numbers and passes lone surrogates (formats 1.3, 7.1; RFC 7493).
import { decodeText, ProofError } from './proof';

/* A number as it was written; never rounded. */
export class Num {
	constructor(readonly text: string) {}
}
export type Obj = Map<string, Json>;
export type Json = null | boolean | string | Num | Json[] | Obj;

export const DEPTH_MAX = 32;
const VALUES_MAX = 1 << 20;

class Reader {
	private at = 0;
	private values = 0;
	/* Strings that were written with an escape. */
	readonly escaped = new Set<string>();
	constructor(private readonly s: string, private readonly deepest: number) {}

	private fail(why: string): never {
		throw new ProofError(`JSON: ${why} at character ${this.at}`);
	}
	private blank(): void {
		while (' \t\n\r'.includes(this.s.charAt(this.at)) && this.at < this.s.length) this.at++;
	}
	private word(w: string): boolean {
		if (!this.s.startsWith(w, this.at)) return false;
		this.at += w.length;
		return true;
	}
	private hex4(): number {
		const h = this.s.slice(this.at, this.at + 4);
		if (!/^[0-9a-fA-F]{4}$/.test(h)) this.fail('a wrong \\u');
		this.at += 4;
		return parseInt(h, 16);
	}
	private escape(): string {
		const c = this.s.charAt(this.at++);
		const simple = '"\\/bfnrt'.indexOf(c);
		if (c !== '' && simple >= 0) return '"\\/\b\f\n\r\t'.charAt(simple);
		if (c !== 'u') this.fail('a wrong escape');
		const u = this.hex4();
		if (u === 0) this.fail('U+0000');
		if (u < 0xd800 || u > 0xdfff) return String.fromCharCode(u);
		if (u > 0xdbff || !this.word('\\u')) this.fail('a lone surrogate');
		const low = this.hex4();
		if (low < 0xdc00 || low > 0xdfff) this.fail('a lone surrogate');
		return String.fromCharCode(u, low);
	}
	private text(): string {
		let out = '';
		let plain = true;
		let from = this.at;
		for (;;) {
			const c = this.s.charCodeAt(this.at);
			if (Number.isNaN(c)) this.fail('the end inside a string');
			if (c < 0x20) this.fail('a control character in a string');
			if (c !== 0x22 && c !== 0x5c) {
				this.at++;
				continue;
			}
			out += this.s.slice(from, this.at++);
			if (c === 0x22) {
				if (!plain) this.escaped.add(out);
				return out;
			}
			plain = false;
			out += this.escape();
			from = this.at;
		}
	}
	private list(depth: number): Json[] {
		const out: Json[] = [];
		this.blank();
		if (this.word(']')) return out;
		for (;;) {
			out.push(this.value(depth));
			this.blank();
			if (this.word(']')) return out;
			if (!this.word(',')) this.fail('neither , nor ]');
		}
	}
	private object(depth: number): Obj {
		const out: Obj = new Map();
		this.blank();
		if (this.word('}')) return out;
		for (;;) {
			this.blank();
			if (!this.word('"')) this.fail('no member name');
			const name = this.text();
			if (out.has(name)) this.fail(`the name ${JSON.stringify(name.slice(0, 40))} twice`);
			this.blank();
			if (!this.word(':')) this.fail('no colon');
			out.set(name, this.value(depth));
			this.blank();
			if (this.word('}')) return out;
			if (!this.word(',')) this.fail('neither , nor }');
		}
	}
	private value(depth: number): Json {
		if (++this.values > VALUES_MAX) this.fail('too many values');
		this.blank();
		if (this.word('"')) return this.text();
		if (this.word('{')) return depth < this.deepest ? this.object(depth + 1) : this.fail('nested too deep');
		if (this.word('[')) return depth < this.deepest ? this.list(depth + 1) : this.fail('nested too deep');
		if (this.word('true')) return true;
		if (this.word('false')) return false;
		if (this.word('null')) return null;
		const number = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
		number.lastIndex = this.at;
		const m = number.exec(this.s) ?? this.fail('no value');
		this.at += m[0].length;
		return new Num(m[0]);
	}
	whole(): Json {
		const v = this.value(0);
		this.blank();
		if (this.at !== this.s.length) this.fail('something behind the end');
		return v;
	}
}

export const readJson = (b: Uint8Array): Json => new Reader(decodeText(b, 'the JSON'), DEPTH_MAX).whole();
/* The same, less deep, and which strings hold an escape. */
export const readShallow = (b: Uint8Array, deepest: number): { json: Json; escaped: Set<string> } => {
	const r = new Reader(decodeText(b, 'the JSON'), deepest);
	return { json: r.whole(), escaped: r.escaped };
};

export const isObj = (v: Json | undefined): v is Obj => v instanceof Map;
export const textOf = (o: Obj, name: string): string | undefined => {
	const v = o.get(name);
	return typeof v === 'string' ? v : undefined;
};
/* Exact integers from 0 to 2^53 - 1, in the one form without fraction or exponent. */
export const uintOf = (v: Json | undefined): number | undefined => {
	if (!(v instanceof Num) || !/^(?:0|[1-9][0-9]{0,15})$/.test(v.text)) return undefined;
	const n = Number(v.text);
	return Number.isSafeInteger(n) ? n : undefined;
};
export const intOf = (v: Json | undefined): number | undefined => {
	if (!(v instanceof Num) || !/^(?:0|-?[1-9][0-9]{0,15})$/.test(v.text)) return undefined;
	const n = Number(v.text);
	return Number.isSafeInteger(n) ? n : undefined;
};
