package rule

import (
	"errors"
	"fmt"
	"slices"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"
)

// Bounds of an expression. Without loops its cost is its size, so that these
// bound the time that it takes, too.
const (
	MaxExpression = 2000 // bytes
	maxNodes      = 500
	maxMemory     = 10_000 // elements that a run may allocate
)

// Program is a compiled expression. It never changes, and any number of
// goroutines may run it, each with an Env of its own.
type Program struct {
	Text string
	// Latest are the metrics whose latest values it asks for, States those whose
	// latest texts.
	Latest, States []string

	vm   *vm.Program
	uses uses
}

// uses are the parts of an Env at which a program looks.
type uses uint8

const (
	usesReading uses = 1 << iota // value, metric, unit
	usesClock
	usesEvent
	usesAttrs
	usesDevice
	usesProject
)

// Bool evaluates p. An error is one of the expression, such as a remainder of a
// division by zero, or a field of e that it needs and that was not filled.
func (p *Program) Bool(e *Env) (bool, error) {
	switch {
	case p.uses&usesDevice != 0 && e.Device == nil:
		return false, errors.New("expression asks for the device, and there is none")
	case p.uses&(usesEvent|usesAttrs) != 0 && e.Event == nil:
		return false, errors.New("expression asks for the event, and there is none")
	case len(p.Latest)+len(p.States) > 0 && e.Last == nil:
		return false, errors.New("expression asks for latest values, and there are none")
	}
	e.show(p)
	e.machine.MemoryBudget = maxMemory
	out, err := e.machine.Run(p.vm, &e.view)
	if err != nil {
		return false, fmt.Errorf("expression %q: %s", p.Text, message(err))
	}
	return out.(bool), nil
}

// compile makes a program of text, which may use what s says.
func compile(text string, s scope) (*Program, error) {
	if len(text) > MaxExpression {
		return nil, fmt.Errorf("has %d bytes, not at most %d: make two rules of it", len(text), MaxExpression)
	}
	config := conf.CreateNew()
	config.MaxNodes = maxNodes
	tree, err := parser.ParseWithConfig(text, config)
	if err != nil {
		return nil, errors.New(message(err))
	}
	p := &Program{Text: text}
	g := grammar{scope: s, program: p}
	if err := g.check(tree.Node); err != nil {
		return nil, errors.New(message(err.Bind(tree.Source)))
	}
	options := []expr.Option{
		expr.Env(layout{}), expr.AsBool(), expr.WarnOnAny(), expr.MaxNodes(maxNodes), expr.DisableAllBuiltins(),
		// latest and state are here to be typed: slots replaces their calls.
		expr.Function("latest", nil, new(func(string) float64)),
		expr.Function("state", nil, new(func(string) string)),
		expr.Function("num", number, new(func(any) float64)),
		expr.Function("text", word, new(func(any) string)),
		expr.Patch(slots{p}),
	}
	for _, name := range builtins {
		options = append(options, expr.EnableBuiltin(name))
	}
	if p.vm, err = expr.Compile(text, options...); err != nil {
		return nil, errors.New(message(err))
	}
	return p, nil
}

// message says in one line what is wrong with an expression, and where in it.
func message(err error) string {
	var at *file.Error
	switch {
	case !errors.As(err, &at):
		return err.Error() + ": an expression must be true or false"
	case at.Line > 1:
		return fmt.Sprintf("line %d, column %d: %s", at.Line, at.Column+1, at.Message)
	}
	return fmt.Sprintf("column %d: %s", at.Column+1, at.Message)
}

// slots replaces latest("power_kw") by the place in the view that holds the
// value, so that running it calls nothing and whoever evaluates knows beforehand
// which metrics to remember.
type slots struct{ program *Program }

func (s slots) Visit(node *ast.Node) {
	call, ok := (*node).(*ast.CallNode)
	if !ok || len(call.Arguments) != 1 {
		return
	}
	metric, ok := call.Arguments[0].(*ast.StringNode)
	if !ok {
		return
	}
	switch call.Callee.(*ast.IdentifierNode).Value {
	case "latest":
		ast.Patch(node, place("latest[]", s.program.Latest, metric.Value))
	case "state":
		ast.Patch(node, place("state[]", s.program.States, metric.Value))
	}
}

func place(list string, metrics []string, metric string) ast.Node {
	return &ast.MemberNode{
		Node:     &ast.IdentifierNode{Value: list},
		Property: &ast.IntegerNode{Value: slices.Index(metrics, metric)},
	}
}
