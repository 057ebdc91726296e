package io.millrace.broker.log;

import io.millrace.broker.log.journal.JournalContent;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives a log back what was acknowledged and is not in its own files: the journal's batches behind the end of its last segment, and of one before that,
 * since the power may take the end of a segment and leave what was written to the next one. For one start.
 */
final class LostRecords {

    private static final Logger LOG = LoggerFactory.getLogger(LostRecords.class);

    /** Where a batch goes that is behind the end. */
    private interface Target {
        long endOffset();

        void append(MemoryRecords records, MutableRecordBatch batch) throws IOException;
    }

    private final Path folder;
    private final List<JournalContent.Stretch> journaled;

    /** @param journaled in the order of writing */
    LostRecords(Path folder, List<JournalContent.Stretch> journaled) {
        this.folder = folder;
        this.journaled = journaled;
    }

    /** Between a segment's end and the next segment. Blocks. */
    void restore(Segment segment, long next, int indexIntervalBytes) throws IOException {
        restore(next, new Target() {
            @Override
            public long endOffset() {
                return segment.endOffset();
            }

            @Override
            public void append(MemoryRecords records, MutableRecordBatch batch) throws IOException {
                segment.append(records, batch.nextOffset(), indexIntervalBytes);
            }
        });
    }

    /** Behind the log's end. Blocks. @return whether there was any */
    boolean restore(LogTail tail, LogLimits limits, long now) throws IOException {
        return restore(Long.MAX_VALUE, new Target() {
            @Override
            public long endOffset() {
                return tail.endOffset();
            }

            @Override
            public void append(MemoryRecords records, MutableRecordBatch batch) throws IOException {
                if (batch.baseOffset() > tail.endOffset()) {
                    LOG.error("{}: offsets {} to {} were on stable storage, and are neither in the log nor in the journal: the disk lost them, or a file"
                            + " was removed", folder, tail.endOffset(), batch.baseOffset() - 1);
                    tail.skipTo(batch.baseOffset());
                }
                tail.write(records, batch.nextOffset(), batch.maxTimestamp(), batch.partitionLeaderEpoch(), limits, now);
            }
        });
    }

    private boolean restore(long until, Target target) throws IOException {
        long before = target.endOffset();
        for (JournalContent.Stretch stretch : journaled) {
            if (stretch.endOffset() > target.endOffset() && stretch.baseOffset() < until) {
                restore(stretch, until, target);
            }
        }
        boolean any = target.endOffset() > before;
        if (any) {
            LOG.warn("{}: offsets {} to {} were in the journal only, and are in the log again", folder, before, target.endOffset() - 1);
        }
        return any;
    }

    /** A batch that was damaged before it was journaled, when it was read from the log's own file, is not given back, nor what is behind it in its stretch. */
    private void restore(JournalContent.Stretch stretch, long until, Target target) throws IOException {
        try {
            for (MutableRecordBatch batch : MemoryRecords.readableRecords(stretch.read()).batches()) {
                if (batch.baseOffset() >= target.endOffset() && batch.nextOffset() <= until) {
                    batch.ensureValid();
                    ByteBuffer bytes = ByteBuffer.allocate(batch.sizeInBytes());
                    batch.writeTo(bytes);
                    target.append(MemoryRecords.readableRecords(bytes.flip()), batch);
                }
            }
        } catch (CorruptRecordException damaged) {
            LOG.error("{}: offsets {} to {} are not in the log, and damaged in {} at byte {}: {}", folder, target.endOffset(), stretch.endOffset() - 1,
                    stretch.file(), stretch.position(), damaged.getMessage());
        }
    }
}
