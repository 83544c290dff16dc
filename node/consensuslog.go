package node

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/cometbft/cometbft/consensus"
	"github.com/cometbft/cometbft/libs/protoio"
	"github.com/cometbft/cometbft/privval"
	cmtcons "github.com/cometbft/cometbft/proto/tendermint/consensus"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	"github.com/cometbft/cometbft/types"
)

// Consensus notes in its log what it hears and signs, and, once a block is kept, that its
// height has ended. Who ends between the two has the block and not the note: the next
// start executes the block and begins the height after. Should it end there too, CometBFT
// looks for the note, finds none, and takes nothing from its log. What it signed is lost,
// and a validator that decides alone waits for itself for ever; so do all where all ended
// so. A node that came to its height by other nodes' blocks has no note either. So the
// note is put where it belongs before consensus starts.

var logNumbered = regexp.MustCompile(`\.[0-9]{3,}$`)

// logFiles are those of a log of consensus, oldest first. The last one is head, which is
// written to; full ones got a number.
func logFiles(head string) ([]string, error) {
	dir, name := filepath.Split(head)
	there, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	var all []string
	for _, f := range there {
		if strings.HasPrefix(f.Name(), name+".") && logNumbered.MatchString(f.Name()) {
			all = append(all, filepath.Join(dir, f.Name()))
		}
	}
	slices.SortFunc(all, func(a, b string) int { return cmp.Or(len(a)-len(b), strings.Compare(a, b)) })
	return append(all, head), nil
}

// noted are the messages of a file of the log, up to the end or to what can't be read.
type noted struct {
	msgs []note
	end  int   // where the last one ends
	err  error // why that is not the end of the file
}

// note is what a message says that matters here; 0 where it doesn't.
type note struct {
	at     int   // where it begins in the file
	height int64 // that it is about
	round  int32
	ended  bool // its height has ended
	parts  int  // of the block that it proposes
	part   int  // the number of the part that it brings, from 1 on
}

// readNotes reads a file; one that isn't there is empty.
func readNotes(path string) (*noted, error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return &noted{}, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	n, r := &noted{}, &counted{from: bufio.NewReaderSize(f, 1<<16)}
	for d := consensus.NewWALDecoder(r); ; n.end = r.read {
		m, err := d.Decode()
		if err == io.EOF {
			return n, nil
		}
		if err == nil {
			var p *cmtcons.WALMessage
			if p, err = consensus.WALToProto(m.Msg); err == nil {
				n.msgs = append(n.msgs, noteOf(p, n.end))
			}
		}
		if err != nil {
			n.err = err
			return n, nil
		}
	}
}

func noteOf(m *cmtcons.WALMessage, at int) note {
	n := note{at: at}
	if e := m.GetEndHeight(); e != nil {
		n.height, n.ended = e.Height, true
	}
	if s := m.GetEventDataRoundState(); s != nil {
		n.height, n.round = s.Height, s.Round
	}
	if t := m.GetTimeoutInfo(); t != nil {
		n.height, n.round = t.Height, t.Round
	}
	if i := m.GetMsgInfo(); i != nil {
		if p := i.Msg.GetProposal(); p != nil {
			n.height, n.round, n.parts = p.Proposal.Height, p.Proposal.Round, int(p.Proposal.BlockID.PartSetHeader.Total)
		}
		if b := i.Msg.GetBlockPart(); b != nil {
			n.height, n.round, n.part = b.Height, b.Round, int(b.Part.Index)+1
		}
		if v := i.Msg.GetVote(); v != nil && v.Vote != nil {
			n.height, n.round = v.Vote.Height, v.Vote.Round
		}
	}
	return n
}

// counted counts what is read.
type counted struct {
	from io.Reader
	read int
}

func (c *counted) Read(b []byte) (n int, err error) {
	n, err = c.from.Read(b)
	c.read += n
	return n, err
}

// endHeight sees to it that the log with this head says of the last height that there is
// a block of that it has ended, before anything of the next.
func endHeight(head string, last int64) error {
	files, err := logFiles(head)
	if err != nil || last == 0 {
		return err // CometBFT begins a log with the end of height 0
	}
	var newest *noted
	for _, path := range slices.Backward(files) {
		n, err := readNotes(path)
		if err != nil {
			return err
		}
		if newest == nil {
			newest = n
		}
		before := false // votes of a height come late, too: its end says more
		for _, m := range n.msgs {
			if m.ended && m.height == last {
				return nil
			}
			before = before || m.ended && m.height > 0 && m.height < last // a new file may begin with the end of height 0
		}
		if before {
			break
		}
	}
	at := newest.end
	if i := slices.IndexFunc(newest.msgs, func(m note) bool { return m.height > last }); i >= 0 {
		at = newest.msgs[i].at
	}
	raw, err := os.ReadFile(head)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if newest.err != nil {
		// As CometBFT does it.
		if err := os.WriteFile(head+".CORRUPTED", raw, 0o600); err != nil {
			return err
		}
	}
	var b bytes.Buffer
	b.Write(raw[:at])
	if err := consensus.NewWALEncoder(&b).Encode(&consensus.TimedWALMessage{Time: time.Now().UTC(), Msg: consensus.EndHeightMessage{Height: last}}); err != nil {
		return err
	}
	b.Write(raw[at:newest.end])
	return replaceFile(head, b.Bytes())
}

// replaceFile puts a file in the place of another, whole and for good, or leaves that.
func replaceFile(path string, content []byte) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".new-")
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return syncDir(dir)
}

// checkLog refuses a log that lacks a block which a validator voted for that decides
// alone: it may vote for no other, and nobody else has this one. top is the last block's
// height, and path where the validator's last signature is.
func checkLog(head, path string, own *privval.FilePV, set *types.ValidatorSet, top int64) error {
	last := own.LastSignState
	if !sole(set, own.Key.Address) || last.Height != top+1 || !votedFor(last.SignBytes) {
		return nil
	}
	files, err := logFiles(head)
	if err != nil {
		return err
	}
	total, parts := 0, map[int]bool{}
	for _, file := range files[max(0, len(files)-2):] { // one may have become full within the height
		n, err := readNotes(file)
		if err != nil {
			return err
		}
		for _, m := range n.msgs {
			if m.height != last.Height || m.round != last.Round {
				continue
			}
			if m.parts > 0 {
				total = m.parts
			}
			if m.part > 0 {
				parts[m.part] = true
			}
		}
	}
	if total > 0 && len(parts) == total {
		return nil
	}
	return fmt.Errorf("%s says that this validator voted for a block of height %d, and %s has lost it: nobody else has the block, and it may sign no other. Restore %s from the newest backup, with `--alone` where nobody follows the chain: see docs/operating/durability.md", path, last.Height, filepath.Dir(head), filepath.Dir(path))
}

// votedFor says whether what a validator signed last is a vote for a block.
func votedFor(signed []byte) bool {
	var v cmtproto.CanonicalVote
	return protoio.UnmarshalDelimited(signed, &v) == nil && v.Type != cmtproto.ProposalType && v.BlockID != nil
}
