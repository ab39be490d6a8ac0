//go:build !linux

package main

import (
	"errors"
	"os"
	"os/exec"
)

var errNotLinux = errors.New("the benchmark reads /proc: run it on Linux")

func tie(*exec.Cmd) {}

func usageOf(int) (moment, error) { return moment{}, errNotLinux }

func peakOf(*os.ProcessState) (uint64, error) { return 0, errNotLinux }

func childOf(int, string) (int, error) { return 0, errNotLinux }
