package api

import (
	"net/http"
	"strconv"
	"strings"
)

// Conditional is a request for an object that may be known already.
type Conditional struct {
	IfNoneMatch string `header:"If-None-Match" maxLength:"200" doc:"The ETag that is known: 304 when the object is still the same."`
}

// Guarded is a change of an object as it was read.
type Guarded struct {
	IfMatch string `header:"If-Match" maxLength:"200" doc:"The ETag of the object as it was read. The change is refused when somebody else was faster." example:"\"7\""`
}

// objectOut is an object with its version.
type objectOut[T any] struct {
	Status   int
	ETag     string `header:"ETag" doc:"The version, for If-Match and If-None-Match."`
	Location string `header:"Location" doc:"Where a new object is."`
	Body     T
}

func etag(version int64) string { return `"` + strconv.FormatInt(version, 10) + `"` }

// object answers with an object, or says that the caller has it.
func object[T any](o T, version int64, known Conditional) *objectOut[T] {
	out := &objectOut[T]{Status: http.StatusOK, ETag: etag(version), Body: o}
	for tag := range strings.SplitSeq(known.IfNoneMatch, ",") {
		if tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/"); tag == "*" || tag == out.ETag {
			out.Status = http.StatusNotModified
		}
	}
	return out
}

// created answers with a new object and where it is from now on.
func created[T any](o T, version int64, segments ...string) *objectOut[T] {
	return &objectOut[T]{Status: http.StatusCreated, ETag: etag(version), Location: Prefix + "/" + strings.Join(segments, "/"), Body: o}
}

// version is the version that the caller read. A proxy that compresses may have
// made the tag a weak one: versions are equal when their objects are.
func (g Guarded) version() (int64, error) {
	if g.IfMatch == "" {
		return 0, problem(http.StatusPreconditionRequired, CodeNeedsIfMatch,
			"send the ETag of the object as you read it as If-Match, so that nobody's change is overwritten")
	}
	tag, quoted := strings.CutPrefix(strings.TrimPrefix(g.IfMatch, "W/"), `"`)
	tag, closed := strings.CutSuffix(tag, `"`)
	version, err := strconv.ParseInt(tag, 10, 64)
	if err != nil || !quoted || !closed || version < 1 {
		return 0, invalid("If-Match", g.IfMatch, `is not an ETag of this object, such as "7"`)
	}
	return version, nil
}
