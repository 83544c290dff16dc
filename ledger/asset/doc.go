// Package asset keeps assets, holdings and holds.
//
// Money moves in two ways. At once: Pay, and the operations Issue, Transfer
// and Burn. Or in two phases: units are moved from available to held (SetAside),
// and a Hold, or a promise's own row, says who decides about them; later they
// are posted (paid out, all or a part) or voided (given back). This is the
// practice of card payments and of double-entry stores such as TigerBeetle:
// pending, then posted, voided or expired, and nothing else can touch what is
// held.
//
// Three rules hold everywhere:
//
//   - Amounts are minor units above zero and at most UnitsMax; sums are
//     checked. An asset's supply is what all holdings add up to, so no holding
//     can exceed it.
//   - A frozen holding can't be spent or held anew. What is already held still
//     settles: somebody else was promised that money before the freeze, and a
//     freeze is between the issuer and the holder.
//   - What a settlement pays is credited even beyond holding_max: the limit
//     bounds what a party may bring about, and money owed must never be stuck.
package asset
