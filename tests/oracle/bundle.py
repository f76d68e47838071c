#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks a proof bundle with nothing but Python's standard library.

    bundle.py --vkey VKEY [--witness VKEY]... BUNDLE

Written from docs/formats.md 1, 4, 5 and 7 alone: the note, the genesis and
epoch entries' places, every subject's map proof and list, and the signature of
each statement by the key it names. Whether that key was entitled, and what the
verdict is, the verifiers of the product say; this shows that the bytes mean
what the text says. Prints `size= covered= subjects= entries= withheld= ok`.
"""
import argparse
import base64
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from merkle import Wrong, ed25519_verify, node, open_checkpoint, sha, split


def unbase64(text, size=None):
    data = base64.b64decode(text, validate=True)
    if base64.b64encode(data).decode() != text:
        raise Wrong("base64 that is not canonical")
    if size is not None and len(data) != size:
        raise Wrong("%d bytes instead of %d" % (len(data), size))
    return data


def members(value, *names):
    if not isinstance(value, dict) or set(value) != set(names):
        raise Wrong("members %s, wanted %s" % (sorted(value), sorted(names)))
    return [value[n] for n in names]


def once(pairs):
    """A JSON object in which no name stands twice."""
    if len({k for k, _ in pairs}) != len(pairs):
        raise Wrong("a name stands twice")
    return dict(pairs)


# RFC 6962, in the form of RFC 9162 2.1.3.2 -----------------------------------

def check_inclusion(leaf, index, size, path, root):
    if index >= size:
        raise Wrong("entry %d is not below %d" % (index, size))
    fn, sn, r = index, size - 1, leaf
    for p in path:
        if sn == 0:
            raise Wrong("path too long")
        if fn & 1 or fn == sn:
            r = node(p, r)
            while not fn & 1 and fn != 0:
                fn >>= 1
                sn >>= 1
        else:
            r = node(r, p)
        fn >>= 1
        sn >>= 1
    if sn != 0 or r != root:
        raise Wrong("path of entry %d does not lead to the root" % index)


# formats 5: the map ---------------------------------------------------------------

def bit(key, b):
    return key[b >> 3] >> (7 - (b & 7)) & 1


def fold(key, value, path):
    at, before = sha(b"\x02", key, value), 256
    for b, sibling in path:
        if not isinstance(b, int) or isinstance(b, bool) or not 0 <= b < before:
            raise Wrong("bits of the map path do not fall")
        before, sibling = b, unbase64(sibling, 32)
        pair = (sibling, at) if bit(key, b) else (at, sibling)
        at = sha(b"\x03", bytes([b]), *pair)
    return at


def list_root(items, n, first, left, right):
    """MTH over n items of which only some are here, the rest as subtrees."""
    left, right = list(left), list(right)

    def root(start, width):
        outside = (left if start + width <= first else
                   right if start >= first + len(items) else None)
        if outside is not None:
            if not outside:
                raise Wrong("a subtree is lacking")
            return outside.pop(0)
        if width == 1:
            return items[start - first]
        k = split(width)
        return node(root(start, k), root(start + k, width - k))

    r = root(0, n)
    if left or right:
        raise Wrong("subtrees left over")
    return r


class Bundle:
    def __init__(self, text, vkey, witnesses):
        top = json.loads(text, object_pairs_hook=once)
        (form, self.origin, note, genesis, epoch, self.subjects, self.question,
         self.verdict, self.findings) = members(
             top, "countermark", "origin", "checkpoint", "genesis", "epoch",
             "subjects", "question", "verdict", "findings")
        if form != "bundle/v1":
            raise Wrong("not a bundle/v1")
        self.size, self.root = open_checkpoint(note.encode(), vkey, witnesses)
        if vkey.split("+")[0] != self.origin:
            raise Wrong("another origin")
        entry, path = members(genesis, "entry", "path")
        self.known = {}
        lines = self.at(0, entry, path)
        if lines[:2] != ["countermark/genesis/v1", self.origin]:
            raise Wrong("no genesis of this log")
        index, entry, path = members(epoch, "index", "entry", "path")
        if index != self.size - 1:
            raise Wrong("the epoch is not the last entry")
        lines = self.at(index, entry, path)
        if lines[0] != "countermark/epoch/v1" or lines[6] != "1":
            raise Wrong("no epoch of map 1")
        self.covered = int(lines[1])
        self.map = unbase64(lines[3], 32)
        if self.covered > index:
            raise Wrong("covers more than there is")
        self.entries = self.withheld = 0

    def at(self, index, entry, path):
        entry = unbase64(entry)
        check_inclusion(sha(b"\0", entry), index, self.size,
                        [unbase64(p, 32) for p in path], self.root)
        return entry.decode().split("\n")

    def leaf(self, item):
        if "leaf" in item:
            index, leaf = members(item, "index", "leaf")
            leaf = unbase64(leaf, 32)
            if self.known.get(index, leaf) != leaf:
                raise Wrong("two hashes of entry %d" % index)
            if index not in self.known:
                self.withheld += 1
        else:
            index, entry = members(item, "index", "entry")
            entry = unbase64(entry)
            leaf = sha(b"\0", entry)
            if index in self.known:
                raise Wrong("entry %d stands twice" % index)
            check_statement(index, entry)
            self.known[index] = leaf
            self.entries += 1
        return index, leaf

    def value(self, s):
        ranged = "n" in s
        if ranged:
            _, _, n, first, list_, left, right, path = members(
                s, "subject", "present", "n", "first", "entries", "left",
                "right", "map")
        else:
            _, _, list_, path = members(
                s, "subject", "present", "entries", "map")
            n, first, left, right = len(list_), 0, [], []
        if not list_ or first + len(list_) > n:
            raise Wrong("an empty list, or one that is too long")
        items, before = [], -1
        for item in list_:
            index, leaf = self.leaf(item)
            if not before < index < self.covered:
                raise Wrong("entry %d is out of order" % index)
            before = index
            items.append(sha(b"\0", index.to_bytes(8, "big"), leaf))
        r = list_root(items, n, first, [unbase64(h, 32) for h in left],
                      [unbase64(h, 32) for h in right])
        return sha(b"\x04", n.to_bytes(8, "big"), r), path

    def check(self, s):
        key = sha(b"countermark/key/v1\0", s["subject"].encode())
        if s["present"] is True:
            value, path = self.value(s)
        else:
            _, _, other, path = members(
                s, "subject", "present", "other", "map")
            if other is None:
                if path or self.map != sha(b"\x02"):
                    raise Wrong("the map is not empty")
                return
            far, value = (unbase64(v, 32) for v in members(
                other, "key", "value"))
            if far == key or any(bit(far, b) != bit(key, b) for b, _ in path):
                raise Wrong("not on the way to the other key")
            key = far
        if fold(key, value, path) != self.map:
            raise Wrong("does not lead to the map's root")


# formats 1: COSE_Sign1 of exactly the one form -------------------------------------

def head(data, at):
    major, small = data[at] >> 5, data[at] & 31
    if small < 24:
        return major, small, at + 1
    width = {24: 1, 25: 2, 26: 4, 27: 8}[small]
    return (major, int.from_bytes(data[at + 1:at + 1 + width], "big"),
            at + 1 + width)


def byte_string(data, at):
    major, n, at = head(data, at)
    if major != 2 or at + n > len(data):
        raise Wrong("no byte string")
    return data[at:at + n], at + n


def write_head(major, n):
    for limit, small, width in ((24, None, 0), (256, 24, 1), (65536, 25, 2)):
        if n < limit:
            first = n if small is None else small
            return bytes([major << 5 | first]) + (
                n.to_bytes(width, "big") if width else b"")
    raise Wrong("too long")


def check_statement(index, data):
    if data.startswith((b"countermark/genesis/v1\n", b"countermark/epoch/v1\n")):
        raise Wrong("entry %d touches nothing" % index)
    if data.startswith(b"countermark/fork/v1\n"):
        return
    if data[:2] != b"\xd2\x84":
        raise Wrong("entry %d is no COSE_Sign1" % index)
    protected, at = byte_string(data, 2)
    if data[at:at + 1] != b"\xa0":
        raise Wrong("entry %d has an unprotected header" % index)
    payload, at = byte_string(data, at + 1)
    signature, at = byte_string(data, at)
    if at != len(data):
        raise Wrong("entry %d has bytes behind it" % index)
    # label 4, a byte string of 32: nothing else in the header has that form
    # before the claims (labels 1, 3, 4, 15 in this order).
    place = protected.index(b"\x04\x58\x20")
    key = protected[place + 3:place + 35]
    signed = (b"\x84\x6aSignature1" + write_head(2, len(protected)) + protected
              + b"\x40" + write_head(2, len(payload)) + payload)
    if not ed25519_verify(key, signed, signature):
        raise Wrong("signature of entry %d is wrong" % index)


def check_bundle(text, vkey, witnesses):
    b = Bundle(text, vkey, witnesses)
    for i, s in enumerate(b.subjects):
        try:
            b.check(s)
        except Wrong as e:
            raise Wrong("subjects[%d] %s: %s" % (i, s.get("subject"), e))
    return b


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--vkey", required=True)
    options.add_argument("--witness", action="append", default=[],
                         help="who must have cosigned")
    options.add_argument("bundle")
    o = options.parse_args()
    with open(o.bundle, encoding="utf-8") as f:
        b = check_bundle(f.read(), o.vkey, o.witness)
    print("size=%d covered=%d subjects=%d entries=%d withheld=%d ok" % (
        b.size, b.covered, len(b.subjects), b.entries, b.withheld))


if __name__ == "__main__":
    try:
        main()
    except (Wrong, KeyError, ValueError, IndexError) as e:
        sys.exit("bundle.py: %s: %s" % (type(e).__name__, e))
