package rule

import (
	"fmt"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"

	"steward/internal/telemetry"
)

// scope is what an expression may use, by where it stands.
type scope struct {
	what  string   // "when of a value rule"
	names []string // of names
}

// names are all that an expression can use, with the part of an Env that each
// needs.
var names = map[string]uses{
	"value": usesReading, "metric": usesReading, "unit": usesReading,
	"hour": usesClock, "minute": usesClock, "weekday": usesClock, "day": usesClock, "month": usesClock,
	"event": usesEvent, "device": usesDevice, "project": usesProject,
	"latest": 0, "state": 0, "num": 0, "text": 0,
}

// fields are what stands after a dot.
var fields = map[string][]string{
	"event": {"kind", "severity", "id", "attrs"},
	"device": {
		"region", "project", "class", "id", "name", "building", "location",
		"medium", "model", "vendor", "multiplier",
	},
	"project": {"name"},
}

// functions take one argument each. What is not here of the library's own is
// left out because it loops, allocates without bound or asks for the present
// time.
var (
	functions = []string{"latest", "state", "num", "text"}
	builtins  = []string{"abs", "ceil", "floor", "lower", "max", "min", "round", "trim", "upper"}
	operators = []string{
		"and", "&&", "or", "||", "==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%",
		"in", "contains", "startsWith", "endsWith", "matches",
	}
)

var (
	anywhere = []string{"device", "project"}
	moment   = append([]string{"hour", "minute", "weekday", "day", "month", "latest", "state"}, anywhere...)

	ofReading = append([]string{"value", "metric", "unit"}, moment...)
	ofEvent   = append([]string{"event", "num", "text"}, moment...)
)

// scopeOf is what a field of a rule of a kind may use.
func scopeOf(kind Kind, field string) scope {
	s := scope{what: fmt.Sprintf("%s of %s rule", field, article(kind))}
	switch {
	case field == "where":
		s.names = anywhere
	case kind == Event:
		s.names = ofEvent
	default:
		s.names = ofReading
	}
	return s
}

func article(kind Kind) string {
	switch kind {
	case Increase, Event, Absence, SQL:
		return "an " + string(kind)
	}
	return "a " + string(kind)
}

// grammar walks over an expression before it is compiled: it lets pass what is
// known to be cheap and to the point, and notes what it uses.
type grammar struct {
	scope
	program *Program
}

func wrong(n ast.Node, format string, args ...any) *file.Error {
	return &file.Error{Location: n.Location(), Message: fmt.Sprintf(format, args...)}
}

func (g *grammar) check(n ast.Node) *file.Error {
	switch n := n.(type) {
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.StringNode:
		return nil
	case *ast.IdentifierNode:
		return g.name(n)
	case *ast.MemberNode:
		return g.member(n)
	case *ast.UnaryNode:
		return g.check(n.Node)
	case *ast.BinaryNode:
		return g.binary(n)
	case *ast.ConditionalNode:
		return g.all(n.Cond, n.Exp1, n.Exp2)
	case *ast.CallNode:
		return g.call(n)
	case *ast.BuiltinNode:
		if !slices.Contains(builtins, n.Name) {
			return g.unknown(n, n.Name)
		}
		return g.all(n.Arguments...)
	case *ast.ArrayNode:
		return wrong(n, "a list stands only after in, as in event.kind in [\"fault\", \"alarm\"]")
	case *ast.NilNode:
		return wrong(n, "there is no nil here: a number that is unknown is neither more nor less than any, a text is \"\"")
	}
	return wrong(n, "this form is not available: an expression compares and calculates, without variables, loops and ranges")
}

func (g *grammar) all(nodes ...ast.Node) *file.Error {
	for _, n := range nodes {
		if err := g.check(n); err != nil {
			return err
		}
	}
	return nil
}

// use lets a name pass that the scope has, and notes it.
func (g *grammar) use(n ast.Node, name string) *file.Error {
	if !slices.Contains(g.names, name) {
		return g.unknown(n, name)
	}
	g.program.uses |= names[name]
	return nil
}

func (g *grammar) unknown(n ast.Node, name string) *file.Error {
	known := append(slices.Clone(g.names), builtins...)
	if _, ok := names[name]; ok {
		return wrong(n, "%s is not known in %s, which may use %s", name, g.what, strings.Join(g.names, ", "))
	}
	return wrong(n, "there is no %s; %s may use %s", name, g.what, strings.Join(known, ", "))
}

