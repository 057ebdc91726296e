package io.millrace.broker.log;

import io.millrace.broker.log.AbortedTransactions.Entry;
import java.io.IOException;
import org.apache.kafka.common.message.FetchResponseData.AbortedTransaction;
import org.apache.kafka.common.record.internal.FileLogInputStream.FileChannelRecordBatch;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What batches tell of producers, of aborted transactions and of leader epochs: as they are appended, and once more when a start finds them in the log
 * and nowhere else. With the log's {@code appending} held.
 */
final class LogReplay {

    private static final Logger LOG = LoggerFactory.getLogger(LogReplay.class);

    private final Segments segments;
    private final ProducerStates producers;
    private final LeaderEpochs epochs;

    LogReplay(Segments segments, ProducerStates producers, LeaderEpochs epochs) {
        this.segments = segments;
        this.producers = producers;
        this.epochs = epochs;
    }

    /**
     * Loads the newest whole snapshot and replays what follows it, leader epochs included.
     *
     * @param trustedUntil from there on aborted transactions must be found again; no later snapshot will do
     */
    void restore(ProducerSnapshots snapshots, long endOffset, long trustedUntil) throws IOException {
        long from = snapshots.restore(producers, Math.min(endOffset, trustedUntil), segments.first().baseOffset());
        if (from < endOffset) {
            for (Segment segment : segments.from(from)) {
                replay(segment, from, trustedUntil);
            }
        }
    }

    private void replay(Segment segment, long from, long trustedUntil) throws IOException {
        try {
            for (FileChannelRecordBatch batch : segment.batchesFrom(segment.positionBefore(from))) {
                if (batch.baseOffset() < from) {
                    continue;
                }
                epochs.begin(batch.partitionLeaderEpoch(), batch.baseOffset());
                if (batch.hasProducerId()) {
                    note(segment, batch, batch.lastOffset() >= trustedUntil);
                }
            }
        } catch (RuntimeException damaged) {
            ReadFailure.throwUnlessDamage(segment.logFile(), damaged);
            LOG.error("{} is damaged, which producers wrote to the rest of it is not known: {}", segment.path(".log"), damaged.getMessage());
        }
    }

    /** The batch is in the segment. */
    void appended(Segment segment, RecordBatch batch) {
        if (batch.hasProducerId()) {
            note(segment, batch, true);
        }
    }

    private void note(Segment segment, RecordBatch batch, boolean index) {
        AbortedTransaction aborted = producers.appended(batch);
        if (aborted != null && index) {
            long stable = producers.firstUndecidedOffset(batch.lastOffset() + 1);
            segment.aborted().add(new Entry(aborted.producerId(), aborted.firstOffset(), batch.lastOffset(), stable));
        }
    }
}
