//go:build soak

package crash

// kills is how often the node is killed.
const kills = 200

// failTwice are the pairs of points of TestFailTwice: each with each, and those that a
// start passes where it executes the last block once more.
func failTwice() (all [][2]int) {
	for first := range failPoints {
		for second := range failPoints + 4 {
			all = append(all, [2]int{first, second})
		}
	}
	return all
}
