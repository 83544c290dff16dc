// Package offheap gets memory that the garbage collector neither looks at nor counts:
// for what a large state keeps, of which there are gigabytes, and which lives as long
// as the store. On the heap it would let the heap grow to a multiple of itself before
// anything is collected.
package offheap

import (
	"fmt"
	"reflect"
	"runtime"
	"unsafe"
)

// Piece is a piece of memory. It goes back to the system when nothing on the heap
// leads to the piece any more, whatever still leads into its items: who uses them
// keeps the piece.
type Piece[T any] struct {
	Items []T // zero at first; each takes room once it is written to
}

// New makes a piece of n items, which may hold no pointers; nil where the system refuses,
// or has no such memory.
func New[T any](n int) *Piece[T] {
	t := reflect.TypeFor[T]()
	if !plain(t) {
		panic(fmt.Sprintf("offheap: %s holds pointers, which the collector would not see", t))
	}
	raw := take(n * int(t.Size()))
	if raw == nil {
		return nil
	}
	p := &Piece[T]{Items: unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(raw))), n)}
	runtime.AddCleanup(p, give, raw)
	return p
}

// Make is New, with a piece of the heap where there is no other memory.
func Make[T any](n int) *Piece[T] {
	if p := New[T](n); p != nil {
		return p
	}
	return &Piece[T]{make([]T, n)}
}

// plain says whether a type holds no pointers.
func plain(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Array:
		return t.Len() == 0 || plain(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			if !plain(t.Field(i).Type) {
				return false
			}
		}
		return true
	default:
		return t.Kind() <= reflect.Complex128 && t.Kind() != reflect.Uintptr
	}
}
