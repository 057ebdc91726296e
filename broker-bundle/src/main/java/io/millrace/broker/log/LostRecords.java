package io.millrace.broker.log;

import io.millrace.broker.log.journal.JournalContent;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Gives a log back what was acknowledged and is not in its own files: the journal's batches behind its end. For one start. */
final class LostRecords {

    private static final Logger LOG = LoggerFactory.getLogger(LostRecords.class);

    private final Path folder;
    private final LogTail tail;
    private final LogLimits limits;
    private final long now;

    LostRecords(Path folder, LogTail tail, LogLimits limits, long now) {
        this.folder = folder;
        this.tail = tail;
        this.limits = limits;
        this.now = now;
    }

    /** Blocks. @param journaled in the order of writing @return whether there was any */
    boolean restore(List<JournalContent.Stretch> journaled) throws IOException {
        long before = tail.endOffset();
        for (JournalContent.Stretch stretch : journaled) {
            if (stretch.endOffset() > tail.endOffset()) {
                for (MutableRecordBatch batch : MemoryRecords.readableRecords(stretch.read()).batches()) {
                    if (batch.baseOffset() >= tail.endOffset()) {
                        restore(batch);
                    }
                }
            }
        }
        boolean any = tail.endOffset() > before;
        if (any) {
            LOG.warn("{}: offsets {} to {} were in the journal only, and are in the log again", folder, before, tail.endOffset() - 1);
        }
        return any;
    }

    private void restore(MutableRecordBatch batch) throws IOException {
        batch.ensureValid();
        if (batch.baseOffset() > tail.endOffset()) {
            LOG.error("{}: offsets {} to {} were on stable storage, and are neither in the log nor in the journal: the disk lost them, or a file was removed",
                    folder, tail.endOffset(), batch.baseOffset() - 1);
            tail.skipTo(batch.baseOffset());
        }
        ByteBuffer bytes = ByteBuffer.allocate(batch.sizeInBytes());
        batch.writeTo(bytes);
        tail.write(MemoryRecords.readableRecords(bytes.flip()), batch.nextOffset(), batch.maxTimestamp(), batch.partitionLeaderEpoch(), limits, now);
    }
}
