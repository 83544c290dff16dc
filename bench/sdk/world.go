package main

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"runtime"
	"sync"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cometbft/cometbft/crypto"
	"github.com/cometbft/cometbft/crypto/ed25519"
	cmttypes "github.com/cometbft/cometbft/types"
	dbm "github.com/cosmos/cosmos-db"

	"cosmossdk.io/depinject"
	"cosmossdk.io/log/v2"
	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/baseapp"
	"github.com/cosmos/cosmos-sdk/baseapp/blockexec"
	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/codec"
	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	sdkruntime "github.com/cosmos/cosmos-sdk/runtime"
	"github.com/cosmos/cosmos-sdk/server"
	"github.com/cosmos/cosmos-sdk/server/config"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	"github.com/cosmos/cosmos-sdk/testutil/configurator"
	"github.com/cosmos/cosmos-sdk/testutil/sims"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/tx/signing"
	authsign "github.com/cosmos/cosmos-sdk/x/auth/signing"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	// The modules register themselves.
	_ "github.com/cosmos/cosmos-sdk/x/auth"
	_ "github.com/cosmos/cosmos-sdk/x/auth/tx/config"
	_ "github.com/cosmos/cosmos-sdk/x/bank"
	_ "github.com/cosmos/cosmos-sdk/x/consensus"
	_ "github.com/cosmos/cosmos-sdk/x/staking"
)

const (
	chainID = "bench"
	// sendGas is more than a send needs.
	sendGas = 200_000
)

var (
	denom = sdk.DefaultBondDenom
	// genesisTime is when the chain began.
	genesisTime = time.Now()
)

// world is the accounts of the chain and the validator.
type world struct {
	keys      []*secp256k1.PrivKey
	addresses []sdk.AccAddress
	sequences []uint64
	next      int // the account that sends next
	validator crypto.PrivKey
	tx        client.TxConfig
}

func newWorld(accounts int) (*world, error) {
	w := &world{validator: ed25519.GenPrivKey()}
	for i := range accounts {
		k := secp256k1.GenPrivKeyFromSecret(binary.BigEndian.AppendUint64(nil, uint64(i)))
		w.keys = append(w.keys, k)
		w.addresses = append(w.addresses, sdk.AccAddress(k.PubKey().Address()))
	}
	w.sequences = make([]uint64, accounts)
	return w, nil
}

// app builds the smallest application that the SDK starts with bank sends:
// auth, bank, staking for the validator, consensus. Its ante handler is the
// SDK's own.
func (w *world) app(db dbm.DB, stm bool) (*sdkruntime.App, []byte, error) {
	var (
		builder *sdkruntime.AppBuilder
		cdc     codec.Codec
	)
	modules := configurator.NewAppConfig(configurator.AuthModule(), configurator.BankModule(), configurator.StakingModule(),
		configurator.TxModule(), configurator.ConsensusModule())
	if err := depinject.Inject(depinject.Configs(modules, depinject.Supply(log.NewNopLogger())), &builder, &cdc, &w.tx); err != nil {
		return nil, nil, err
	}
	// The cache sizes are those of the SDK's app.toml.
	app := builder.Build(db, baseapp.SetChainID(chainID), baseapp.SetIAVLCacheSize(781_250))
	if stm {
		blockexec.Apply(app.BaseApp, sims.AppOptionsMap{server.FlagBlockExecutor: config.BlockExecutorBlockSTM}, app.GetStoreKeys(), w.tx.TxDecoder(),
			func(storetypes.MultiStore) string { return denom })
	}
	if err := app.Load(true); err != nil {
		return nil, nil, err
	}
	genesis, err := w.genesis(cdc, app.DefaultGenesis())
	return app, genesis, err
}

func (w *world) genesis(cdc codec.Codec, state map[string]json.RawMessage) ([]byte, error) {
	set := cmttypes.NewValidatorSet([]*cmttypes.Validator{cmttypes.NewValidator(w.validator.PubKey(), 1)})
	accounts := make([]authtypes.GenesisAccount, len(w.keys))
	balances := make([]banktypes.Balance, len(w.keys))
	for i, a := range w.addresses {
		accounts[i] = authtypes.NewBaseAccount(a, w.keys[i].PubKey(), uint64(i), 0)
		balances[i] = banktypes.Balance{Address: a.String(), Coins: sdk.NewCoins(sdk.NewCoin(denom, math.NewInt(1_000_000_000)))}
	}
	state, err := sims.GenesisStateWithValSet(cdc, state, set, accounts, balances...)
	if err != nil {
		return nil, err
	}
	return json.Marshal(state)
}

// sends signs so many transfers of one unit, each from the next account to the
// one after it.
func (w *world) sends(n int) ([][]byte, error) {
	if n > len(w.keys) {
		return nil, fmt.Errorf("%d sends of distinct accounts, and %d accounts", n, len(w.keys))
	}
	out := make([][]byte, n)
	first := w.next
	w.next = (w.next + n) % len(w.keys)
	var wg sync.WaitGroup
	errs := make(chan error, runtime.GOMAXPROCS(0))
	for c := range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := c; i < n; i += runtime.GOMAXPROCS(0) {
				tx, err := w.send((first + i) % len(w.keys))
				if err != nil {
					errs <- err
					return
				}
				out[i] = tx
			}
		})
	}
	wg.Wait()
	select {
	case err := <-errs:
		return nil, err
	default:
		return out, nil
	}
}

func (w *world) send(from int) ([]byte, error) {
	k, mode := w.keys[from], signing.SignMode_SIGN_MODE_DIRECT
	b := w.tx.NewTxBuilder()
	msg := banktypes.NewMsgSend(w.addresses[from], w.addresses[(from+1)%len(w.keys)], sdk.NewCoins(sdk.NewInt64Coin(denom, 1)))
	if err := b.SetMsgs(msg); err != nil {
		return nil, err
	}
	b.SetGasLimit(sendGas)
	sig := signing.SignatureV2{PubKey: k.PubKey(), Sequence: w.sequences[from], Data: &signing.SingleSignatureData{SignMode: mode}}
	if err := b.SetSignatures(sig); err != nil {
		return nil, err
	}
	data := authsign.SignerData{Address: w.addresses[from].String(), ChainID: chainID, AccountNumber: uint64(from), Sequence: w.sequences[from], PubKey: k.PubKey()}
	bytes, err := authsign.GetSignBytesAdapter(context.Background(), w.tx.SignModeHandler(), mode, data, b.GetTx())
	if err != nil {
		return nil, err
	}
	signature, err := k.Sign(bytes)
	if err != nil {
		return nil, err
	}
	sig.Data = &signing.SingleSignatureData{SignMode: mode, Signature: signature}
	if err := b.SetSignatures(sig); err != nil {
		return nil, err
	}
	w.sequences[from]++
	return w.tx.TxEncoder()(b.GetTx())
}

// failed is the first transaction that was not carried out.
func failed(results []*abci.ExecTxResult) error {
	for _, r := range results {
		if r.Code != 0 {
			return fmt.Errorf("a send failed: code %d: %s", r.Code, r.Log)
		}
	}
	return nil
}
