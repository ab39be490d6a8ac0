//go:build race

package app

// raceDetector makes everything some ten times as slow.
const raceDetector = true
