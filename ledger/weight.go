package ledger

import (
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/ledger/op"
)

// Publishing compiles a template, looks at its boundaries and runs its examples:
// milliseconds, up to a hundred.
var _ = op.Weigh(func(*pb.PublishTemplateRequest) int { return 40 })
