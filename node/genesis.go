package node

import (
	"net"
	"os"
	"path/filepath"
	"strconv"
)

// Genesis reads the chain's genesis as it is in the node's folder.
func (n *Node) Genesis() ([]byte, error) { return os.ReadFile(filepath.Join(n.home, genesisFile)) }

// Port is where other nodes connect to this one; 0 where none can.
func (n *Node) Port() uint16 {
	_, port, err := net.SplitHostPort(n.listens)
	if err != nil {
		return 0
	}
	p, _ := strconv.ParseUint(port, 10, 16)
	return uint16(p)
}
