#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the vectors of the map with nothing but Python's standard library.

    map.py            prints tests/vectors/ledger/map.json
    map.py --check F  says whether F is what it would print

Written from formats.md 5.1 to 5.3 and RFC 6962 alone, so that it shares no
mistake with Countermark.
"""
import hashlib
import json
import sys


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def u64(n):
    return n.to_bytes(8, "big")


def leb128(n):
    return bytes([n]) if n < 128 else bytes([n % 128 + 128]) + leb128(n // 128)


def list_root(items):
    if len(items) == 1:
        return items[0]
    k = 1
    while 2 * k < len(items):
        k *= 2
    return sha(b"\1", list_root(items[:k]), list_root(items[k:]))


def frontier(items):
    out, at = [], 0
    for k in reversed(range(64)):
        if len(items) >> k & 1:
            out.append(list_root(items[at:at + (1 << k)]))
            at += 1 << k
    return out


def bit(key, b):
    return key[b // 8] >> (7 - b % 8) & 1


def root(pairs):
    """Of sorted (key, value)."""
    if not pairs:
        return sha(b"\2")
    if len(pairs) == 1:
        return sha(b"\2", *pairs[0])
    b = common(pairs)
    return sha(b"\3", bytes([b]), *(root(p) for p in halves(pairs, b)))


def common(pairs):
    b = 0
    while bit(pairs[0][0], b) == bit(pairs[-1][0], b):
        b += 1
    return b


def halves(pairs, b):
    return [[p for p in pairs if bit(p[0], b) == side] for side in (0, 1)]


def prove(pairs, key):
    path = []
    while len(pairs) > 1:
        b = common(pairs)
        sides = halves(pairs, b)
        path.append({"bit": b, "sibling": root(sides[1 - bit(key, b)]).hex()})
        pairs = sides[bit(key, b)]
    return pairs[0], path[::-1]


def pairs_of(lists):
    return sorted((k, sha(b"\4", u64(len(v[1])), list_root(v[1])))
                  for k, v in lists.items())


def key_of(subject):
    return sha(b"countermark/key/v1\0", subject.encode())


def item(i):
    return "https://id.gs1.org/01/09506000134352/21/VECTOR%03d" % i


def main():
    lists, entries = {}, []
    for n in range(40):
        index = 2 + n * n
        leaf = sha(b"\0", b"entry %d" % index)
        subjects = ["device/did:web:x.example:device:a"]
        subjects += [item(i) for i in range(n // 3, n // 3 + n % 4)]
        if n % 5 == 0:
            subjects.append("goods/09506000134352/Ä%2F")
        for s in subjects:
            _, items = lists.get(key_of(s), (0, []))
            items.append(sha(b"\0", u64(index), leaf))
            lists[key_of(s)] = (index, items)
        pairs = pairs_of(lists)
        entries.append({"index": index, "leaf": leaf.hex(),
                        "subjects": subjects, "keys": len(lists),
                        "root": root(pairs).hex()})
    proofs = []
    for s in [item(i) for i in range(25)] + ["goods/09506000134352/Ä%2F",
                                             "reject/", ""]:
        key = key_of(s)
        found, path = prove(pairs, key)
        proofs.append({"subject": s, "key": key.hex(),
                       "present": int(found[0] == key),
                       "leaf_key": found[0].hex(), "value": found[1].hex(),
                       "map": path})
    dump = b"".join(k + leb128(len(items)) + leb128(index) + b"".join(frontier(items))
                    for k, (index, items) in sorted(lists.items()))
    text = ['{"about":"map of formats.md 5 after each entry; made by '
            'tests/oracle/map.py",\n"entries":[\n']
    text.append(",\n".join(json.dumps(e, ensure_ascii=False) for e in entries))
    text.append('],\n"proofs":[\n')
    text.append(",\n".join(json.dumps(p, ensure_ascii=False) for p in proofs))
    text.append('],\n"dump":"%s"}\n' % dump.hex())
    text = "".join(text)
    if len(sys.argv) == 3 and sys.argv[1] == "--check":
        with open(sys.argv[2], encoding="utf-8") as f:
            return f.read() != text
    sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
