// Package reflag makes command line flags of the schema's messages, and
// messages of what people write: flags, YAML or JSON.
//
// There is one reader for all three. What is written is a tree of maps, lists
// and text (a yaml.Node); the message's descriptor says what a text means.
// Beyond JSON's forms it understands what people write:
//
//	a party     p_… or @handle
//	an amount   5.00 EUR@northbank
//	a time      2026-12-01T18:00:00Z, now, +48h, -10m
//	a length    48h, 30d, P14D
//	bytes       hexadecimal or base64
//	an enum     its name in any case: money, MONEY, device-key
//	a value     whatever the template says the term is; else as it looks
//	a key       a key file
//	a template  a template's file
//	roles, terms, values, pools: a map from name to value
package reflag
