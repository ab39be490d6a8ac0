package notify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"steward/internal/incident"
)

// deliver sends the batch as one message and notes the outcome for each notice.
func (w *Worker) deliver(ctx context.Context, o *outcome) {
	l := o.lane
	items := w.items(ctx, o)
	if len(items) == 0 {
		return // the outbox gives them again
	}
	began := w.opts.Now()
	m, err := w.render.render(items, items[0].Notice.Lang, began)
	if err != nil {
		err = refused("%v", err)
	} else {
		err = w.send(ctx, l, m)
	}
	took := w.opts.Now().Sub(began)
	if err != nil && ctx.Err() != nil {
		return // cut off by the end of the process: nobody knows the outcome
	}
	w.metrics.seconds.WithLabelValues(l.kind).Observe(took.Seconds())
	if err != nil {
		w.log.channel(l.name, err)
	} else if len(items) > 1 {
		w.metrics.digested.Add(float64(len(items)))
	}
	finishing, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishTimeout)
	defer cancel()
	for i := range items {
		w.finish(finishing, o, &items[i].Notice, err, began, took)
	}
	var later *LaterError
	if errors.As(err, &later) {
		o.alone = later.After
	}
}

// send gives the message to the channel. A channel that panics has failed, and
// ends nothing else.
func (w *Worker) send(ctx context.Context, l *lane, m Message) (err error) {
	ctx, cancel := context.WithTimeout(ctx, l.timeout)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			err = refused("the channel panicked: %v", p)
		}
	}()
	return l.Send(ctx, m)
}

// pass gives a notice about life safety to its next channel, since this one has
// no room in its rate for too long.
func (w *Worker) pass(ctx context.Context, o *outcome, wait time.Duration) {
	err := &LaterError{After: max(wait, urgentPatience+1), Err: fmt.Errorf("no room in the channel's rate for %v", wait.Round(time.Second))}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishTimeout)
	defer cancel()
	w.finish(ctx, o, &o.batch[0].notice, err, w.opts.Now(), 0)
}

// items adds to each notice its incident as it is now. What cannot be read is
// left out, and comes again when its lease ends.
func (w *Worker) items(ctx context.Context, o *outcome) []Item {
	ctx, cancel := context.WithTimeout(ctx, finishTimeout)
	defer cancel()
	known := map[string]incident.Incident{}
	items := make([]Item, 0, len(o.batch))
	for _, h := range o.batch {
		inc, ok := known[h.notice.Incident]
		if !ok {
			var err error
			inc, err = w.opts.Outbox.Incident(ctx, h.notice.Incident)
			if errors.Is(err, incident.ErrNotFound) {
				w.finish(ctx, o, &h.notice, refused("incident %s is gone", h.notice.Incident), w.opts.Now(), 0)
				continue
			}
			if err != nil {
				w.log.outbox(fmt.Errorf("incident of notice %s: %w", h.notice.Key, err))
				continue
			}
			known[h.notice.Incident] = inc
		}
		items = append(items, Item{h.notice, inc})
	}
	return items
}

// finish notes an attempt. It tries until ctx ends: what was sent and cannot be
// noted is sent again.
func (w *Worker) finish(ctx context.Context, o *outcome, n *incident.Notice, failure error, began time.Time, took time.Duration) {
	a := incident.Attempt{Notice: n.Key, At: began, Channel: channelName(n), OK: failure == nil, Took: took.Seconds()}
	if failure != nil {
		a.Error = cut(oneLine(failure.Error()), maxErrorText)
		w.metrics.failed.WithLabelValues(o.lane.kind).Inc()
	} else {
		w.metrics.sent.WithLabelValues(o.lane.kind).Inc()
	}
	next := advance(*n, failure, w.opts.Now())
	switch next.State {
	case incident.NoticeFailed:
		w.metrics.gaveUp.Inc()
		w.log.gaveUp(n.Key, failure)
	case incident.NoticeWaiting:
		if o.again.IsZero() || next.NextAt.Before(o.again) {
			o.again = next.NextAt
		}
	}
	for pause := 100 * time.Millisecond; ; pause *= 2 {
		err := w.opts.Outbox.Finish(ctx, n.Key, a, next)
		if err == nil {
			return
		}
		w.log.outbox(err)
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

func channelName(n *incident.Notice) string {
	if n.Channel >= 0 && n.Channel < len(n.Channels) {
		return n.Channels[n.Channel]
	}
	return ""
}
