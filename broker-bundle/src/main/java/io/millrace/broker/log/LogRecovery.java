package io.millrace.broker.log;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.record.internal.FileLogInputStream.FileChannelRecordBatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds a log's segments at start and brings them into order: indexes are rebuilt, a torn tail is cut. */
final class LogRecovery {

    private static final Logger LOG = LoggerFactory.getLogger(LogRecovery.class);

    private final PartitionFolder folder;
    private final int indexIntervalBytes;

    LogRecovery(PartitionFolder folder, int indexIntervalBytes) {
        this.folder = folder;
        this.indexIntervalBytes = indexIntervalBytes;
    }

    /**
     * @param clean         whether the log was closed in order: then nothing is scanned but what indexes lack
     * @param recoveryPoint everything before is on stable storage and was whole
     * @return the first offset of the segments whose aborted transactions must be found again; {@link Long#MAX_VALUE} if none
     */
    long open(Segments segments, boolean clean, long recoveryPoint) throws IOException {
        folder.removeLeftovers();
        List<Long> bases = folder.logs();
        long rebuiltFrom = Long.MAX_VALUE;
        for (int i = 0; i < bases.size(); i++) {
            Segment segment = Segment.open(folder, bases.get(i));
            segments.add(segment);
            boolean last = i == bases.size() - 1;
            boolean whole = clean || !last && bases.get(i + 1) <= recoveryPoint;
            if (whole && segment.loadIndex()) {
                assume(segment);
                continue;
            }
            rebuiltFrom = Math.min(rebuiltFrom, bases.get(i));
            if (recover(segment, clean ? Long.MAX_VALUE : recoveryPoint)) {
                dropAfter(segment, bases.subList(i + 1, bases.size()));
                break;
            }
        }
        return rebuiltFrom;
    }

    /** Takes an intact segment as it is: only what follows its last index entry is looked at. */
    private static void assume(Segment segment) {
        long end = segment.baseOffset();
        long last = -1;
        for (FileChannelRecordBatch batch : segment.batchesFrom(segment.positionBefore(Long.MAX_VALUE))) {
            end = batch.nextOffset();
            last = Math.max(last, batch.maxTimestamp());
        }
        segment.assume(end, last);
    }

    /** Rebuilds a segment's index from its batches. @return whether it was cut */
    private boolean recover(Segment segment, long trustedUntil) throws IOException {
        segment.resetIndex();
        String wrong = null;
        try {
            for (FileChannelRecordBatch batch : segment.batchesFrom(0)) {
                if (batch.baseOffset() < segment.endOffset()) {
                    wrong = "batch at byte " + batch.position() + " has offset " + batch.baseOffset() + " after " + (segment.endOffset() - 1);
                    break;
                }
                if (batch.nextOffset() > trustedUntil) {
                    batch.ensureValid();
                }
                segment.observe(batch, indexIntervalBytes);
            }
        } catch (KafkaException e) {
            wrong = "batch at byte " + segment.bytes() + " is not whole: " + e.getMessage();
        }
        int whole = segment.bytes();
        if (wrong == null && whole == segment.fileBytes()) {
            return false;
        }
        LOG.warn("{}: {}; truncated from {} to {} bytes, offsets from {} on are gone", folder.log(segment.baseOffset()),
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
    }
}
