package smt

import (
	"bytes"
	"crypto/sha256"
	"maps"
	"slices"
)

// model is what a tree should hold, key hash to value hash.
type model map[Hash]Hash

// naiveRoot is the definition of the tree, written down without a thought for
// speed: sort the leaves, split them by each bit in turn.
func naiveRoot(m model) Hash {
	return naiveSubtree(m, sortedKeys(m), 0)
}

func naiveSubtree(m model, keys []Hash, depth int) Hash {
	switch len(keys) {
	case 0:
		return Hash{}
	case 1:
		k, v := keys[0], m[keys[0]]
		return sha256.Sum256(slices.Concat([]byte{0}, k[:], v[:]))
	}
	var zeros, ones []Hash
	for _, k := range keys {
		if k[depth/8]&(0x80>>(depth%8)) == 0 {
			zeros = append(zeros, k)
		} else {
			ones = append(ones, k)
		}
	}
	l, r := naiveSubtree(m, zeros, depth+1), naiveSubtree(m, ones, depth+1)
	return sha256.Sum256(slices.Concat([]byte{1}, l[:], r[:]))
}

func sortedKeys(m model) []Hash {
	return slices.SortedFunc(maps.Keys(m), func(a, b Hash) int { return bytes.Compare(a[:], b[:]) })
}

// apply does to the model what Update does to the tree.
func (m model) apply(changes []Change) {
	for _, c := range changes {
		if c.Delete {
			delete(m, c.Key)
		} else {
			m[c.Key] = c.Value
		}
	}
}

// store is a model with bytes in place of hashes, to prove from.
type store map[string]string

func (s store) hashes() model {
	m := model{}
	for k, v := range s {
		m[sha256.Sum256([]byte(k))] = sha256.Sum256([]byte(v))
	}
	return m
}

// preimage is the callback a real store would offer.
func (s store) preimage() Preimage {
	byHash := map[Hash]string{}
	for k := range s {
		byHash[sha256.Sum256([]byte(k))] = k
	}
	return func(h Hash) (key, value []byte, ok bool) {
		k, ok := byHash[h]
		return []byte(k), []byte(s[k]), ok
	}
}

func put(key, value string) Change {
	return Change{Key: sha256.Sum256([]byte(key)), Value: sha256.Sum256([]byte(value))}
}

func del(key string) Change {
	return Change{Key: sha256.Sum256([]byte(key)), Delete: true}
}

// puts returns the changes that put all of s.
func (s store) puts() (cs []Change) {
	for _, k := range slices.Sorted(maps.Keys(s)) {
		cs = append(cs, put(k, s[k]))
	}
	return cs
}
