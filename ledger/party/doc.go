// Package party keeps the parties: people, companies, devices and programmes,
// with their keys. It decides who may act, how often, and that nothing happens
// twice.
//
// Before a transaction's operations run, the machine asks four questions, in
// this order: [CheckTime], [CheckUnused], [Authorise], [Charge]. After they ran it
// asks [CheckSpend], since only then is it known what left the party.
//
// # Keys
//
// A party has up to 32 keys. An OWNER key does everything and is never scoped
// or limited. AGENT and DEVICE_KEY keys do what their `ops` and `limits` allow.
// At least one OWNER key never expires: a party can't be locked out by time.
//
// A policy asks for several OWNER or AGENT keys together. What a policy guards
// would be worth nothing if one key could lift the policy, so operations that
// change keys, policies or guardians need as many keys as the strongest policy
// does, or all that could sign them where there are fewer. Freezing always
// needs one key only, unless a policy names it.
//
// # Recovery
//
// Guardians who name the same key start a recovery. Once enough agreed, the
// delay runs; until its end, exclusive, an OWNER key can refuse. At its end the
// new key is installed as OWNER; every earlier OWNER and DEVICE_KEY key goes,
// since it is lost or stolen, and with it every policy that could never be met
// again. AGENT keys stay, so that a company's servers go on; the new owner
// looks through them. An owner changes guardians at once, but not while a
// recovery is under way: it has to be refused first, which everybody sees.
package party
