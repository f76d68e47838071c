// SPDX-License-Identifier: Apache-2.0
// The registry as a bundle shows it: statements folded in log order (formats
// 1.7, 2.3, 2.4; verdict.md 1). The authority comes from the genesis alone.
import { escape } from './gs1';
import { isObj, intOf, readJson, textOf, uintOf, type Json, type Obj } from './json';
import { bytes, concat, didKey, equal, fromBase64, ProofError, toDidKey, verifyEd25519, type Genesis } from './proof';
import { REGISTRY, type Statement } from './statement';

export interface Payload {
	type: string;
	id: string;
	op: string;
	from: number;
	body: Obj;
}
export interface Device {
	name: string;
	organisation: string | null;
	role: string;
	standing: 'authority' | 'service' | null;
	epoch: number;
	key: Uint8Array;
	revoked: { index: number; from: number } | null;
	suspended: number | null; /* index of the statement */
}
export interface Organisation {
	did: string;
	keys: { key: string; may: string[] }[];
	ended: boolean;
}
export interface Goods {
	index: number;
	organisation: string;
	right: string | null;
	during: boolean;
}
export interface Version {
	index: number;
	right: string;
	licensor: string;
	licensee: string;
	countries: string[];
	goods: string[];
	quantity: number | null; /* any */
	from: number;
	to: number | null; /* for ever */
	sublicence: boolean;
	parent: string | null;
}
export interface Licence {
	id: string;
	right: string;
	versions: Version[];
	ended: number | null; /* from when */
}
export interface Recall {
	index: number;
	gtin: string;
	lots: string[];
	serials: string[];
	from: number;
	ended: number | null;
}
export interface Place {
	country: string | null;
	kind: string | null;
}

const OPS = ['set', 'end', 'suspend'];
const strings = (v: Json | undefined): string[] | null =>
	v === undefined ? [] : Array.isArray(v) && v.every((e) => typeof e === 'string') ? (v as string[]) : null;
const isDidKey = (s: string | undefined): boolean => {
	try {
		return didKey(s ?? '').length === 32;
	} catch {
		return false;
	}
};

/* The shape of 1.7, else null: no effect. */
export const readPayload = (payload: Uint8Array): Payload | null => {
	let body: Json;
	try {
		body = readJson(payload);
	} catch {
		return null;
	}
	if (!isObj(body)) return null;
	const type = textOf(body, 'type') ?? '';
	const id = textOf(body, 'id') ?? '';
	const op = textOf(body, 'op') ?? '';
	const from = intOf(body.get('from'));
	if (!/^[a-z]{1,32}$/.test(type) || !/^[A-Za-z0-9._~:/-]{1,200}$/.test(id) || !OPS.includes(op) || from === undefined) return null;
	return { type, id, op, from, body };
};
export const covers = (entry: string, other: string): boolean =>
	entry === other || (entry.length < 14 && (other.length === 14 ? other.slice(1) : other).startsWith(entry));
/* none listed is all */
const within = (mine: string[], theirs: string[], cover: (a: string, b: string) => boolean): boolean =>
	theirs.length === 0 || (mine.length > 0 && mine.every((m) => theirs.some((t) => cover(t, m))));

export class Roster {
	readonly devices = new Map<string, Device>();
	readonly licences = new Map<string, Licence>();
	readonly recalls = new Map<string, Recall>();
	private readonly organisations = new Map<string, Organisation>();
	private readonly goods = new Map<string, Goods>();
	private readonly rights = new Map<string, { holder: string; ended: boolean }>();
	private readonly places = new Map<string, Place>();
	private readonly usages = new Map<string, { index: number; at: number }>();
	private readonly delegations = new Map<string, string[]>();
	private readonly services = new Map<string, string>();
	private readonly prefix: string;
	/* The latest time that an authority's statement says. */
	private now = 0;

	/* rests: told each subject that an answer rests on (7.3). */
	constructor(genesis: Genesis, private readonly rests: (subject: string) => void) {
		const host = genesis.origin.slice(0, genesis.origin.lastIndexOf('/')).replace(/:/g, '%3A');
		this.prefix = `did:web:${host}:`;
		genesis.authority.forEach((did, i) => this.found(i === 0 ? 'authority' : `authority-${i + 1}`, didKey(did), 'authority'));
		this.found('service', didKey(genesis.service), 'service');
	}
	private found(name: string, key: Uint8Array, standing: 'authority' | 'service'): void {
		this.devices.set(name, { name, organisation: null, role: standing, standing, epoch: 1, key, revoked: null, suspended: null });
	}

