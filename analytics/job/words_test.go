package job

import "testing"

func TestCounted(t *testing.T) {
	f := func(n int, want string) {
		t.Helper()
		if got := Counted(n, "%d device with more than %d events", "%d devices with more than %d events", 9); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	f(0, "0 devices with more than 9 events")
	f(1, "1 device with more than 9 events")
	f(2, "2 devices with more than 9 events")
}
