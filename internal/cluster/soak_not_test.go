//go:build !soak

package cluster

// soak says that this is the long run.
const soak = false
