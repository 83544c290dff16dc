// Package carrier turns the tracking webhooks of AfterShip and EasyPost into
// statements, and checks who sent them. It reads no clock, network or disk: what
// a payload means depends on the payload alone, so that the same webhook sent
// again is the same fact.
//
// A statement takes from a payload what a promise can depend on, and nothing
// about a person: the parcel's number, what happened and when, and the codes by
// which the carrier said so. Names, addresses, places, free text, signatures and
// pictures are dropped before anything is made of them.
package carrier
