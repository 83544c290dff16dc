package node

import (
	"bytes"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// Webhook is somewhere to tell about what changes.
type Webhook struct {
	// Name says which it is, in the log and in the queue.
	Name string `yaml:"name"`
	// URL takes the events by POST.
	URL string `yaml:"url"`
	// Secret is the file with what signs them; see ReadSecrets.
	Secret string `yaml:"secret_file"`
	// IDs are the objects to tell about; all where empty.
	IDs []string `yaml:"ids"`
	// Tables are the tables to tell about; all but bookkeeping where empty.
	Tables []string `yaml:"tables"`
}

// Carrier is a sender of tracking webhooks, whose updates become facts.
type Carrier struct {
	// Name is the last part of the address that takes its webhooks.
	Name string `yaml:"name"`
	// Format is how they are written and signed: aftership or easypost.
	Format string `yaml:"format"`
	// Secret is the file with what the sender signs with; see ReadSecrets.
	Secret string `yaml:"secret_file"`
	// Key is the key file of the attester who states the facts.
	Key string `yaml:"key_file"`
	// Subject is what the facts are about, with {tracking} for the number.
	Subject string `yaml:"subject"`
	// Zone is the time zone of times that come without an offset.
	Zone string `yaml:"zone"`
	// Test says whether updates of the sender's test mode become facts.
	Test bool `yaml:"test_events"`
}

// Path makes a path of the configuration absolute: they are relative to the
// node's folder.
func (c *Config) Path(p string) string {
	if filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(c.Home, p)
}

var hookName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)

// checkHooks refuses webhooks and carriers that couldn't work, and says which.
func (c *Config) checkHooks() error {
	seen := map[string]bool{}
	for i := range c.Webhooks {
		w := &c.Webhooks[i]
		if err := c.checkHook("webhooks", i, w.Name, w.Secret, seen); err != nil {
			return err
		}
		u, err := url.Parse(w.URL)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.Fragment != "" {
			return fmt.Errorf("%s: webhook %s: url is %q, not an http or https address without user and fragment", ConfigFile, w.Name, w.URL)
		}
		if err := CheckTables(w.Tables); err != nil {
			return fmt.Errorf("%s: webhook %s: %w", ConfigFile, w.Name, err)
		}
	}
	clear(seen)
	for i := range c.Carriers {
		r := &c.Carriers[i]
		if err := c.checkHook("carriers", i, r.Name, r.Secret, seen); err != nil {
			return err
		}
		if err := c.checkCarrier(r); err != nil {
			return fmt.Errorf("%s: carrier %s: %w", ConfigFile, r.Name, err)
		}
	}
	return nil
}

func (c *Config) checkHook(list string, i int, name, secret string, seen map[string]bool) error {
	switch {
	case !hookName.MatchString(name):
		return fmt.Errorf("%s: %s: entry %d has the name %q, not 1 to 32 of a-z, 0-9 and -", ConfigFile, list, i+1, name)
	case seen[name]:
		return fmt.Errorf("%s: %s: two entries have the name %s", ConfigFile, list, name)
	}
	seen[name] = true
	if _, err := ReadSecrets(c.Path(secret)); err != nil {
		return fmt.Errorf("%s: %s: %s: secret_file: %w", ConfigFile, list, name, err)
	}
	return nil
}

func (c *Config) checkCarrier(r *Carrier) error {
	switch {
	case r.Format != "aftership" && r.Format != "easypost":
		return fmt.Errorf("format is %q, not aftership or easypost", r.Format)
	case strings.Count(r.Subject, "{tracking}") != 1:
		return fmt.Errorf("subject is %q, without one {tracking} for the parcel's number", r.Subject)
	case r.Key == "":
		return fmt.Errorf("key_file is missing: the key that states the facts")
	}
	if _, err := time.LoadLocation(r.Zone); err != nil {
		return fmt.Errorf("zone: %w", err)
	}
	return nil
}

// secretMax bounds a file of secrets.
const secretMax = 4 << 10

// ReadSecrets reads a file of secrets, one a line; several are one being
// replaced by another. Errors never quote the file.
func ReadSecrets(path string) ([][]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	switch perm := info.Mode().Perm(); {
	case !info.Mode().IsRegular() || info.Size() > secretMax:
		return nil, fmt.Errorf("%s is no file of at most %d bytes", path, secretMax)
	case perm&0o007 != 0:
		return nil, fmt.Errorf("%s: mode %04o lets everybody read the secret: run chmod o= %[1]s", path, perm)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var out [][]byte
	for line := range bytes.Lines(b) {
		if line = bytes.TrimRight(line, "\r\n"); len(line) > 0 {
			out = append(out, line)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s holds no secret", path)
	}
	return out, nil
}
