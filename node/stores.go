package node

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	dbm "github.com/cometbft/cometbft-db"
	"github.com/cometbft/cometbft/config"

	"github.com/troth-ledger/troth/ledger/state"
)

// openLedger opens the ledger's store.
func openLedger(dir string) (*state.Store, error) {
	s, err := state.Open(dir, state.Options{})
	if errors.Is(err, state.ErrDamaged) {
		return nil, fmt.Errorf("%w\nThe blocks are kept apart from it: move %s out of the way and start again, and the node makes it anew from them", err, dir)
	}
	return s, err
}

// databases are CometBFT's, opened here. CometBFT closes them when it is
// stopped, but not when it could not start.
type databases struct {
	mu   sync.Mutex
	list []*database
}

func (d *databases) open(c *config.DBContext) (dbm.DB, error) {
	db, err := openDB(c)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.list = append(d.list, db)
	return db, nil
}

// close closes what is still open.
func (d *databases) close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	var errs []error
	for _, db := range slices.Backward(d.list) {
		errs = append(errs, db.Close())
	}
	return errors.Join(errs...)
}
