package embedded

import (
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"syscall"
	"unsafe"

	"github.com/ebitengine/purego"
)

// ChildCommand is the first argument of a process that is to become an engine.
const ChildCommand = "engine-child"

// parentPipe and heldLock are the files that a child inherits besides the
// standard three.
const (
	parentPipe = 3 // ends when the parent does
	heldLock   = 4 // not read; open for as long as this process lives
)

// serveQuery keeps clickhouse-local serving: it opens the listeners, then
// sleeps for longer than any machine lives.
const serveQuery = `SYSTEM START LISTEN TCP; SYSTEM START LISTEN HTTP; ` +
	`SELECT sleepEachRow(1) FROM system.numbers SETTINGS max_block_size = 1, function_sleep_max_microseconds_per_block = 0 FORMAT Null`

// ChildMain turns this process into an engine until it is told to end or its
// parent dies. The arguments are those that Start gave it, after ChildCommand;
// the result is the exit code.
func ChildMain(args []string) int {
	// The engine installs signal handlers and lives on its thread's stack.
	runtime.LockOSThread()
	flags := flag.NewFlagSet(ChildCommand, flag.ContinueOnError)
	library := flags.String("library", "", "the engine's library")
	config := flags.String("config", "", "the engine's configuration file")
	store := flags.String("store", "", "the directory of its tables")
	if flags.Parse(args) != nil || flags.NArg() > 0 {
		return 2
	}
	go dieWithParent()
	if err := runEngine(*library, "--config-file", *config, "--path", *store, "--log-level", "warning", "--query", serveQuery); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// dieWithParent waits for the end of a pipe that only the parent can write to
// and that it never writes to: the one sign of its death that also comes when
// it is killed, on every platform and whichever of its threads started us.
func dieWithParent() {
	_, _ = io.Copy(io.Discard, os.NewFile(parentPipe, "parent"))
	// Nobody is left to hear of an error, and what was inserted is on disk.
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
}

// runEngine loads the library and runs clickhouse-local in it.
func runEngine(library string, args ...string) error {
	lib, err := purego.Dlopen(library, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return fmt.Errorf("load the engine's library %s: %w: install it again", library, err)
	}
	for _, name := range []string{"chdb_query_cmdline", "chdb_result_error"} {
		if _, err := purego.Dlsym(lib, name); err != nil {
			return fmt.Errorf("the engine's library %s has no %s: install the version that package-lock.json names: %w", library, name, err)
		}
	}
	var run func(argc int32, argv unsafe.Pointer) unsafe.Pointer
	var failure func(result unsafe.Pointer) string
	purego.RegisterLibFunc(&run, lib, "chdb_query_cmdline")
	purego.RegisterLibFunc(&failure, lib, "chdb_result_error")

	argv := make([]*byte, 0, len(args)+2) // C wants a nil at the end
	for _, a := range append([]string{"clickhouse"}, args...) {
		argv = append(argv, unsafe.SliceData(append([]byte(a), 0))) //nolint:gosec // C wants pointers to its arguments
	}
	argc := len(argv)
	argv = append(argv, nil)
	result := run(int32(argc), unsafe.Pointer(unsafe.SliceData(argv))) //nolint:gosec // and one to the pointers
	runtime.KeepAlive(argv)
	if result == nil {
		return nil
	}
	if text := failure(result); text != "" {
		return fmt.Errorf("engine: %s", text)
	}
	return nil
}
