package engine

import (
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser"

	"steward/alerting/rule"
)

// kindsOf are the kinds of event for which an expression can be true; false when
// it cannot be told, and it is to be asked for every event. Gates tell of each
// passage: nobody wants hundreds of expressions evaluated for it.
func kindsOf(p *rule.Program) ([]string, bool) {
	if p == nil {
		return nil, true
	}
	tree, err := parser.Parse(p.Text)
	if err != nil {
		return nil, false
	}
	return kindsIn(tree.Node)
}

func kindsIn(n ast.Node) ([]string, bool) {
	b, ok := n.(*ast.BinaryNode)
	if !ok {
		return nil, false
	}
	switch b.Operator {
	case "and", "&&": // either side is enough to know
		if kinds, ok := kindsIn(b.Left); ok {
			return kinds, true
		}
		return kindsIn(b.Right)
	case "or", "||": // both must be known
		left, ok := kindsIn(b.Left)
		if !ok {
			return nil, false
		}
		right, ok := kindsIn(b.Right)
		return append(left, right...), ok
	case "==":
		if isKind(b.Left) {
			return texts(b.Right)
		}
		if isKind(b.Right) {
			return texts(b.Left)
		}
	case "in":
		list, ok := b.Right.(*ast.ArrayNode)
		if ok && isKind(b.Left) {
			return texts(list.Nodes...)
		}
	}
	return nil, false
}

// isKind reports whether n is event.kind.
func isKind(n ast.Node) bool {
	m, ok := n.(*ast.MemberNode)
	if !ok {
		return false
	}
	of, ok := m.Node.(*ast.IdentifierNode)
	field, named := m.Property.(*ast.StringNode)
	return ok && named && of.Value == "event" && field.Value == "kind"
}

// texts are constants; false when one is none.
func texts(nodes ...ast.Node) ([]string, bool) {
	var all []string
	for _, n := range nodes {
		s, ok := n.(*ast.StringNode)
		if !ok {
			return nil, false
		}
		all = append(all, s.Value)
	}
	return all, true
}
