package state

import "github.com/cockroachdb/pebble/v2/vfs"

// On returns the options with the store's files in a file system other than the
// disk: one of a simulation, that can crash.
func (o Options) On(fs vfs.FS) Options {
	o.fs = fs
	return o
}
