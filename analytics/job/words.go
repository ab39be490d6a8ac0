package job

import "fmt"

// Counted is a reason or warning about so many of something, of which English has two
// forms: one and many, each with a %d for how many and then with what args fill in. A
// report has the Chinese by these very forms, see phrases in analytics/report/compose.
func Counted(n int, one, many string, args ...any) string {
	if n != 1 {
		one = many
	}
	return fmt.Sprintf(one, append([]any{n}, args...)...)
}