	private nameOf(did: string): string | null {
		const p = `${this.prefix}device:`;
		return did.startsWith(p) ? did.slice(p.length) : null;
	}
	deviceOf(s: Statement): Device | null {
		const name = this.nameOf(s.claims.iss);
		if (name !== null) this.rests(`registry/device/${name}`);
		return name === null ? null : (this.devices.get(name) ?? null);
	}
	organisation(name: string): Organisation | null {
		this.rests(`registry/organisation/${name}`);
		return this.organisations.get(name) ?? null;
	}
	didOfOrganisation(name: string | null): string {
		return name === null ? '' : (this.organisation(name)?.did ?? '');
	}
	/* 1.6: the exact GTIN, else the longest prefix. */
	goodsOf(gtin: string): Goods | null {
		const ids = [gtin, ...Array.from({ length: 9 }, (_, i) => gtin.slice(1, 13 - i))];
		for (const id of ids) this.rests(`goods/${id}`);
		const id = ids.find((i) => this.goods.has(i));
		return id === undefined ? null : this.goods.get(id)!;
	}
	/* A recall of a lot stands there. */
	lot(gtin: string, lot: string): void {
		this.rests(`goods/${gtin}/${escape(lot)}`);
	}
	holderOf(right: string): string | null {
		this.rests(`registry/right/${right}`);
		return this.rights.get(right)?.holder ?? null;
	}
	hasRight(right: string): boolean {
		this.rests(`registry/right/${right}`);
		return this.rights.has(right);
	}
	licence(id: string): Licence | null {
		this.rests(`registry/licence/${id}`);
		return this.licences.get(id) ?? null;
	}
	usage(id: string): { index: number; at: number } | null {
		this.rests(`registry/usage/${id}`);
		return this.usages.get(id) ?? null;
	}
	place(gln: string): Place | null {
		this.rests(`registry/place/${gln}`);
		return this.places.get(gln) ?? null;
	}

	private opens(s: Statement, d: Device): boolean {
		if (s.content !== REGISTRY || s.claims.seq !== 1n || s.claims.epoch !== BigInt(d.epoch) + 1n || d.suspended !== null) return false;
		const p = readPayload(s.payload);
		return p !== null && p.type === 'device' && p.op === 'set' && p.id === d.name;
	}
	/* verdict.md 1.2: the signer as enrolled before this entry. */
	signer(s: Statement): Device {
		const fail = (why: string): never => {
			throw new ProofError(why);
		};
		const d = this.deviceOf(s) ?? fail(`no device ${s.claims.iss.slice(0, 80)} is registered before this entry`);
		if (s.claims.epoch !== BigInt(d.epoch) && !this.opens(s, d)) fail(`key epoch ${s.claims.epoch} of ${d.name} is not open`);
		if (!equal(s.kid, d.key)) fail(`the key is not that of ${d.name}`);
		if (d.suspended !== null) fail(`${d.name} was suspended by entry ${d.suspended}`);
		if (d.revoked && d.revoked.from <= this.now) fail(`${d.name} was revoked by entry ${d.revoked.index}`);
		if (d.standing === 'authority') this.now = Math.max(this.now, Number(s.claims.wall));
		return d;
	}

