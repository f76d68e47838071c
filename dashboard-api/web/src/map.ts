// SPDX-License-Identifier: Apache-2.0
// The map of formats 5.1 to 5.3 and the lists of 7.2.
import { sha256 } from '@noble/hashes/sha2';
import { bytes, concat, equal, ProofError } from './proof';

const fail = (why: string): never => {
	throw new ProofError(why);
};
const hashOf = (...parts: Uint8Array[]): Uint8Array => sha256(concat(...parts));
const tag = (n: number): Uint8Array => Uint8Array.of(n);

export const u64 = (n: number): Uint8Array => {
	const out = new Uint8Array(8);
	new DataView(out.buffer).setBigUint64(0, BigInt(n));
	return out;
};
export const entryLeaf = (entry: Uint8Array): Uint8Array => hashOf(tag(0), entry);
export const node = (l: Uint8Array, r: Uint8Array): Uint8Array => hashOf(tag(1), l, r);

/* 5.1 */
export const mapKey = (subject: string): Uint8Array => hashOf(bytes('countermark/key/v1\0'), bytes(subject));
/* 5.2: item_j as the leaf of the list. */
export const listLeaf = (index: number, leaf: Uint8Array): Uint8Array => hashOf(tag(0), u64(index), leaf);
export const mapValue = (n: number, root: Uint8Array): Uint8Array => hashOf(tag(4), u64(n), root);
const mapLeaf = (key: Uint8Array, value: Uint8Array): Uint8Array => hashOf(tag(2), key, value);
export const EMPTY_MAP = hashOf(tag(2));

export interface MapStep {
	bit: number;
	sibling: Uint8Array;
}
const bitOf = (key: Uint8Array, b: number): number => (key[b >> 3] >> (7 - (b & 7))) & 1;

/* 5.3: from the leaf to the root, b strictly falling. */
const fold = (key: Uint8Array, value: Uint8Array, path: MapStep[]): Uint8Array => {
	let h = mapLeaf(key, value);
	let above = 256;
	for (const { bit, sibling } of path) {
		if (bit >= above) fail('the bits of the map proof do not fall');
		above = bit;
		h = bitOf(key, bit) ? hashOf(tag(3), tag(bit), sibling, h) : hashOf(tag(3), tag(bit), h, sibling);
	}
	return h;
};
export const checkPresent = (key: Uint8Array, value: Uint8Array, path: MapStep[], root: Uint8Array): void => {
	if (!equal(fold(key, value, path), root)) fail('the list is not in the map of that root');
};
export const checkAbsent = (
	key: Uint8Array, other: { key: Uint8Array; value: Uint8Array } | null, path: MapStep[], root: Uint8Array,
): void => {
	if (other === null) {
		if (path.length !== 0 || !equal(root, EMPTY_MAP)) fail('the map is not empty');
		return;
	}
	if (equal(other.key, key)) fail('the other key is the key itself');
	for (const { bit } of path)
		if (bitOf(key, bit) !== bitOf(other.key, bit)) fail('the other key does not stand where the key would');
	if (!equal(fold(other.key, other.value, path), root)) fail('the other key is not in the map of that root');
};

const split = (n: number): number => {
	let k = 1;
	while (k * 2 < n) k *= 2;
	return k;
};
/*
 * Root over a list of n items of which items[first…] are given (7.2): a subtree
 * outside the part comes whole from left or right, in that order.
 */
export const rangeRoot = (n: number, first: number, items: Uint8Array[], left: Uint8Array[], right: Uint8Array[]): Uint8Array => {
	if (items.length === 0 || first + items.length > n) fail('the part lies outside its list');
	const end = first + items.length;
	let l = 0;
	let r = 0;
	const walk = (from: number, size: number): Uint8Array => {
		if (from + size <= first) return left[l++] ?? fail('left is too short');
		if (from >= end) return right[r++] ?? fail('right is too short');
		if (size === 1) return items[from - first];
		const k = split(size);
		const a = walk(from, k);
		return node(a, walk(from + k, size - k));
	};
	const root = walk(0, n);
	if (l !== left.length || r !== right.length) fail('left or right is too long');
	return root;
};
