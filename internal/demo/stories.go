package demo

import "slices"

// Stories are the thirteen stories in their order. Some have several promises,
// and so several rows.
var Stories = slices.Concat(
	[]Story{parcelInTime, parcelLate, parcelLost},
	[]Story{toasterWarranty},
	flights,
	[]Story{lineEarly, lineMissed},
	[]Story{serviceCredit},
	[]Story{salePaid, saleMissed},
	[]Story{fragileShaken, fragileThrough},
	[]Story{perishable},
	[]Story{disputeRuled, disputeSilent},
	[]Story{job},
)
