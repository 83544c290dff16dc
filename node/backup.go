package node

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cometbft/cometbft/config"
	cmtstate "github.com/cometbft/cometbft/state"
	"github.com/cometbft/cometbft/store"
)

// Backup describes a backup: what is in it as a file, written last, so that a
// backup without the file is none.
type Backup struct {
	ChainID string    `json:"chain_id"`
	Made    time.Time `json:"made"` // by the node's clock
	// Ledger is the height of the state, Blocks the last block's.
	Ledger int64 `json:"ledger_height"`
	Blocks int64 `json:"block_height"`
	// ValidatorKey says whether the validator's key is in it. What the validator
	// signed last never is: it would be old by the time that it is used.
	ValidatorKey bool `json:"validator_key"`
}

// BackupFile is the file's name.
const BackupFile = "backup.json"

// Backup copies everything that a node needs into a folder that isn't there yet,
// while blocks go on. Stores are copied one after the other, so that none is
// behind one that came before it: first the ledger, then what consensus saved,
// then the blocks, of which those too many are cut off in the copy. The
// validator's key comes along where withKey says so, the node's key never.
func (n *Node) Backup(dir string, withKey bool) (out *Backup, err error) {
	if !filepath.IsAbs(dir) {
		return nil, fmt.Errorf("the backup's folder is %q; an absolute path is wanted", dir)
	}
	if !n.backup.TryLock() {
		return nil, errors.New("another backup is being made")
	}
	defer n.backup.Unlock()
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the backup's folder: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}()
	if err := os.Mkdir(filepath.Join(dir, "data"), 0o700); err != nil {
		return nil, err
	}
	files := []string{ConfigFile, genesisFile, genesisSum}
	if withKey {
		files = append(files, validatorKey)
	}
	for _, name := range files {
		if err := copyFile(filepath.Join(n.home, name), filepath.Join(dir, name)); err != nil {
			return nil, err
		}
	}
	if err := n.copyOpen(func() error { return n.store.Checkpoint(filepath.Join(dir, ledgerDir)) }); err != nil {
		return nil, err
	}
	for _, id := range []string{dbState, dbBlocks, dbEvidence} {
		if err := n.copyOpen(func() error { return n.dbs.checkpoint(id, filepath.Join(dir, "data", id)) }); err != nil {
			return nil, fmt.Errorf("copying data/%s: %w", id, err)
		}
	}
	if out, err = level(dir); err != nil {
		return nil, fmt.Errorf("levelling the backup: %w", err)
	}
	out.ChainID, out.Made, out.ValidatorKey = n.ChainID(), time.Now().UTC(), withKey
	b, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		return nil, err
	}
	return out, writeSynced(filepath.Join(dir, BackupFile), append(b, '\n'))
}

// errStopping is why a backup was begun too late, and why a node that decides alone
// proposes no more.
var errStopping = errors.New("the node is stopping")

// copyOpen copies a store, which stays open meanwhile: Stop waits for it.
func (n *Node) copyOpen(work func() error) error {
	n.copying.Lock()
	defer n.copying.Unlock()
	if n.copied {
		return errStopping
	}
	return work()
}

// endCopies waits for the copy that is under way, and lets no other begin.
func (n *Node) endCopies() {
	n.copying.Lock()
	defer n.copying.Unlock()
	n.copied = true
}

// level cuts the blocks of a backup to what its ledger and its consensus state
// know of.
func level(dir string) (out *Backup, err error) {
	r := &resting{home: dir, config: comet(defaults(dir)), dbs: map[string]*database{}}
	if r.lock, err = lockHome(dir); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	for _, id := range []string{dbBlocks, dbState} {
		db, err := openDatabase(&config.DBContext{ID: id, Config: r.config}, false)
		if err != nil {
			return nil, err
		}
		r.dbs[id] = db
	}
	if err := r.openLedger(); err != nil {
		return nil, err
	}
	r.states = cmtstate.NewStore(r.dbs[dbState], cmtstate.StoreOptions{DiscardABCIResponses: true})
	if r.last, err = r.states.Load(); err != nil {
		return nil, err
	}
	blocks := store.NewBlockStore(r.dbs[dbBlocks])
	top := max(r.last.LastBlockHeight, r.ledger.Height())
	for blocks.Height() > top {
		if err := blocks.DeleteLatestBlock(); err != nil {
			return nil, err
		}
	}
	return &Backup{Ledger: r.ledger.Height(), Blocks: blocks.Height()}, nil
}

