# Troth. `make run` starts a node, `make demo` plays the stories, `make test`
# runs every check.

GO    ?= go
TOOLS  = $(GO) tool -modfile=tools/go.mod

.PHONY: run demo build test lint gen bench soak clean

## run: build and start a durable node in ./troth-data, with the demo companies on first start
run: build
	./bin/troth start --demo

## demo: play every story on a throwaway node
demo: build
	./bin/troth demo

## build: the one binary, in ./bin
build:
	@mkdir -p bin
	$(GO) build -o bin/troth ./cmd/troth

## test: every check
test: lint
	$(GO) test ./...

## lint: format, vet, the schema's rules
lint:
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { echo "not gofmt'ed:"; gofmt -l $$(git ls-files '*.go'); exit 1; }
	$(GO) vet ./...

## gen: everything that is made from the schema
gen:
	$(TOOLS) buf lint
	rm -rf gen
	$(TOOLS) buf generate
	$(TOOLS) buf build -o internal/schema/troth.binpb
	cp gen/openapi/openapi.yaml internal/schema/openapi.yaml
	$(GO) run ./cmd/troth reference docs/reference

## soak: what takes longer than a change should wait
soak:
	$(GO) test -tags soak -timeout 2h ./internal/crash ./ledger

## bench: benchmarks of the parts
bench:
	$(GO) test -run '^$$' -bench . ./...

clean:
	rm -rf bin
