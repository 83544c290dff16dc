// Package fact keeps what attesters state.
//
// A fact is append-only. Who erred corrects or withdraws it by another fact,
// which the old one then names as what superseded it; both stay. A fact is
// identified by its attester and its statement, so that the same statement
// counts once, whoever brings it and however often. An attester that means
// another reading gives it another reference.
//
// What a fact means for a promise is for the area of promises, which hears of
// each new one: see OnNew. Whether a fact is true is for nobody here to say.
package fact
