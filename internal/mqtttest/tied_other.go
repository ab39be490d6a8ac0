//go:build !linux

package mqtttest

import "os/exec"

func startTied(cmd *exec.Cmd) error { return cmd.Start() }
