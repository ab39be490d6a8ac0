package configs

import (
	"io/fs"
	"testing"
)

func TestEveryFileIsInside(t *testing.T) {
	for name, text := range map[string]func() []byte{
		"standards": Standards, "calendar": Calendar, "escalation": Escalation, "channels": Channels, "tariffs": Tariffs, "replacement": Replacement, "reports": Reports,
		"scorecard": Scorecard, "contracts": Contracts,
	} {
		if len(text()) == 0 {
			t.Errorf("%s is empty", name)
		}
	}
	rules, err := fs.Glob(Rules(), "*.yaml")
	if err != nil || len(rules) == 0 {
		t.Errorf("rules: %v, %v", rules, err)
	}
}
