#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Judges the golden bundles with bundle.py, and a changed byte of each.

    check_bundles.py GOLDEN-FOLDER

GOLDEN-FOLDER holds cases.json, bundles and policies. bundle.py computes no
verdict and knows no authority, so it must accept the faults that only those
show; every other fault it must refuse, as it must each byte changed here.
"""
import json
import os
import sys

from bundle import check_bundle
from merkle import Wrong

# Checks of formats 7.4 that bundle.py does not make; list: in part.
BEYOND = ("quorum", "authority", "subjects", "verdict", "list")


def read_policy(path):
    """The log's key, and of the keys of witnesses those its quorum names."""
    keys, groups, vkey, quorum = {}, {}, None, "none"
    with open(path, encoding="utf-8") as f:
        for word in (line.split() for line in f):
            if word[0] == "log":
                vkey = word[1]
            elif word[0] == "witness":
                keys[word[1]] = word[2]
            elif word[0] == "group":
                if word[2] not in ("all", str(len(word) - 3)):
                    raise SystemExit("%s: only groups of all" % path)
                groups[word[1]] = word[3:]
            elif word[0] == "quorum":
                quorum = word[1]
    if quorum == "none":
        return vkey, []
    return vkey, [keys[n] for n in groups.get(quorum, [quorum])]


def accepts(text, vkey, witnesses):
    try:
        check_bundle(text, vkey, witnesses)
    except (Wrong, KeyError, ValueError, IndexError) as e:
        return str(e) or type(e).__name__
    return None


def places(value, path=()):
    """Each string of the proof that holds bytes, in base64."""
    if isinstance(value, dict):
        for k, v in value.items():
            if k not in ("subject", "present"):
                yield from places(v, path + (k,))
    elif isinstance(value, list):
        for i, v in enumerate(value):
            yield from places(v, path + (i,))
    elif isinstance(value, str):
        yield path


def changed(text, path):
    """The bundle with another letter in one string: in its middle, of the
    checkpoint in the root, since a cosignature nobody asked for is not read."""
    top = json.loads(text)
    parent = top
    for k in path[:-1]:
        parent = parent[k]
    s = parent[path[-1]]
    at = s.index("\n", s.index("\n") + 1) + 9 if "\n" in s else len(s) // 2
    parent[path[-1]] = s[:at] + ("A" if s[at] != "A" else "B") + s[at + 1:]
    return json.dumps(top)


def main(folder):
    faults = passed = refused = mutations = 0
    with open(os.path.join(folder, "cases.json"), encoding="utf-8") as f:
        cases = json.load(f)
    for case in cases:
        name = case["bundle"]
        vkey, witnesses = read_policy(os.path.join(folder, case["policy"]))
        with open(os.path.join(folder, name), encoding="utf-8") as f:
            text = f.read()
        failed = case["expect"]["failed"]
        why = accepts(text, vkey, witnesses)
        if failed is None or failed["check"] not in BEYOND:
            if (why is None) != (failed is None):
                faults += 1
                print("FAULT %s: %s" % (name, why or "accepted"))
        passed += why is None
        refused += why is not None
        if failed is not None:
            continue
        top = json.loads(text)
        every = [("checkpoint",)] + [
            (part,) + p for part in ("genesis", "epoch", "subjects")
            for p in places(top[part])]
        # One bundle wholly, of the others a few places.
        step = 1 if name == "genuine.cmproof" else max(1, len(every) // 12)
        for path in every[::step]:
            mutations += 1
            if accepts(changed(text, path), vkey, witnesses) is None:
                faults += 1
                print("FAULT %s: accepted with a changed byte in %s" % (
                    name, path))
    print("%d bundles pass, %d do not, %d changed bytes, %d faults" % (
        passed, refused, mutations, faults))
    if not passed or not refused or not mutations:
        raise SystemExit("nothing was judged")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
