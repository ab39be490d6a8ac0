package mqtttest

import (
	"bufio"
	"encoding/binary"
)

// readAcks takes acknowledgements until the connection breaks, in as large
// batches as come.
func (p *Publisher) readAcks(r *bufio.Reader) {
	var ids []uint16
	for {
		first, body, err := readPacket(r)
		if err != nil {
			return
		}
		if first == typePuback && len(body) == 2 {
			ids = append(ids, binary.BigEndian.Uint16(body))
		}
		if len(ids) > 0 && (r.Buffered() == 0 || len(ids) >= maxBatch) {
			p.acknowledge(ids)
			ids = ids[:0]
		}
	}
}

// acknowledge notes what the broker has acknowledged. The window moves after
// Acked was called, so that a Flush that has returned has seen all calls.
func (p *Publisher) acknowledge(ids []uint16) {
	seqs := p.mark(ids)
	if p.opts.Acked != nil {
		for _, seq := range seqs {
			p.opts.Acked(seq)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stats.Acked += uint64(len(seqs))
	for p.tail < p.next && p.slots[p.tail%uint64(len(p.slots))].acked {
		p.tail++
	}
	p.wire = max(p.wire, p.tail)
	p.room.Broadcast()
}

// mark finds the messages of the packet ids. An id of which nothing is on its
// way is not counted: some brokers acknowledge twice what was sent twice.
func (p *Publisher) mark(ids []uint16) []uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	seqs := make([]uint64, 0, len(ids))
	window := uint64(len(p.slots))
	for _, id := range ids {
		place := uint64(id) - 1
		if place >= window {
			continue
		}
		// The message in this place: the first one from tail on that falls there.
		seq := p.tail + (place+window-p.tail%window)%window
		if seq >= p.next {
			continue
		}
		if s := &p.slots[place]; s.written && !s.acked {
			s.acked = true
			seqs = append(seqs, seq)
		}
	}
	return seqs
}
