package dashboard

import (
	"net/http"
	"strings"

	"github.com/klauspost/compress/gzhttp"
)

// zippedTypes are worth compressing; Arrow and Parquet are dense already.
var zippedTypes = []string{
	"application/json", "application/problem+json", "application/openapi+json", "text/csv", "text/plain",
}

// minZipped is the size from which an answer is compressed, in bytes: below, it
// is one packet anyway.
const minZipped = 1 << 10

// compressed compresses what the API answers to GET, save where a secret is in
// the answer: its length beside a guess of the attacker's would tell how good
// the guess was (BREACH). Secrets are shown in answers to POST, and in that of
// the session, which has the CSRF token.
func compressed(next http.Handler) (http.Handler, error) {
	wrap, err := gzhttp.NewWrapper(
		gzhttp.MinSize(minZipped), gzhttp.ContentTypes(zippedTypes), gzhttp.EnableZstd(false), gzhttp.KeepAcceptRanges(),
	)
	if err != nil {
		return nil, err
	}
	zipped := wrap(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if (r.Method == http.MethodGet || r.Method == http.MethodHead) && !hasSecrets(r.URL.Path) {
			zipped.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	}), nil
}

func hasSecrets(path string) bool {
	return strings.HasPrefix(path, pathSession) || strings.HasPrefix(path, "/api/v1/oidc")
}
