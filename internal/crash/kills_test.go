//go:build !soak

package crash

// kills is how often the node is killed.
const kills = 5

// failTwice are the pairs of points of TestFailTwice: a block is kept, but consensus'
// log doesn't say so; then the first votes are in that log, and the next block isn't
// kept. The first four points of the second start are those of the block that is
// executed once more.
func failTwice() [][2]int { return [][2]int{{3, 4}, {3, 5}, {3, 6}} }