	/* 1.3 */
	private entitled(s: Statement, d: Device, p: Payload, kid: string): boolean {
		if (d.standing === 'authority' || this.opens(s, d)) return true;
		if (p.type === 'heartbeat') return p.id === d.name;
		if (p.type === 'device' && p.op !== 'suspend' && this.devices.get(p.id)?.standing) return false;
		const byService = p.type === 'usage' || p.type === 'tagread' || (p.type === 'device' && p.op === 'suspend');
		if (byService && (d.standing === 'service' || this.services.get(kid) === 'ingest')) return true;
		if (this.delegations.get(kid)?.includes(p.type)) return true;
		const org = d.organisation === null ? null : this.organisation(d.organisation);
		return org !== null && !org.ended && org.keys.some((k) => k.key === kid && k.may.includes(p.type));
	}
	/* One registry statement, after signer(). */
	async apply(s: Statement, d: Device, index: number): Promise<void> {
		const kid = toDidKey(s.kid);
		this.rests(`registry/delegation/${kid}`);
		this.rests(`registry/service/${kid}`);
		const p = readPayload(s.payload);
		if (!p || !this.entitled(s, d, p, kid)) return;
		switch (p.type) {
		case 'device': return this.device(s, d, p, index);
		case 'organisation': return this.setOrganisation(p);
		case 'goods': return this.setGoods(p, index);
		case 'delegation': return this.setKey(this.delegations, p, strings(p.body.get('may')));
		case 'service': return this.setKey(this.services, p, textOf(p.body, 'use') ?? null);
		case 'right': return this.setRight(p);
		case 'licence': return this.setLicence(p, index);
		case 'recall': return this.setRecall(p, index);
		case 'place': return this.setPlace(p);
		case 'usage': return this.setUsage(p, index);
		}
	}

