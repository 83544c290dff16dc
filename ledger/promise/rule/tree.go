package rule

import (
	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
)

// Op says what a Node is.
type Op uint8

// The forms of an expression.
const (
	OpLiteral Op = iota // Lit
	OpName              // Name: terms, roles, facts, now, period, fact, paid, or a macro's variable
	OpField             // Args[0] . Name
	OpHas               // has(Args[0] . Name)
	OpCall              // Name is an operator as written (&& || ! ?: == - [] in …; unary minus is neg) or a function; a method's receiver is Args[0]
	OpList              // a list literal of Args
	OpMacro             // Name is exists, all, exists_one, filter or map; Args[0] is the list, Var the variable, the rest its bodies
)

// Node is one node of a checked expression, for those who explain or lint
// rules. Literals written duration('…') and timestamp('…') are OpLiteral.
// Nodes are shared: do not change them.
type Node struct {
	Op        Op
	Name      string
	Var       string
	Lit       Value
	Args      []*Node
	Kind      Kind // KindNone for lists and objects
	Line, Col int  // of the node's own token, from 1

	typ    *types.Type
	method bool // a call written receiver.name()
}

// TypeName returns n's type as templates say it: an int, a list of facts, a fact.
func (n *Node) TypeName() string { return typeName(n.typ) }

// Tree returns the expression as its author wrote it, macros unexpanded.
func (p *Program) Tree() *Node { return p.root }

// Walk calls f for n and everything below it, parents first, in source order.
// Below a node for which f returns false it does not go.
func (n *Node) Walk(f func(*Node) bool) {
	if !f(n) {
		return
	}
	for _, a := range n.Args {
		a.Walk(f)
	}
}

// treeBuilder turns a checked AST into Nodes.
type treeBuilder struct {
	ast  *ast.AST
	info *ast.SourceInfo
}

func buildTree(a *cel.Ast) *Node {
	b := &treeBuilder{ast: a.NativeRep(), info: a.NativeRep().SourceInfo()}
	return b.node(b.ast.Expr())
}

func (b *treeBuilder) node(e ast.Expr) *Node {
	n := &Node{}
	n.typ = b.ast.GetType(e.ID())
	n.Kind = kindOfType(n.typ)
	loc := b.info.GetStartLocation(e.ID())
	n.Line, n.Col = loc.Line(), loc.Column()+1
	if call, ok := b.info.GetMacroCall(e.ID()); ok {
		b.macro(n, call)
		return n
	}
	switch e.Kind() {
	case ast.LiteralKind:
		n.Op, n.Lit = OpLiteral, Value{e.AsLiteral()}
	case ast.IdentKind:
		n.Op, n.Name = OpName, e.AsIdent()
	case ast.SelectKind:
		n.Op, n.Name = OpField, e.AsSelect().FieldName()
		n.Args = []*Node{b.node(e.AsSelect().Operand())}
	case ast.ListKind:
		n.Op, n.Args = OpList, b.nodes(e.AsList().Elements())
	case ast.CallKind:
		b.call(n, e.AsCall())
	}
	return n
}

func (b *treeBuilder) nodes(es []ast.Expr) []*Node {
	var out []*Node
	for _, e := range es {
		out = append(out, b.node(e))
	}
	return out
}

// macro reads the call as it was written; its parts keep their ids, so their
// types and their own macros are found as usual.
func (b *treeBuilder) macro(n *Node, e ast.Expr) {
	call := e.AsCall()
	n.Name = call.FunctionName()
	if n.Name == operators.Has {
		sel := call.Args()[0].AsSelect()
		n.Op, n.Name, n.Args = OpHas, sel.FieldName(), []*Node{b.node(sel.Operand())}
		return
	}
	n.Op, n.Var = OpMacro, call.Args()[0].AsIdent()
	n.Args = append([]*Node{b.node(call.Target())}, b.nodes(call.Args()[1:])...)
}

func (b *treeBuilder) call(n *Node, call ast.CallExpr) {
	n.Op, n.Name = OpCall, call.FunctionName()
	if n.method = call.IsMemberFunction(); n.method {
		n.Args = append(n.Args, b.node(call.Target()))
	}
	n.Args = append(n.Args, b.nodes(call.Args())...)
	switch n.Name {
	case operators.Negate:
		n.Name = "neg"
	case operators.Conditional:
		n.Name = "?:"
	case operators.Index:
		n.Name = "[]"
	default:
		if op, ok := operators.FindReverse(n.Name); ok && op != "" {
			n.Name = op
		}
	}
	if lit, ok := timeLiteral(n); ok {
		n.Op, n.Lit, n.Args = OpLiteral, lit, nil
	}
}

// timeLiteral evaluates duration('…') and timestamp('…'), which the checker
// has validated.
func timeLiteral(n *Node) (Value, bool) {
	if (n.Name != "duration" && n.Name != "timestamp") || len(n.Args) != 1 || n.Args[0].Op != OpLiteral {
		return Value{}, false
	}
	s, ok := n.Args[0].Lit.v.(types.String)
	if !ok {
		return Value{}, false
	}
	t := types.DurationType
	if n.Name == "timestamp" {
		t = types.TimestampType
	}
	v := s.ConvertToType(t)
	return Value{v}, !types.IsError(v)
}
