package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/troth-ledger/troth/api"
	"github.com/troth-ledger/troth/api/webhook"
	"github.com/troth-ledger/troth/node"
)

// operator speaks to the node that runs in a folder, as the one who may read
// the folder.
type operator struct {
	home string
	url  string
	json bool
}

// call asks the node about its webhooks and decodes its answer.
func (o *operator) call(ctx context.Context, method, path string, into any) error {
	return o.ask(ctx, method, "/operator/webhooks"+path, time.Minute, into)
}

// ask asks the node and decodes its answer.
func (o *operator) ask(ctx context.Context, method, path string, patience time.Duration, into any) error {
	token, err := os.ReadFile(filepath.Join(o.home, api.OperatorToken))
	if os.IsNotExist(err) {
		return fmt.Errorf("no node has run in %s; say which folder with --home, or start it: troth start --home %[1]s", o.home)
	}
	if err != nil {
		return err
	}
	base := o.url
	if base == "" {
		c, err := node.LoadConfig(o.home)
		if err != nil {
			return err
		}
		base = c.API.Listen
	}
	if !strings.Contains(base, "://") {
		base = "http://" + base
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimRight(base, "/")+path, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+string(bytes.TrimSpace(token)))
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("%w; does the node run? Say where with --node", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		var fault struct{ Code, Message string }
		if json.NewDecoder(res.Body).Decode(&fault) != nil || fault.Message == "" {
			return fmt.Errorf("%s answered %s; is it a Troth node?", base, res.Status)
		}
		return fmt.Errorf("%s (%s)", fault.Message, fault.Code)
	}
	return json.NewDecoder(res.Body).Decode(into)
}

func (o *operator) status(ctx context.Context) ([]webhook.Status, error) {
	var all []webhook.Status
	err := o.call(ctx, http.MethodGet, "", &all)
	return all, err
}

// names are the webhooks that a command is about: those given, or all.
func (o *operator) names(ctx context.Context, given []string) ([]string, error) {
	if len(given) > 0 {
		return given, nil
	}
	all, err := o.status(ctx)
	var out []string
	for _, s := range all {
		out = append(out, s.Name)
	}
	return out, err
}
