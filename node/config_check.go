package node

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
)

// operatorOff is what operator.listen says where nothing is to be served.
const operatorOff = "off"

// operatorShift is how far from the API's port the operator's is, unless the
// configuration says another.
const operatorShift = 100

// OperatorListen is where metrics and health are served; empty for nowhere.
func (c *Config) OperatorListen() string {
	switch c.Operator.Listen {
	case operatorOff:
		return ""
	case "":
	default:
		return c.Operator.Listen
	}
	_, port, err := net.SplitHostPort(c.API.Listen)
	n, bad := strconv.Atoi(port)
	switch {
	case err != nil || bad != nil:
		return ""
	case n == 0:
	case n+operatorShift > 65535:
		n -= operatorShift
	default:
		n += operatorShift
	}
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(n))
}

func (c *Config) checkAPI() error {
	host, err := checkListen("api.listen", c.API.Listen)
	if err != nil {
		return err
	}
	if !isLoopback(host) && !c.API.Proxied {
		return fmt.Errorf("%s: api.listen: others can reach %s, and what they send and read would not be encrypted: listen on 127.0.0.1, or put a proxy with TLS before it and say api.behind_proxy: true", ConfigFile, c.API.Listen)
	}
	if c.API.Proxied && len(c.API.Proxies) == 0 {
		return fmt.Errorf("%s: api.behind_proxy is true and api.trusted_proxies is empty: all callers would be one address, the proxy's, to the limits; name the proxy's address", ConfigFile)
	}
	proxies, err := Networks(c.API.Proxies)
	if err != nil {
		return fmt.Errorf("%s: api.trusted_proxies: %w", ConfigFile, err)
	}
	if i := slices.IndexFunc(proxies, everybody); i >= 0 {
		return fmt.Errorf("%s: api.trusted_proxies: %s is everybody, who could then name any address as theirs", ConfigFile, proxies[i])
	}
	for _, o := range c.API.Origins {
		if o != "*" && !(strings.HasPrefix(o, "https://") || strings.HasPrefix(o, "http://")) || strings.HasSuffix(o, "/") {
			return fmt.Errorf("%s: api.origins: %q is no origin such as https://shop.example, nor \"*\"", ConfigFile, o)
		}
	}
	return nil
}

func (c *Config) checkOperator() error {
	if c.Operator.Listen == "" || c.Operator.Listen == operatorOff {
		return nil
	}
	host, err := checkListen("operator.listen", c.Operator.Listen)
	if err != nil {
		return err
	}
	if !isLoopback(host) && !c.Operator.Public {
		return fmt.Errorf("%s: operator.listen: others can reach %s, and what it serves needs no password: listen on 127.0.0.1, or say operator.public: true where the network keeps strangers out", ConfigFile, c.Operator.Listen)
	}
	if c.Operator.Public && c.Operator.Pprof && !isLoopback(host) {
		return fmt.Errorf("%s: operator.pprof with operator.public: a profile shows what is in memory, keys among it, and anybody could have one made all day; turn one of them off", ConfigFile)
	}
	if c.Operator.Listen == c.API.Listen && !strings.HasSuffix(c.API.Listen, ":0") {
		return fmt.Errorf("%s: operator.listen and api.listen are both %s; each needs its own", ConfigFile, c.API.Listen)
	}
	return nil
}

func (c *Config) checkLimits() error {
	exempt, err := Networks(c.Limits.Exempt)
	if err != nil {
		return fmt.Errorf("%s: limits.exempt: %w", ConfigFile, err)
	}
	if i := slices.IndexFunc(exempt, everybody); i >= 0 {
		return fmt.Errorf("%s: limits.exempt: %s is everybody; to have no limit, set it to 0", ConfigFile, exempt[i])
	}
	return nil
}

// checkMemory refuses a pool that could not be held: what waits at the door and
// what waits in the pool have a limit each.
func (c *Config) checkMemory() error {
	if total := memory(); total > 0 && uint64(max(c.Pool.Bytes, 0)) > total/4 {
		return fmt.Errorf("%s: pool.bytes_max is %d; of the %d MiB of memory here the pool may have a quarter, %d", ConfigFile, c.Pool.Bytes, total>>20, total/4)
	}
	return nil
}

// checkFiles refuses a key that everybody on this machine can read, and a
// configuration that everybody can write.
func (c *Config) checkFiles() error {
	keys := []string{validatorKey, nodeKeyFile}
	for i := range c.Carriers {
		if k := c.Carriers[i].Key; k != "" {
			keys = append(keys, k)
		}
	}
	for _, k := range keys {
		if info, err := os.Stat(c.Path(k)); err == nil && info.Mode().Perm()&0o007 != 0 {
			return fmt.Errorf("%s: mode %04o lets everybody read the key: run chmod o= %[1]s", c.Path(k), info.Mode().Perm())
		}
	}
	if info, err := os.Stat(c.Path(ConfigFile)); err == nil && info.Mode().Perm()&0o002 != 0 {
		return fmt.Errorf("%s: mode %04o lets everybody change it: run chmod o-w %[1]s", c.Path(ConfigFile), info.Mode().Perm())
	}
	return nil
}

// checkListen splits an address to listen on.
func checkListen(key, addr string) (host string, err error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", fmt.Errorf("%s: %s: %q is not host:port", ConfigFile, key, addr)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || strconv.FormatUint(n, 10) != port {
		return "", fmt.Errorf("%s: %s: %q is no port from 0 to 65535", ConfigFile, key, port)
	}
	return host, nil
}

func isLoopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.Unmap().IsLoopback()
}

func everybody(p netip.Prefix) bool { return p.Bits() == 0 }

// Networks reads addresses and networks.
func Networks(list []string) ([]netip.Prefix, error) {
	out := make([]netip.Prefix, len(list))
	for i, s := range list {
		if a, err := netip.ParseAddr(s); err == nil {
			out[i] = netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen())
			continue
		}
		p, err := netip.ParsePrefix(s)
		if err != nil {
			return nil, fmt.Errorf("%q is no address and no network such as 10.1.0.0/16", s)
		}
		out[i] = p.Masked()
	}
	return out, nil
}
