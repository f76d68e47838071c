// SPDX-License-Identifier: Apache-2.0

// Command checklog checks a log with the Go project's own transparency-log
// code: the signed note, witnesses' cosignatures, the tiles, each entry's
// inclusion and the consistency of an older checkpoint with the newest.
//
//	checklog -vkey VKEY [-witness VKEY]... [-old FILE] [-save FILE] API_URL|FOLDER
//
// Of an API_URL the paths below /log are read, with the bearer token in TOKEN
// if there is one. A FOLDER has checkpoint and tile/ in it. Exit 0 when all is
// right. Build: GO111MODULE=off GOPATH=/usr/share/gocode go build (Debian's
// golang-golang-x-mod-dev).
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight
)

// source reads files of the log by their path below /log.
type source struct {
	base   string
	token  string
	client http.Client
}

var errAbsent = fmt.Errorf("absent")

func (s *source) read(path string) ([]byte, error) {
	if !strings.Contains(s.base, "://") {
		data, err := os.ReadFile(filepath.Join(s.base, path))
		if os.IsNotExist(err) {
			return nil, errAbsent
		}
		return data, err
	}
	req, err := http.NewRequest("GET", s.base+"/log/"+path, nil)
	if err != nil {
		return nil, err
	}
	if s.token != "" {
		req.Header.Set("Authorization", "Bearer "+s.token)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if resp.StatusCode == http.StatusNotFound {
		return nil, errAbsent
	}
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("GET /log/%s: %s", path, resp.Status)
	}
	return data, err
}

// number writes n in the form of C2SP tlog-tiles: x001/x234/067.
func number(n int64) string {
	s := fmt.Sprintf("%03d", n%1000)
	for n >= 1000 {
		n /= 1000
		s = fmt.Sprintf("x%03d/%s", n%1000, s)
	}
	return s
}

// tile reads a tile of at least that width; the full one stands in for a
// partial one that is no longer kept.
func (s *source) tile(level string, n int64, width int) ([]byte, error) {
	path := "tile/" + level + "/" + number(n)
	if width < tileWidth {
		data, err := s.read(path + ".p/" + strconv.Itoa(width))
		if err != errAbsent {
			return data, err
		}
	}
	data, err := s.read(path)
	if err == errAbsent {
		err = fmt.Errorf("%s (width %d) is absent", path, width)
	}
	return data, err
}

// tiles is a tlog.TileReader with a cache of full tiles.
type tiles struct {
	*source
	kept map[tlog.Tile][]byte
}

func (t *tiles) Height() int { return tileHeight }

func (t *tiles) ReadTiles(want []tlog.Tile) ([][]byte, error) {
	var out [][]byte
	for _, w := range want {
		data, ok := t.kept[w]
		if !ok {
			var err error
			data, err = t.tile(strconv.Itoa(w.L), w.N, w.W)
			if err != nil {
				return nil, err
			}
			if len(data) < w.W*tlog.HashSize {
				return nil, fmt.Errorf("tile %v is short", w)
			}
			data = data[:w.W*tlog.HashSize]
		}
		out = append(out, data)
	}
	return out, nil
}

func (t *tiles) SaveTiles(good []tlog.Tile, data [][]byte) {
	for i, tile := range good {
		t.kept[tile] = data[i]
	}
}

// cosigner verifies cosignature/v1 of C2SP tlog-cosignature, which x/mod knows
// nothing of but leaves room for: key type 4, time and signature.
type cosigner struct {
	name string
	id   uint32
	key  ed25519.PublicKey
}

func (c *cosigner) Name() string    { return c.name }
func (c *cosigner) KeyHash() uint32 { return c.id }
func (c *cosigner) Verify(msg, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	signed := fmt.Sprintf("cosignature/v1\ntime %d\n%s", binary.BigEndian.Uint64(sig), msg)
	return ed25519.Verify(c.key, []byte(signed), sig[8:])
}

func newCosigner(vkey string) (*cosigner, error) {
	part := strings.SplitN(vkey, "+", 3)
	if len(part) != 3 {
		return nil, fmt.Errorf("witness %q: no vkey", vkey)
	}
	key, err := base64.StdEncoding.DecodeString(part[2])
	if err != nil || len(key) != 1+ed25519.PublicKeySize || key[0] != 4 {
		return nil, fmt.Errorf("witness %q: no key of type 4", vkey)
	}
	sum := sha256.Sum256(bytes.Join([][]byte{[]byte(part[0] + "\n"), key}, nil))
	if fmt.Sprintf("%x", sum[:4]) != part[1] {
		return nil, fmt.Errorf("witness %q: another key id", vkey)
	}
	return &cosigner{part[0], binary.BigEndian.Uint32(sum[:4]), key[1:]}, nil
}

