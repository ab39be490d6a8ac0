package clickhouse

import "strings"

// splitStatements cuts a script at the semicolons that are not inside a
// comment, a string or a quoted name. Comments stay with the statement that
// follows them; a part that is nothing but comments and space is left out.
func splitStatements(script string) []string {
	var parts []string
	start, solid := 0, false // solid: the part has more than comments and space
	for i := 0; i < len(script); {
		switch n := tokenLen(script[i:]); {
		case script[i] == ';':
			if solid {
				parts = append(parts, strings.TrimSpace(script[start:i]))
			}
			i++
			start, solid = i, false
		case n > 0:
			solid = solid || script[i] != '-' && script[i] != '/'
			i += n
		default:
			solid = solid || !isSpace(script[i])
			i++
		}
	}
	if solid {
		parts = append(parts, strings.TrimSpace(script[start:]))
	}
	return parts
}

// tokenLen is the length of the comment or the quoted text with which s begins,
// 0 when it begins with neither. What is not closed goes to the end.
func tokenLen(s string) int {
	switch {
	case strings.HasPrefix(s, "--"):
		return through(s, "\n")
	case strings.HasPrefix(s, "/*"):
		return through(s, "*/")
	case s[0] == '\'', s[0] == '"', s[0] == '`':
		for i := 1; i < len(s); i++ {
			switch s[i] {
			case '\\':
				i++
			case s[0]: // a doubled quote looks like two texts side by side, which is as good
				return i + 1
			}
		}
		return len(s)
	}
	return 0
}

func through(s, end string) int {
	if i := strings.Index(s, end); i >= 0 {
		return i + len(end)
	}
	return len(s)
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }
