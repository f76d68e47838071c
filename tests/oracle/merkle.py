#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks a log with nothing but Python's standard library.

    merkle.py --vkey VKEY [--witness VKEY]... [--old FILE] [--proofs FILE] API_URL|FOLDER

Written from RFC 6962, RFC 8032 and the C2SP texts alone, so that it shares no
mistake with Countermark: signature of the checkpoint, root over all entries,
each tile, and, with --proofs, lines `inclusion INDEX SIZE HASH...` and
`consistency FROM TO HASH...` that must be the paths of RFC 6962. Of an API_URL
the paths below /log are read, with the bearer token in $TOKEN if there is one.
"""
import argparse
import base64
import hashlib
import os
import sys
import urllib.error
import urllib.request

WIDTH = 256
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_1 = pow(2, (P - 1) // 4, P)


class Wrong(Exception):
    pass


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


# Ed25519, RFC 8032 5.1, extended coordinates ------------------------------

def add(p, q):
    a = (p[1] - p[0]) * (q[1] - q[0]) % P
    b = (p[1] + p[0]) * (q[1] + q[0]) % P
    c = 2 * p[3] * q[3] * D % P
    d = 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def mul(s, p):
    q = (0, 1, 1, 0)
    while s > 0:
        if s & 1:
            q = add(q, p)
        p = add(p, p)
        s >>= 1
    return q


def recover_x(y, sign):
    if y >= P:
        return None
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    if x2 == 0:
        return None if sign else 0
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P != 0:
        x = x * ROOT_OF_MINUS_1 % P
    if (x * x - x2) % P != 0:
        return None
    return P - x if (x & 1) != sign else x


def decompress(s):
    y = int.from_bytes(s, "little")
    sign = y >> 255
    y &= (1 << 255) - 1
    x = recover_x(y, sign)
    return None if x is None else (x, y, 1, x * y % P)


BASE = decompress((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def same_point(p, q):
    return ((p[0] * q[2] - q[0] * p[2]) % P == 0
            and (p[1] * q[2] - q[1] * p[2]) % P == 0)


def ed25519_verify(pub, message, signature):
    a, r = decompress(pub), decompress(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or a is None or r is None or s >= L:
        return False
    h = hashlib.sha512(signature[:32] + pub + message).digest()
    k = int.from_bytes(h, "little") % L
    return same_point(mul(s, BASE), add(r, mul(k, a)))


# RFC 6962 2.1 --------------------------------------------------------------

def node(left, right):
    return sha(b"\x01", left, right)


class Tree:
    """Keeps the roots of all perfect subtrees: level[k][i]."""

    def __init__(self, leaves):
        self.level = [leaves]
        while len(self.level[-1]) > 1:
            low = self.level[-1]
            self.level.append([node(low[i], low[i + 1])
                               for i in range(0, len(low) - 1, 2)])

    def root(self, start, n):
        """MTH(D[start:start+n]); start is where RFC 6962 can cut."""
        if n == 0:
            return sha()
        if n & (n - 1) == 0:
            return self.level[n.bit_length() - 1][start // n]
        k = split(n)
        return node(self.root(start, k), self.root(start + k, n - k))

    def path(self, m, start, n):
        if n == 1:
            return []
        k = split(n)
        if m < k:
            return self.path(m, start, k) + [self.root(start + k, n - k)]
        return (self.path(m - k, start + k, n - k) + [self.root(start, k)])

    def subproof(self, m, start, n, whole):
        if m == n:
            return [] if whole else [self.root(start, n)]
        k = split(n)
        if m <= k:
            return (self.subproof(m, start, k, whole)
                    + [self.root(start + k, n - k)])
        return (self.subproof(m - k, start + k, n - k, False)
                + [self.root(start, k)])


def split(n):
    return 1 << ((n - 1).bit_length() - 1)


# C2SP signed-note, tlog-checkpoint, tlog-tiles -----------------------------

def parse_vkey(vkey, kind):
    """(name, key id in hex, 32 bytes) of a C2SP vkey."""
    name, key_id, key = vkey.split("+", 2)
    key = base64.b64decode(key, validate=True)
    if key[0] != kind or len(key) != 33:
        raise Wrong("vkey: not Ed25519 of type %d" % kind)
    if sha(name.encode(), b"\n", key)[:4].hex() != key_id:
        raise Wrong("vkey: key id does not fit")
    return name, key_id, key[1:]


def signature_of(signatures, name, key_id):
    for line in signatures.splitlines():
        dash, who, sig = line.split(" ")
        sig = base64.b64decode(sig, validate=True)
        if dash == "\u2014" and who == name and sig[:4].hex() == key_id:
            return sig[4:]
    raise Wrong("checkpoint: no signature by " + name)


def open_checkpoint(data, vkey, witnesses=()):
    name, key_id, key = parse_vkey(vkey, 1)
    text, _, signatures = data.decode().rpartition("\n\n")
    text += "\n"
    lines = text.split("\n")
    if len(lines) != 4 or lines[0] != name:
        raise Wrong("checkpoint: lines or origin")
    if str(int(lines[1])) != lines[1]:
        raise Wrong("checkpoint: size")
    sig = signature_of(signatures, name, key_id)
    if not ed25519_verify(key, text.encode(), sig):
        raise Wrong("checkpoint: signature is wrong")
    for witness in witnesses:
        who, key_id, key = parse_vkey(witness, 4)
        sig = signature_of(signatures, who, key_id)
        signed = "cosignature/v1\ntime %d\n%s" % (
            int.from_bytes(sig[:8], "big"), text)
        if not ed25519_verify(key, signed.encode(), sig[8:]):
            raise Wrong("checkpoint: cosignature of %s is wrong" % who)
    return int(lines[1]), base64.b64decode(lines[2], validate=True)


class Source:
    def __init__(self, base):
        self.base = base.rstrip("/")

    def read(self, path):
        """The bytes, or None where there is no such file."""
        try:
            if "://" not in self.base:
                with open(os.path.join(self.base, path), "rb") as f:
                    return f.read()
            request = urllib.request.Request(self.base + "/log/" + path)
            if os.environ.get("TOKEN"):
                request.add_header("Authorization",
                                   "Bearer " + os.environ["TOKEN"])
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.read()
        except FileNotFoundError:
            return None
        except urllib.error.HTTPError as e:
            if e.code == 404:
                return None
            raise

    def tile(self, level, n, width):
        digits = "%03d" % (n % 1000)
        while n >= 1000:
            n //= 1000
            digits = "x%03d/%s" % (n % 1000, digits)
        path = "tile/%s/%s" % (level, digits)
        data = None
        if width < WIDTH:
            data = self.read("%s.p/%d" % (path, width))
        if data is None:
            data = self.read(path)
        if data is None:
            raise Wrong("%s of width %d is absent" % (path, width))
        return data


def widths(count):
    """(number, width) of the tiles that hold count hashes."""
    for n in range((count + WIDTH - 1) // WIDTH):
        yield n, min(WIDTH, count - n * WIDTH)


def read_entries(source, size):
    for n, width in widths(size):
        bundle = source.tile("entries", n, width)
        at = 0
        for i in range(width):
            length = int.from_bytes(bundle[at:at + 2], "big")
            if at + 2 + length > len(bundle):
                raise Wrong("bundle %d is cut in entry %d" % (n, i))
            yield bundle[at + 2:at + 2 + length]
            at += 2 + length


def check_tiles(source, tree, size):
    level = 0
    while size >> (8 * level) > 0:
        hashes = tree.level[8 * level] if 8 * level < len(tree.level) else []
        for n, width in widths(size >> (8 * level)):
            want = b"".join(hashes[n * WIDTH:n * WIDTH + width])
            if source.tile(str(level), n, width)[:32 * width] != want:
                raise Wrong("tile %d of level %d differs" % (n, level))
        level += 1


def check_proofs(name, tree):
    count = 0
    with open(name, encoding="ascii") as f:
        for line in f:
            kind, a, b, *path = line.split()
            a, b = int(a), int(b)
            if kind == "inclusion":
                want = tree.path(a, 0, b)
            else:
                want = tree.subproof(a, 0, b, True)
            if [h.hex() for h in want] != path:
                raise Wrong("%s %d %d differs from RFC 6962" % (kind, a, b))
            count += 1
    return count


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--vkey", required=True)
    options.add_argument("--witness", action="append", default=[],
                         help="who must have cosigned")
    options.add_argument("--old", help="an older checkpoint")
    options.add_argument("--proofs", help="file of proofs to compare")
    options.add_argument("log", metavar="API_URL|FOLDER")
    o = options.parse_args()
    source = Source(o.log)
    note = source.read("checkpoint")
    if note is None:
        raise Wrong("no checkpoint")
    size, root = open_checkpoint(note, o.vkey, o.witness)
    tree = Tree([sha(b"\0", e) for e in read_entries(source, size)])
    if tree.root(0, size) != root:
        raise Wrong("the entries do not lead to the checkpoint's root")
    check_tiles(source, tree, size)
    old = 0
    if o.old:
        with open(o.old, "rb") as f:
            old, old_root = open_checkpoint(f.read(), o.vkey, o.witness)
        if old > size or tree.root(0, old) != old_root:
            raise Wrong("the older checkpoint is of another log")
    proofs = check_proofs(o.proofs, tree) if o.proofs else 0
    print("size=%d old=%d proofs=%d ok" % (size, old, proofs))


if __name__ == "__main__":
    try:
        main()
    except Wrong as e:
        sys.exit("merkle.py: %s" % e)