func copyFile(from, to string) error {
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	return writeSynced(to, b)
}

// copyTree copies a folder, for its owner alone.
func copyTree(from, to string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil || d.IsDir() {
			return errors.Join(err, os.MkdirAll(filepath.Join(to, rel), 0o700))
		}
		in, err := os.Open(path)
		if err != nil {
			return err
		}
		defer in.Close()
		out, err := os.OpenFile(filepath.Join(to, rel), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		_, err = io.Copy(out, in)
		return errors.Join(err, out.Sync(), out.Close())
	})
}

func writeSynced(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Sync(), f.Close())
}

// checkpoint copies a database into a folder that isn't there yet.
func (d *databases) checkpoint(id, dir string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, db := range d.list {
		if db.name != id {
			continue
		}
		if leave, ok := db.enterOpen(); ok {
			defer leave()
			return db.disk.Do(func() error { return db.db.Checkpoint(dir, pebble.WithFlushedWAL()) })
		}
	}
	return errors.New("it isn't open")
}

// RestoreOptions say who a restored node is.
type RestoreOptions struct {
	// ValidatorKey is the file of the validator's key; empty for the backup's,
	// where it has one, and else for a new key without a vote.
	ValidatorKey string
	// Signed is the file with what that validator signed last: the newest there is,
	// from where it ran last. Without it the node must not sign.
	Signed string
	// Alone says that the validator is the only one of its chain, that it runs
	// nowhere else, and that the blocks after the backup are given up.
	Alone bool
}

// Restore makes a node's folder of a backup.
func Restore(backup, home string, o RestoreOptions) (out *Backup, err error) {
	b, err := os.ReadFile(filepath.Join(backup, BackupFile))
	if err != nil {
		return nil, fmt.Errorf("%s is no whole backup: %w", backup, err)
	}
	out = &Backup{}
	if err := json.Unmarshal(b, out); err != nil {
		return nil, fmt.Errorf("%s: %w", BackupFile, err)
	}
	if o.ValidatorKey == "" && out.ValidatorKey {
		o.ValidatorKey = filepath.Join(backup, validatorKey)
	}
	switch voting := o.ValidatorKey != ""; {
	case voting && o.Signed == "" && !o.Alone:
		return nil, errors.New("with a validator's key, the node needs what that key signed last, from where it ran last: with an old one it could sign a height twice, which is punished as fraud. " +
			"Say where the file is, or that the validator is alone on its chain and the blocks after the backup are given up")
	case !voting && (o.Signed != "" || o.Alone):
		return nil, errors.New("there is no validator's key: the backup has none, and none was given")
	}
	if _, err := os.Stat(filepath.Join(home, genesisFile)); err == nil {
		return nil, fmt.Errorf("%s: %w", home, ErrExists)
	}
	if err := os.MkdirAll(home, 0o700); err != nil {
		return nil, err
	}
	if err := copyTree(filepath.Join(backup, "data"), filepath.Join(home, "data")); err != nil {
		return nil, err
	}
	if err := copyFile(filepath.Join(backup, ConfigFile), filepath.Join(home, ConfigFile)); err != nil {
		return nil, err
	}
	if o.ValidatorKey != "" {
		if err := copyFile(o.ValidatorKey, filepath.Join(home, validatorKey)); err != nil {
			return nil, err
		}
		signed := []byte(fmt.Sprintf(`{"height":"%d","round":0,"step":3}`, out.Blocks))
		if o.Signed != "" {
			if signed, err = os.ReadFile(o.Signed); err != nil {
				return nil, err
			}
		}
		if err := writeSynced(filepath.Join(home, validatorLast), signed); err != nil {
			return nil, err
		}
	}
	if _, err := Keys(home); err != nil {
		return nil, fmt.Errorf("making keys: %w", err)
	}
	// The genesis comes last: it is what makes the folder a node's.
	return out, copyFile(filepath.Join(backup, genesisFile), filepath.Join(home, genesisFile))
}
