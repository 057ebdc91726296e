package io.millrace.broker.log;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.record.internal.FileLogInputStream.FileChannelRecordBatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds a log's segments at start and brings them into order: indexes are rebuilt, a torn tail is cut, a lost end is taken from the journal. */
final class LogRecovery {

    private static final Logger LOG = LoggerFactory.getLogger(LogRecovery.class);

    /**
     * What is known of a log before it is opened.
     *
     * @param clean         whether it was closed in order: then it is whole, and so is what stands beside it
     * @param recoveryPoint everything before was whole and on stable storage
     * @param startOffset   the first offset that counts
     * @param endOffset     of a log that was closed in order, or -1 if it must be looked for
     */
    record Known(boolean clean, long recoveryPoint, long startOffset, long endOffset) {

        /** Nothing exists yet. */
        static final Known NEW = new Known(true, 0, 0, -1);

        /** Batches from here on are checked one by one, and what is beside them is made anew. */
        long trustedUntil() {
            return clean ? Long.MAX_VALUE : recoveryPoint;
        }
    }

    private final PartitionFolder folder;
    private final int indexIntervalBytes;
    private final OpenSegments openSegments;
    private final LostRecords lost;

    LogRecovery(PartitionFolder folder, int indexIntervalBytes, OpenSegments openSegments, LostRecords lost) {
        this.folder = folder;
        this.indexIntervalBytes = indexIntervalBytes;
        this.openSegments = openSegments;
        this.lost = lost;
    }

    /** @param bases of the segments, in order */
    void open(Segments segments, List<Long> bases, Known known) throws IOException {
        for (int i = 0; i < bases.size(); i++) {
            long base = bases.get(i);
            long next = i == bases.size() - 1 ? Long.MAX_VALUE : bases.get(i + 1);
            if (next <= known.trustedUntil() && next != Long.MAX_VALUE) {
                Segment segment = Segment.sealed(folder, base, next, openSegments);
                segment.suspect(Integer.MAX_VALUE);
                segments.add(segment);
                continue;
            }
            Segment segment = Segment.open(folder, base, openSegments);
            segments.add(segment);
            if (known.clean() && known.endOffset() >= base) {
                segment.trust(known.endOffset());
                segment.suspect(segment.bytes());
            } else if (recover(segment, next, known)) {
                dropAfter(segment, bases.subList(i + 1, bases.size()));
                break;
            } else if (next != Long.MAX_VALUE) {
                lost.restore(segment, next, indexIntervalBytes);
            }
        }
        if (!segments.isEmpty() && segments.active().endOffset() < known.recoveryPoint()) {
            LOG.error("{} ends at offset {}, but up to {} it was on stable storage: the disk lost it, or a file was removed", folder.path(),
                    segments.active().endOffset(), known.recoveryPoint());
        }
    }

    /** Looks at what the last checkpoint does not cover. @return whether the segment was cut */
    private boolean recover(Segment segment, long nextBase, Known known) throws IOException {
        String wrong = null;
        int checkedFrom = -1;
        int from = segment.resume(known.trustedUntil());
        // No CRC covers a batch's base offset. A batch that is not right behind the one before it is believed when the next one confirms it;
        // in the last segment, which nobody compacts, there is no such batch.
        FileChannelRecordBatch unconfirmed = null;
        boolean behindGap = false;
        long expected = from == 0 ? segment.baseOffset() : -1;
        try {
            for (FileChannelRecordBatch batch : segment.batchesFrom(from)) {
                BatchSearch.checkFormat(folder.log(segment.baseOffset()).toFile(), batch);
                boolean gap = expected >= 0 && batch.baseOffset() != expected;
                if (batch.baseOffset() < Math.max(expected, segment.baseOffset()) || batch.lastOffset() < batch.baseOffset() || batch.nextOffset() > nextBase
                        || batch.lastOffset() - segment.baseOffset() > Integer.MAX_VALUE || gap && nextBase == Long.MAX_VALUE) {
                    wrong = "batch at byte " + batch.position() + " has offsets " + batch.baseOffset() + " to " + batch.lastOffset() + " after " + (expected - 1);
                    unconfirmed = behindGap ? null : unconfirmed;
                    break;
                }
                if (batch.nextOffset() > known.trustedUntil()) {
                    checkedFrom = checkedFrom < 0 ? batch.position() : checkedFrom;
                    batch.ensureValid();
                }
                if (unconfirmed != null) {
                    segment.observe(unconfirmed, indexIntervalBytes);
                }
                unconfirmed = batch;
                behindGap = gap;
                expected = batch.nextOffset();
            }
        } catch (KafkaException | IllegalArgumentException e) {
            ReadFailure.throwUnlessDamage(segment.logFile(), e);
            wrong = "a batch is not whole: " + e.getMessage();
        }
        if (unconfirmed != null) {
            segment.observe(unconfirmed, indexIntervalBytes);
        }
        int whole = segment.bytes();
        segment.suspect(checkedFrom < 0 ? whole : checkedFrom);
        if (!known.clean()) {
            segment.aborted().truncateTo(known.trustedUntil());
        }
        if (wrong == null && whole == segment.fileBytes()) {
            return false;
        }
        LOG.warn("{}: {}; truncated from {} to {} bytes; offsets from {} on are gone, unless the journal has them", folder.log(segment.baseOffset()),
                wrong == null ? "the last batch is torn" : wrong, segment.fileBytes(), whole, segment.endOffset());
        segment.truncateTo(whole);
        return true;
    }

    private void dropAfter(Segment segment, List<Long> later) throws IOException {
        for (long base : later) {
            Path file = folder.log(base);
            Path aside = file.resolveSibling(file.getFileName() + ".unreachable");
            LOG.warn("{}: set aside as {}, since {} before it was cut", file, aside.getFileName(), folder.log(segment.baseOffset()).getFileName());
            Files.move(file, aside);
            // A segment of that name may be begun again.
            for (String suffix : new String[] {".index", ".timeindex", ".txnindex"}) {
                Files.deleteIfExists(file.resolveSibling(PartitionFolder.name(base) + suffix));
            }
        }
        if (!later.isEmpty()) {
            DurableFile.syncFolder(folder.path());
        }
    }
}
