package rule

// Nearest returns the one of names that got is probably a slip of, or "".
func Nearest(got string, names []string) string {
	best, least := "", len(got)/2+1
	for _, n := range names {
		if d := edits(got, n); d < least {
			best, least = n, d
		}
	}
	return best
}

// edits is the number of single-byte edits between two names.
func edits(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return 64
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diag := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diag
			if a[i-1] != b[j-1] {
				cost++
			}
			diag = row[j]
			row[j] = min(cost, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}
