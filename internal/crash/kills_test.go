//go:build !soak

package crash

// kills is how often the node is killed.
const kills = 5
