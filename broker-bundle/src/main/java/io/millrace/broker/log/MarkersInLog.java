package io.millrace.broker.log;

import io.millrace.broker.log.AbortedTransactions.Entry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.FetchResponseData.AbortedTransaction;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.FileLogInputStream.FileChannelRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a log says of the aborted transactions of one of its segments. It cannot tell whether one is missing in the index without reading all of the
 * segment, nor a transaction's first batch from one that follows it: a file that lost its last entries as a whole, or in which a transaction begins
 * at another of its own batches, is believed.
 */
final class MarkersInLog implements AbortedTransactions.Witness {

    private static final Logger LOG = LoggerFactory.getLogger(MarkersInLog.class);

    private final TopicPartition partition;
    private final Segments segments;
    private final Segment segment;

    MarkersInLog(TopicPartition partition, Segments segments, Segment segment) {
        this.partition = partition;
        this.segments = segments;
        this.segment = segment;
    }

    @Override
    public boolean confirms(List<Entry> entries) {
        long before = segment.baseOffset() - 1;
        for (Entry entry : entries) {
            boolean sane = entry.producerId() >= 0 && entry.firstOffset() >= 0 && entry.firstOffset() <= entry.lastOffset() && entry.lastOffset() > before
                    && entry.lastOffset() < segment.endOffset() && entry.lastStableOffset() >= 0 && entry.lastStableOffset() <= entry.lastOffset() + 1;
            if (!sane || !isInLog(entry)) {
                return false;
            }
            before = entry.lastOffset();
        }
        return true;
    }

    private boolean isInLog(Entry entry) {
        try {
            for (Segment each : segments.from(entry.firstOffset())) {
                for (FileChannelRecordBatch batch : each.batchesFrom(each.positionBefore(entry.firstOffset()))) {
                    if (batch.lastOffset() >= entry.lastOffset()) {
                        return batch.lastOffset() == entry.lastOffset() && batch.producerId() == entry.producerId() && isAbortMarker(batch);
                    }
                    if (batch.lastOffset() >= entry.firstOffset() && !allows(entry, batch)) {
                        return false;
                    }
                }
            }
        } catch (KafkaException | IllegalArgumentException damaged) {
            LOG.debug("{}: damaged near offset {}", partition, entry.firstOffset(), damaged);
        }
        return false;
    }

    /** Whether a batch between the transaction's beginning and its marker can be there. The cleaner may have taken the first one away. */
    private static boolean allows(Entry entry, FileChannelRecordBatch batch) {
        boolean own = batch.producerId() == entry.producerId();
        if (batch.baseOffset() <= entry.firstOffset()) {
            return own && batch.baseOffset() == entry.firstOffset() && batch.isTransactional() && !batch.isControlBatch();
        }
        return !own || !batch.isControlBatch();
    }

    private static boolean isAbortMarker(FileChannelRecordBatch batch) {
        if (!batch.isControlBatch()) {
            return false;
        }
        Iterator<Record> records = batch.iterator();
        return records.hasNext() && ControlRecordType.parse(records.next().key()) == ControlRecordType.ABORT;
    }

    @Override
    public List<Entry> replay() throws IOException {
        ProducerStates producers = new ProducerStates(partition);
        PartitionFolder folder = segment.folder();
        ProducerSnapshots snapshots = new ProducerSnapshots(folder);
        snapshots.found(folder.content().snapshots(), Long.MAX_VALUE);
        long from = snapshots.restore(producers, segment.baseOffset(), segments.first().baseOffset());
        List<Entry> found = new ArrayList<>();
        for (Segment each : segments.from(from)) {
            if (each.baseOffset() > segment.baseOffset()) {
                break;
            }
            try {
                for (FileChannelRecordBatch batch : each.batchesFrom(each.positionBefore(from))) {
                    AbortedTransaction aborted = batch.baseOffset() < from ? null : producers.appended(batch);
                    if (aborted != null && each == segment) {
                        found.add(new Entry(aborted.producerId(), aborted.firstOffset(), batch.lastOffset(), producers.firstUndecidedOffset(batch.lastOffset() + 1)));
                    }
                }
            } catch (RuntimeException damaged) {
                LOG.error("{} is damaged, which transactions were aborted in the rest of it is not known: {}", each.path(".log"), damaged.getMessage());
            }
        }
        return List.copyOf(found);
    }
}
