//go:build !soak

package node

const (
	// damages is how often each file is damaged.
	damages = 1
	// simulatedDays is how long memory is watched.
	simulatedDays = 1
)
