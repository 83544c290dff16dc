// Package keyfile keeps the signing keys of the command line and of services
// in files.
//
// A key file holds one key as JSON, normally inside an armored age file
// (https://age-encryption.org/v1) encrypted with a passphrase, so that
// `age -d` opens it as well. A key may be stored without a passphrase if the
// caller asks for that; such a file says so in its first line, and is not read
// if others on the machine may read it too.
//
// Files are written whole or not at all, readable by their owner only, and
// never overwritten: a lost key can't be had back.
//
// Private keys don't appear in errors, logs or the printed form of a [Key].
package keyfile