func (g *grammar) name(n *ast.IdentifierNode) *file.Error {
	if err := g.use(n, n.Value); err != nil {
		return err
	}
	switch parts := fields[n.Value]; {
	case parts != nil:
		return wrong(n, "%s is nothing by itself; ask for %s.%s", n.Value, n.Value, strings.Join(parts, ", "+n.Value+"."))
	case slices.Contains(functions, n.Value):
		return wrong(n, "%s is a function: write %s(…)", n.Value, n.Value)
	}
	return nil
}

func (g *grammar) member(n *ast.MemberNode) *file.Error {
	base, ok := n.Node.(*ast.IdentifierNode)
	property, text := n.Property.(*ast.StringNode)
	if !ok || !text {
		if attribute(n) != "" {
			return wrong(n, "an attribute may be anything or missing: write num(event.attrs.%[1]s) or text(event.attrs.%[1]s)", attribute(n))
		}
		return wrong(n, "only device, event and project have fields")
	}
	if err := g.use(base, base.Value); err != nil {
		return err
	}
	parts := fields[base.Value]
	switch {
	case parts == nil:
		return wrong(n, "%s has no fields", base.Value)
	case !slices.Contains(parts, property.Value):
		return wrong(n, "%s has no field %s; it has %s", base.Value, property.Value, strings.Join(parts, ", "))
	case property.Value == "attrs":
		return wrong(n, "event.attrs is nothing by itself; ask for num(event.attrs.NAME) or text(event.attrs.NAME)")
	}
	return nil
}

// attribute is the name in event.attrs.NAME, empty for anything else.
func attribute(n ast.Node) string {
	outer, ok := n.(*ast.MemberNode)
	if !ok {
		return ""
	}
	inner, ok := outer.Node.(*ast.MemberNode)
	if !ok {
		return ""
	}
	base, isName := inner.Node.(*ast.IdentifierNode)
	attrs, isAttrs := inner.Property.(*ast.StringNode)
	name, isText := outer.Property.(*ast.StringNode)
	if !isName || !isAttrs || !isText || base.Value != "event" || attrs.Value != "attrs" {
		return ""
	}
	return name.Value
}

func (g *grammar) binary(n *ast.BinaryNode) *file.Error {
	if !slices.Contains(operators, n.Operator) {
		return wrong(n, "the operator %s is not available; there are %s", n.Operator, strings.Join(operators, " "))
	}
	if err := g.check(n.Left); err != nil {
		return err
	}
	switch n.Operator {
	case "in":
		list, ok := n.Right.(*ast.ArrayNode)
		if !ok {
			return wrong(n, "after in comes a list, as in event.kind in [\"fault\", \"alarm\"]")
		}
		return g.all(list.Nodes...)
	case "matches":
		// A pattern is compiled once, with the expression.
		if _, ok := n.Right.(*ast.StringNode); !ok {
			return wrong(n, "after matches comes a pattern in quotes")
		}
	}
	return g.check(n.Right)
}

func (g *grammar) call(n *ast.CallNode) *file.Error {
	callee, ok := n.Callee.(*ast.IdentifierNode)
	switch {
	case !ok:
		return wrong(n, "only functions can be called: %s", strings.Join(append(slices.Clone(functions), builtins...), ", "))
	case !slices.Contains(functions, callee.Value):
		if _, known := names[callee.Value]; known {
			return wrong(n, "%s is no function", callee.Value)
		}
		return g.unknown(n, callee.Value)
	}
	name := callee.Value
	if err := g.use(n, name); err != nil {
		return err
	}
	if len(n.Arguments) != 1 {
		return wrong(n, "%s takes one argument", name)
	}
	switch name {
	case "latest", "state":
		metric, ok := n.Arguments[0].(*ast.StringNode)
		if !ok {
			return wrong(n, "%s takes the name of a metric in quotes, as in %s(\"power_kw\")", name, name)
		}
		if err := telemetry.CheckName(metric.Value); err != nil {
			return wrong(n, "%s: %v", name, err)
		}
		list := &g.program.Latest
		if name == "state" {
			list = &g.program.States
		}
		if !slices.Contains(*list, metric.Value) {
			*list = append(*list, metric.Value)
		}
		return nil
	}
	if attribute(n.Arguments[0]) == "" {
		return wrong(n, "%s takes an attribute of the event, as in %s(event.attrs.code)", name, name)
	}
	g.program.uses |= usesEvent | usesAttrs
	return nil
}
