package ingest

import (
	"steward/ingest/codec"
	"steward/ingest/pseudonym"
	"steward/internal/operations"
)

// operationsSource parses a topic of operations once. There are four for a project.
func (p *processor) operationsSource(topic string) (source, error) {
	at, kind, err := operations.ParseTopic(topic)
	if err != nil {
		return source{}, err
	}
	s := source{topic: topic, kind: kind, place: at}
	if len(p.topics) < maxDevices {
		p.topics[topic] = s
	}
	return s, nil
}

// operations takes records of operations. A record that comes again needs no memory
// of duplicates: the store keeps the newest of each, and of two alike either.
func (p *processor) operations(seq uint64, src source, rec record) outcome {
	p.decoder.Operations(&p.out, codec.Records{Place: src.place, Kind: src.kind, Payload: rec.payload, Received: rec.received, Pseudonym: pseudonym.Is})
	for _, r := range p.out.Rejects {
		p.quarantine(seq, rec, r)
	}
	// A retained copy that does not say when it was so would replace what is newer.
	if rec.retained && !p.out.Dated {
		p.out.Operations = p.out.Operations[:0]
	}
	switch {
	case len(p.letters) > 0:
		return rejected
	case len(p.out.Operations) > 0:
		return stored
	}
	return duplicate
}
