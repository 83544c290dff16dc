// Package schema carries the schema with its comments, for the command line,
// the reference pages and anyone who asks a node what it speaks.
package schema

import (
	_ "embed"
	"fmt"
	"sync"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	_ "github.com/troth-ledger/troth/gen/pb" // the options that the schema uses
)

//go:embed troth.binpb
var encoded []byte

// Encoded is the schema as an encoded google.protobuf.FileDescriptorSet.
func Encoded() []byte { return encoded }

// Files returns the schema, comments included.
var Files = sync.OnceValue(func() *protoregistry.Files {
	var set descriptorpb.FileDescriptorSet
	if err := proto.Unmarshal(encoded, &set); err != nil {
		panic(fmt.Sprintf("schema: %v", err))
	}
	files, err := protodesc.NewFiles(&set)
	if err != nil {
		panic(fmt.Sprintf("schema: %v", err))
	}
	return files
})
