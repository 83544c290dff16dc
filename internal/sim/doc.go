// Package sim plays a chain of several machines from a seed: random operations
// over the whole operation table, sensible and hostile, in blocks that random
// machines propose, while the clock jumps, machines crash and others join. What
// the machines say is compared at every height, a naive accountant checks what
// they did, and now and then a machine's indexes are compared with its rows.
//
// What happens comes from the seed, so a failure plays again. Two things don't:
// which of its last blocks a crashed machine lost, and whether a block is proposed
// and executed before or after the one before is written. Neither may change
// anything else.
//
// Consensus itself is not in it: blocks are handed over as CometBFT would.
// Signatures are stood in for by a hash, see tag, but for those that the state
// machine itself checks.
package sim
