// Package spool is the durable log behind an acknowledgement: whoever has put a
// record in and seen Durable pass its number may promise that it is kept.
//
// [Open] gives the one [Spool] of a directory. [Spool.Append] queues a record
// and returns its sequence number at once; a committer writes what has gathered
// and syncs it, many records at a time, and then moves [Spool.Durable] past
// them. [Spool.WaitDurable] and [Spool.AwaitDurable] wait for that. A [Reader]
// walks the durable records in order; a [Cursor] is a reader's progress under a
// name, kept over restarts, and decides what may be deleted.
//
// Promises:
//   - A record below Durable is read back as it was appended, in order, after
//     any death of the process or of the machine, until every cursor has
//     released it. A damaged record is never returned as if it were whole: the
//     reader is told which numbers are gone and continues behind them.
//   - Sequence numbers start at 0 and are never given to two durable records,
//     so the next one counts the records ever taken in.
//   - Memory and disk are bounded. What does not fit is refused with [ErrFull],
//     and nothing that was promised is dropped to make room.
//   - A full disk is waited out. A sync that fails is final, because the kernel
//     may have dropped the pages: the spool then refuses everything.
//
// Records are opaque bytes. A directory holds segment files named by their
// first sequence number, the spool's identity, a lock, and a file a cursor:
//
//	segment = header | frame ...
//	header  = magic "stewspl" + version u8 | spool id 8 bytes | first seq u64 | crc32c u32 | 0 u32
//	frame   = crc32c u32 | length u32 | seq u64 | record
//
// Integers are little endian. A frame's checksum covers everything behind it
// and starts from the spool's id, so that neither a leftover of another spool
// nor a record that contains a frame is taken for a frame of this one.
package spool