// openCheckpoint checks the signatures of the log and of every witness, and
// reads origin, size and root.
func openCheckpoint(msg []byte, v note.Verifier, witness []note.Verifier) (tlog.Tree, error) {
	var tree tlog.Tree
	n, err := note.Open(msg, note.VerifierList(append(witness, v)...))
	if err != nil {
		return tree, err
	}
	if len(n.Sigs) != 1+len(witness) {
		return tree, fmt.Errorf("checkpoint: %d of %d keys have signed", len(n.Sigs), 1+len(witness))
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		return tree, fmt.Errorf("checkpoint: wanted three lines, got %q", n.Text)
	}
	if lines[0] != v.Name() {
		return tree, fmt.Errorf("checkpoint: origin %q, key %q", lines[0], v.Name())
	}
	tree.N, err = strconv.ParseInt(lines[1], 10, 64)
	if err != nil || strconv.FormatInt(tree.N, 10) != lines[1] {
		return tree, fmt.Errorf("checkpoint: size %q", lines[1])
	}
	tree.Hash, err = tlog.ParseHash(lines[2])
	return tree, err
}

// entries splits a bundle: each entry after its length in two bytes.
func entries(bundle []byte, width int) ([][]byte, error) {
	var out [][]byte
	for len(out) < width {
		if len(bundle) < 2 {
			return nil, fmt.Errorf("bundle ends after %d of %d entries", len(out), width)
		}
		n := int(binary.BigEndian.Uint16(bundle))
		if len(bundle) < 2+n {
			return nil, fmt.Errorf("entry %d of a bundle is cut", len(out))
		}
		out = append(out, bundle[2:2+n])
		bundle = bundle[2+n:]
	}
	return out, nil
}

// checkBundle holds each entry's hash against the authenticated leaves, and
// proves some of them one by one.
func checkBundle(s *source, tree tlog.Tree, r tlog.HashReader, n int64) error {
	first := n * tileWidth
	width := tileWidth
	if tree.N-first < tileWidth {
		width = int(tree.N - first)
	}
	bundle, err := s.tile("entries", n, width)
	if err != nil {
		return err
	}
	list, err := entries(bundle, width)
	if err != nil {
		return err
	}
	var at []int64
	for i := range list {
		at = append(at, tlog.StoredHashIndex(0, first+int64(i)))
	}
	leaves, err := r.ReadHashes(at)
	if err != nil {
		return err
	}
	for i, e := range list {
		id := first + int64(i)
		h := tlog.RecordHash(e)
		if h != leaves[i] {
			return fmt.Errorf("entry %d is not the leaf of the tree", id)
		}
		if id%997 != 0 && id != tree.N-1 {
			continue
		}
		p, err := tlog.ProveRecord(tree.N, id, r)
		if err != nil {
			return err
		}
		if err := tlog.CheckRecord(p, tree.N, tree.Hash, id, h); err != nil {
			return fmt.Errorf("entry %d: %v", id, err)
		}
	}
	return nil
}

// checkOld proves that the older tree is the beginning of the newer.
func checkOld(tree, old tlog.Tree, r tlog.HashReader) error {
	if old.N > tree.N {
		return fmt.Errorf("the log shrank from %d to %d", old.N, tree.N)
	}
	if old.N == 0 {
		return nil
	}
	h, err := tlog.TreeHash(old.N, r)
	if err != nil {
		return err
	}
	if h != old.Hash {
		return fmt.Errorf("another root at the old size %d", old.N)
	}
	p, err := tlog.ProveTree(tree.N, old.N, r)
	if err != nil {
		return err
	}
	return tlog.CheckTree(p, tree.N, tree.Hash, old.N, old.Hash)
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("checklog: ")
	vkey := flag.String("vkey", "", "the log's verifier key")
	oldFile := flag.String("old", "", "an older checkpoint of the log")
	save := flag.String("save", "", "where to keep the checkpoint that was checked")
	var witness []note.Verifier
	flag.Func("witness", "verifier key of a witness that must have cosigned", func(vkey string) error {
		c, err := newCosigner(vkey)
		witness = append(witness, c)
		return err
	})
	flag.Parse()
	if flag.NArg() != 1 || *vkey == "" {
		log.Fatal("usage: checklog -vkey VKEY [-witness VKEY]... [-old FILE] [-save FILE] API_URL|FOLDER")
	}
	s := &source{base: strings.TrimRight(flag.Arg(0), "/"), token: os.Getenv("TOKEN"),
		client: http.Client{Timeout: 60 * time.Second}}
	v, err := note.NewVerifier(*vkey)
	if err != nil {
		log.Fatal(err)
	}
	msg, err := s.read("checkpoint")
	if err != nil {
		log.Fatal(err)
	}
	tree, err := openCheckpoint(msg, v, witness)
	if err != nil {
		log.Fatal(err)
	}
	r := tlog.TileHashReader(tree, &tiles{s, map[tlog.Tile][]byte{}})
	for n := int64(0); n*tileWidth < tree.N; n++ {
		if err := checkBundle(s, tree, r, n); err != nil {
			log.Fatal(err)
		}
	}
	oldSize := int64(0)
	if *oldFile != "" {
		data, err := os.ReadFile(*oldFile)
		if err != nil {
			log.Fatal(err)
		}
		old, err := openCheckpoint(data, v, witness)
		if err != nil {
			log.Fatal("old ", err)
		}
		if err := checkOld(tree, old, r); err != nil {
			log.Fatal(err)
		}
		oldSize = old.N
	}
	if *save != "" {
		if err := os.WriteFile(*save, msg, 0o666); err != nil {
			log.Fatal(err)
		}
	}
	fmt.Printf("origin=%s size=%d root=%v old=%d ok\n", v.Name(), tree.N, tree.Hash, oldSize)
}
