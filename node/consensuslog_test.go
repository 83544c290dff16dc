package node

import (
	"bytes"
	"crypto/sha256"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cometbft/cometbft/consensus"
	"github.com/cometbft/cometbft/libs/log"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	"github.com/cometbft/cometbft/types"
)

// logOf are messages as the log has them: ends of heights for 0 and negative numbers, and
// messages of heights for others.
func logOf(t *testing.T, heights ...int64) []byte {
	t.Helper()
	var b bytes.Buffer
	for _, h := range heights {
		var m consensus.WALMessage = types.EventDataRoundState{Height: h, Step: "RoundStepNewHeight"}
		if h <= 0 {
			m = consensus.EndHeightMessage{Height: -h}
		}
		if err := consensus.NewWALEncoder(&b).Encode(&consensus.TimedWALMessage{Time: time.Unix(1, 0), Msg: m}); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

// TestEndHeight: the end of a height is noted before what came after it, once, and
// CometBFT finds it there.
func TestEndHeight(t *testing.T) {
	const last = 7
	torn := logOf(t, 7, 8)
	torn = torn[:len(torn)-1]
	for name, c := range map[string]struct {
		files map[string][]byte
		want  []byte // of the head; nil where it stays as it is
		after []int64
	}{
		"noted":                  {map[string][]byte{"wal": logOf(t, 6, -6, 7, -7, 8)}, nil, []int64{8}},
		"noted in an older file": {map[string][]byte{"wal": logOf(t, 8, 8), "wal.003": logOf(t, 7, -7)}, nil, []int64{8, 8}},
		"noted in a file before": {map[string][]byte{"wal": nil, "wal.999": logOf(t, 7, -7), "wal.1000": logOf(t, 8)}, nil, []int64{8}},
		"begun anew":             {map[string][]byte{"wal": logOf(t, 0, 8), "wal.000": logOf(t, 7, -7, 8)}, nil, []int64{8, 0, 8}},
		"a vote came late":       {map[string][]byte{"wal": logOf(t, 8, 7, 8), "wal.000": logOf(t, -6, 7, -7, 8)}, nil, []int64{8, 8, 7, 8}},
		"not noted":              {map[string][]byte{"wal": logOf(t, -6, 7, 7)}, logOf(t, -6, 7, 7, -7), nil},
		"not noted in time":      {map[string][]byte{"wal": logOf(t, -6, 7, 8, 8)}, logOf(t, -6, 7, -7, 8, 8), []int64{8, 8}},
		"not noted, a full file": {map[string][]byte{"wal": logOf(t, 8), "wal.000": logOf(t, -6, 7)}, logOf(t, -7, 8), []int64{8}},
		"of a height long ago":   {map[string][]byte{"wal": logOf(t, -1, 2)}, logOf(t, -1, 2, -7), nil},
		"torn":                   {map[string][]byte{"wal": torn}, logOf(t, 7, -7), nil},
		"torn later":             {map[string][]byte{"wal": append(logOf(t, 8), torn...)}, logOf(t, -7, 8, 7), []int64{8, 7}},
		"empty":                  {map[string][]byte{"wal": nil}, logOf(t, -7), nil},
		"gone":                   {nil, logOf(t, -7), nil},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "cs.wal")
			head := filepath.Join(dir, "wal")
			for file, content := range c.files {
				must(t, os.MkdirAll(dir, 0o700))
				must(t, os.WriteFile(filepath.Join(dir, file), content, 0o600))
			}
			for range 2 {
				must(t, endHeight(head, last))
			}
			got, err := os.ReadFile(head)
			must(t, err)
			if want := c.want; want == nil && !bytes.Equal(got, c.files["wal"]) || want != nil && !sameLog(t, got, want) {
				t.Errorf("the log is %x, want %x", got, want)
			}
			kept, err := os.ReadFile(head + ".CORRUPTED")
			if damaged := strings.HasPrefix(name, "torn"); damaged != (err == nil) || damaged && !bytes.Equal(kept, c.files["wal"]) {
				t.Errorf("of the damaged file there is %x, %v", kept, err)
			}
			if after := follow(t, head, last); !slices.Equal(after, c.after) {
				t.Errorf("after it come %d, want %d", after, c.after)
			}
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// sameLog says whether two logs have the same messages, whenever they were written.
func sameLog(t *testing.T, a, b []byte) bool {
	t.Helper()
	return bytes.Equal(timeless(t, a), timeless(t, b))
}

func timeless(t *testing.T, raw []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	for d := consensus.NewWALDecoder(bytes.NewReader(raw)); ; {
		m, err := d.Decode()
		if err == io.EOF {
			return b.Bytes()
		}
		must(t, err)
		must(t, consensus.NewWALEncoder(&b).Encode(&consensus.TimedWALMessage{Time: time.Unix(1, 0), Msg: m.Msg}))
	}
}

// follow are the heights of what CometBFT reads after the end of a height.
func follow(t *testing.T, head string, height int64) (after []int64) {
	t.Helper()
	w, err := consensus.NewWAL(head)
	must(t, err)
	w.SetLogger(log.NewNopLogger())
	defer w.Group().Close()
	r, found, err := w.SearchForEndHeight(height, &consensus.WALSearchOptions{})
	must(t, err)
	if !found {
		t.Fatalf("CometBFT finds no end of height %d", height)
	}
	defer r.Close()
	for d := consensus.NewWALDecoder(r); ; {
		m, err := d.Decode()
		if err == io.EOF {
			return after
		}
		must(t, err)
		switch m := m.Msg.(type) {
		case types.EventDataRoundState:
			after = append(after, m.Height)
		case consensus.EndHeightMessage:
			after = append(after, -m.Height)
		}
	}
}

// A validator alone on its chain that voted for a block which nobody has any more says
// so, in place of waiting for ever. A vote for none, or for a block that is in its log,
// is no reason.
func TestVoteLost(t *testing.T) {
	w := newWorld(t, 2)
	w.mint(1000)
	must(t, w.Stop())
	lost := sha256.Sum256([]byte("a block that nobody has"))
	height := w.comet.BlockStore().Height() + 1
	vote := func(round int32, block cmtproto.BlockID) {
		must(t, w.signed().SignVote(testChain, &cmtproto.Vote{Type: cmtproto.PrevoteType, Height: height, Round: round, BlockID: block}))
	}
	check := func() error {
		return checkLog(comet(w.c).Consensus.WalFile(), "the state", w.signed(), w.first, height-1)
	}
	must(t, check())
	vote(0, cmtproto.BlockID{})
	must(t, check())
	vote(1, cmtproto.BlockID{Hash: lost[:], PartSetHeader: cmtproto.PartSetHeader{Total: 1, Hash: lost[:]}})
	if err := checkLog(comet(w.c).Consensus.WalFile(), "the state", w.signed(), nil, height-1); err != nil {
		t.Errorf("of one who doesn't decide alone: %v", err)
	}
	n, err := Start(w.c, quietLog)
	if err == nil {
		_ = n.Stop()
		t.Fatal("it started")
	}
	if !strings.Contains(err.Error(), "voted for a block of height") || !strings.Contains(err.Error(), "durability.md") {
		t.Fatal(err)
	}
}

// TestLogFiles: the files of a log in their order, and no others. One of a chain without
// blocks is left alone.
func TestLogFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "[a folder]")
	head := filepath.Join(dir, "wal")
	must(t, endHeight(head, 0))
	if got, err := logFiles(head); err != nil || !slices.Equal(got, []string{head}) {
		t.Errorf("of no folder: %v, %v", got, err)
	}
	must(t, os.Mkdir(dir, 0o700))
	for _, name := range []string{"wal", "wal.1000", "wal.999", "wal.008", "wal.CORRUPTED", "wal.1", "other.001"} {
		must(t, os.WriteFile(filepath.Join(dir, name), nil, 0o600))
	}
	got, err := logFiles(head)
	must(t, err)
	for i := range got {
		got[i] = filepath.Base(got[i])
	}
	if want := []string{"wal.008", "wal.999", "wal.1000", "wal"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// Fsck takes what is torn for damage in a full file, and not in the one that is written.
func TestFsckLog(t *testing.T) {
	home := t.TempDir()
	dir := filepath.Join(home, "data", "cs.wal")
	must(t, os.MkdirAll(dir, 0o700))
	whole := logOf(t, 7, -7)
	torn := whole[:len(whole)-1]
	for file, ok := range map[string]bool{"wal": true, "wal.000": false} {
		must(t, os.WriteFile(filepath.Join(dir, "wal"), whole, 0o600))
		must(t, os.WriteFile(filepath.Join(dir, "wal.000"), whole, 0o600))
		must(t, os.WriteFile(filepath.Join(dir, file), torn, 0o600))
		if err := (&fsck{resting: &resting{home: home}}).wal(); (err == nil) != ok {
			t.Errorf("%s is torn: %v", file, err)
		}
	}
}
