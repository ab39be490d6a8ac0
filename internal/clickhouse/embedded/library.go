package embedded

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// LibraryVariable is the environment variable that names the engine's library.
const LibraryVariable = "STEWARD_ENGINE_LIBRARY"

// installDir is where npm puts the libraries, from the module's root.
const installDir = "internal/clickhouse/embedded/lib"

// ErrNoLibrary means that the engine's library was not found.
var ErrNoLibrary = errors.New("the engine's library is missing")

// libraryNames are the file's names on all platforms: macOS has either.
var libraryNames = []string{"libchdb.so", "libchdb.dylib"}

// FindLibrary gives the path of the engine's library. An explicit one, or else
// one in the environment variable, must exist; otherwise it is looked for
// beside the executable, in engine/ there, and where `npm ci` puts it in a
// checkout of the source that holds the working directory or the executable.
func FindLibrary(explicit string) (string, error) {
	for _, named := range []struct{ how, path string }{
		{"the configured library", explicit},
		{LibraryVariable, os.Getenv(LibraryVariable)},
	} {
		if named.path == "" {
			continue
		}
		if !isFile(named.path) {
			return "", fmt.Errorf("%w: %s is %q, which is not a file: correct it, or leave it empty to search", ErrNoLibrary, named.how, named.path)
		}
		return filepath.Abs(named.path)
	}
	var roots []string
	if exe, err := os.Executable(); err == nil {
		if exe, err = filepath.EvalSymlinks(exe); err == nil {
			dir := filepath.Dir(exe)
			for _, d := range []string{dir, filepath.Join(dir, "engine")} {
				if path, ok := libraryIn(d); ok {
					return path, nil
				}
			}
			roots = append(roots, dir)
		}
	}
	if wd, err := os.Getwd(); err == nil {
		roots = append(roots, wd)
	}
	for _, r := range roots {
		if path, ok := installedLibrary(r); ok {
			return path, nil
		}
	}
	return "", fmt.Errorf("%w: run `npm ci --prefix %s` in the source, or put libchdb.so beside the steward binary, or set %s to its path",
		ErrNoLibrary, installDir, LibraryVariable)
}

// installedLibrary looks into the checkout that holds dir, if one does.
func installedLibrary(dir string) (string, bool) {
	for !isFile(filepath.Join(dir, "go.mod")) {
		up := filepath.Dir(dir)
		if up == dir {
			return "", false
		}
		dir = up
	}
	return libraryIn(filepath.Join(dir, installDir, "node_modules", "@chdb", platformPackage()))
}

// platformPackage is the npm package that holds this platform's library.
func platformPackage() string {
	arch, libc := strings.Replace(runtime.GOARCH, "amd64", "x64", 1), ""
	if runtime.GOOS == "linux" {
		libc = "-gnu"
	}
	return "lib-" + runtime.GOOS + "-" + arch + libc
}

func libraryIn(dir string) (string, bool) {
	for _, name := range libraryNames {
		if path := filepath.Join(dir, name); isFile(path) {
			return path, true
		}
	}
	return "", false
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
