# Troth. `make run` starts a node, `make demo` plays the stories, `make test`
# runs every check.

GO    ?= go
TOOLS  = $(GO) tool -modfile=tools/go.mod
FUZZTIME ?= 30s
SIM_OPS  ?= 1000000

.PHONY: run demo testnet build test lint gen bench bench-parts soak fuzz repro sbom clean

## run: build and start a durable node in ./troth-data, with the demo companies on first start
run: build
	./bin/troth start --demo

## demo: play every story on a throwaway node
demo: build
	./bin/troth demo

## testnet: four nodes in one terminal, in ./testnet, on 127.0.0.1:8700 to 8703; Ctrl-C stops them
testnet: build
	@test -e testnet/node4/genesis.json || ./bin/troth testnet --validators 4 --dir testnet --demo
	@exec ./bin/troth testnet start --dir testnet

## build: the one binary, in ./bin
build:
	@mkdir -p bin
	$(GO) build -trimpath -o bin/troth ./cmd/troth

## test: every check
test: lint
	$(GO) test ./...
	cd bench && $(GO) vet ./... && $(GO) test ./...

## lint: format, vet, staticcheck, the schema's rules, known vulnerabilities
lint:
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { echo "not gofmt'ed:"; gofmt -l $$(git ls-files '*.go'); exit 1; }
	$(GO) vet ./...
	$(TOOLS) staticcheck ./...
	$(TOOLS) buf lint
	tools/vulncheck.sh

## gen: everything that is made from the schema
gen:
	$(TOOLS) buf lint
	rm -rf gen
	$(TOOLS) buf generate
	$(TOOLS) buf build -o internal/schema/troth.binpb
	$(GO) run ./cmd/troth reference docs/reference

## soak: what takes longer than a change should wait
soak:
	$(GO) test -tags soak -timeout 2h ./internal/crash ./ledger ./node
	$(GO) test -tags soak -timeout 1h -count 1 -v ./internal/cluster
	SIM_OPS=$(SIM_OPS) $(GO) test -tags soak -timeout 4h -count 1 -v -run TestSoak ./internal/sim

## bench: this and its peers, side by side; BENCH=-quick for minutes instead of three quarters of an hour
bench: build
	cd bench && $(GO) build -o ../bin/bench . && cd sdk && $(GO) build -o ../../bin/bench-sdk .
	cd bench && ../bin/bench -docs ../docs/operating $(BENCH)

## bench-parts: benchmarks of the parts, compared with those of bench/baseline.txt
bench-parts:
	bench/parts.sh bin/parts.txt
	cd bench && $(GO) tool benchstat baseline.txt ../bin/parts.txt

## fuzz: every fuzz target for FUZZTIME
fuzz:
	FUZZTIME=$(FUZZTIME) tools/fuzz.sh

## repro: build the last commit twice, in two places, and compare
repro:
	tools/repro.sh

## sbom: what the binary is made of, as CycloneDX, in ./bin
sbom: build
	./bin/troth version --sbom >bin/troth.cdx.json

clean:
	rm -rf bin
