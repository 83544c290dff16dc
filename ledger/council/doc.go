// Package council is the area of those who run the chain: its members, their
// validators, the parameters, and how they change.
//
// A member is a company with a validator. Members propose and vote, and a vote
// counts with the power of its member's validator. What more than two thirds of
// the power want is done at once. That share is no parameter: with less, a part
// could decide that the rest, more than a third, can stop the chain over; with
// more, a part that the protocol takes for faulty, less than a third, could
// stop every change, its own removal included. It is also the share that signs
// a block, and whoever has it decides what the chain is in any case. Votes by
// heads would promise otherwise and not keep it.
//
// What a block changes about validators takes effect two blocks later: CometBFT
// hands the new set to the block after the next.
//
// How much of the power may change within a window is bounded, see shift.go.
// Evidence that a validator signed twice suspends its member at once.
package council