	private inForce(organisation: string): boolean {
		const o = this.organisation(organisation);
		return o !== null && !o.ended;
	}
	/* 1.4 */
	private async device(s: Statement, signer: Device, p: Payload, index: number): Promise<void> {
		const d = this.devices.get(p.id) ?? null;
		if (p.op === 'end' && d) d.revoked = { index, from: p.from };
		if (p.op === 'suspend' && d) d.suspended = index;
		if (p.op !== 'set') return;
		const did = `${this.prefix}device:${p.id}`;
		const word = textOf(p.body, 'key');
		const epoch = uintOf(p.body.get('epoch'));
		const organisation = textOf(p.body, 'organisation');
		const role = textOf(p.body, 'role') ?? 'device';
		if (!/^[a-z0-9-]{1,63}$/.test(p.id) || textOf(p.body, 'did') !== did || !isDidKey(word) || epoch === undefined || organisation === undefined) return;
		const key = didKey(word!);
		if (d ? epoch !== d.epoch + 1 && !(epoch === d.epoch && equal(key, d.key)) : epoch !== 1) return;
		const own = d !== null && signer.name === d.name;
		if ((own || p.body.has('possession')) && !(await this.possessed(p, did, epoch, key))) return;
		const opens = this.opens(s, signer);
		if (opens ? d!.standing === null && organisation !== d!.organisation : !this.inForce(organisation)) return;
		if (!d) {
			this.devices.set(p.id, { name: p.id, organisation, role, standing: null, epoch, key, revoked: null, suspended: null });
			return;
		}
		if (epoch !== d.epoch && !own) d.revoked = d.suspended = null;
		d.epoch = epoch;
		d.key = key;
		if (!opens && d.standing === null) {
			d.organisation = organisation;
			d.role = role;
		}
	}
	private async possessed(p: Payload, did: string, epoch: number, key: Uint8Array): Promise<boolean> {
		try {
			const sig = fromBase64(textOf(p.body, 'possession') ?? '', 64);
			return await verifyEd25519(key, concat(bytes('countermark/epoch-key/v1\0'), bytes(`${did}\0${epoch}`)), sig);
		} catch {
			return false;
		}
	}
	private setOrganisation(p: Payload): void {
		const old = this.organisations.get(p.id);
		if (p.op === 'end' && old) this.organisations.set(p.id, { ...old, keys: [], ended: true });
		if (p.op !== 'set') return;
		const keys: Organisation['keys'] = [];
		const list = p.body.get('keys') ?? [];
		if (!Array.isArray(list)) return;
		for (const k of list) {
			const may = isObj(k) ? strings(k.get('may')) : null;
			if (!isObj(k) || !isDidKey(textOf(k, 'key')) || !may) return;
			keys.push({ key: textOf(k, 'key')!, may });
		}
		const did = textOf(p.body, 'did');
		if (did !== undefined && textOf(p.body, 'name') === p.id) this.organisations.set(p.id, { did, keys, ended: false });
	}
	private setGoods(p: Payload, index: number): void {
		const id = textOf(p.body, 'gtin') ?? textOf(p.body, 'prefix');
		if (id !== p.id || !/^(?:[0-9]{14}|[0-9]{4,12})$/.test(p.id)) return;
		if (p.op === 'end') this.goods.delete(p.id);
		const organisation = textOf(p.body, 'organisation');
		if (p.op !== 'set' || organisation === undefined || !this.inForce(organisation)) return;
		this.goods.set(p.id, { index, organisation, right: textOf(p.body, 'right') ?? null, during: textOf(p.body, 'issuance') === 'during' });
	}
	private setKey<T>(table: Map<string, T>, p: Payload, value: T | null): void {
		if (p.op === 'end') table.delete(p.id);
		if (p.op === 'set' && value !== null && textOf(p.body, 'key') === p.id) table.set(p.id, value);
	}
	private setRight(p: Payload): void {
		const holder = textOf(p.body, 'holder');
		const old = this.rights.get(p.id);
		if (p.op === 'end' && old) this.rights.set(p.id, { ...old, ended: true });
		if (p.op === 'set' && holder !== undefined) this.rights.set(p.id, { holder, ended: false });
	}
	private setPlace(p: Payload): void {
		if (p.op === 'end') this.places.delete(p.id);
		if (p.op === 'set' && textOf(p.body, 'gln') === p.id) this.places.set(p.id, { country: textOf(p.body, 'country') ?? null, kind: textOf(p.body, 'kind') ?? null });
	}
	private setUsage(p: Payload, index: number): void {
		const at = uintOf(p.body.get('at_index'));
		if (p.op === 'set' && textOf(p.body, 'licence') === p.id && at !== undefined) this.usages.set(p.id, { index, at });
	}
	/* 1.10 */
	private setRecall(p: Payload, index: number): void {
		const old = this.recalls.get(p.id);
		if (p.op === 'end' && old) old.ended = p.from;
		const gtin = textOf(p.body, 'gtin');
		const lots = strings(p.body.get('lots'));
		const serials = strings(p.body.get('serials'));
		if (p.op !== 'set' || gtin === undefined || !lots || !serials || (old && old.gtin !== gtin)) return;
		this.recalls.set(p.id, { index, gtin, lots, serials, from: p.from, ended: null });
	}
	/* 1.9 */
	private setLicence(p: Payload, index: number): void {
		const old = this.licences.get(p.id);
		if (p.op === 'end' && old) old.ended = p.from;
		if (p.op !== 'set') return;
		const [right, licensor, licensee] = ['right', 'licensor', 'licensee'].map((n) => textOf(p.body, n));
		const countries = strings(p.body.get('countries'));
		const goods = strings(p.body.get('goods'));
		const quantity = p.body.has('quantity') ? (uintOf(p.body.get('quantity')) ?? -1) : null;
		const to = p.body.has('to') ? intOf(p.body.get('to')) : null;
		if (right === undefined || licensor === undefined || licensee === undefined || !countries || !goods || quantity === -1 || to === undefined) return;
		const v: Version = {
			index, right, licensor, licensee, countries, goods, quantity, from: p.from, to,
			sublicence: p.body.get('sublicence') === true, parent: textOf(p.body, 'parent') ?? null,
		};
		if ((old && old.right !== right) || (v.parent !== null && !this.mayStand(p.id, v))) return;
		if (old) {
			old.versions.push(v);
			old.ended = null;
		} else {
			this.licences.set(p.id, { id: p.id, right, versions: [v], ended: null });
		}
	}
	private mayStand(id: string, v: Version): boolean {
		const parent = this.licence(v.parent!);
		if (!parent || parent.ended !== null || parent.right !== v.right) return false;
		const t = newest(parent);
		if (!t.sublicence || t.licensee !== v.licensor) return false;
		let above: string | null = v.parent;
		for (let n = 1; above !== null; n++) {
			if (above === id || n === 8) return false;
			const l: Licence | null = this.licence(above);
			above = l ? newest(l).parent : null;
		}
		return within(v.countries, t.countries, (a, b) => a === b) && within(v.goods, t.goods, covers) && v.from >= t.from
			&& (t.to === null || (v.to !== null && v.to <= t.to)) && (t.quantity === null || (v.quantity !== null && v.quantity <= t.quantity));
	}
}
export const newest = (l: Licence): Version => l.versions[l.versions.length - 1];
