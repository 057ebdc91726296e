package io.millrace.broker.log.clean;

import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;

/** Writes batches with its epoch and its next sequence, and the markers that end its transactions. */
class SimulatedProducer {

    private final MemoryLog log;
    private final long id;
    private short epoch;
    private int sequence;

    SimulatedProducer(MemoryLog log, long id) {
        this.log = log;
        this.id = id;
    }

    final long id() {
        return id;
    }

    final short epoch() {
        return epoch;
    }

    /** Of the last record, or -1 if this epoch has none. */
    final int lastSequence() {
        return sequence - 1;
    }

    final void append(Compression codec, boolean transactional, SimpleRecord... records) {
        log.append(MemoryRecords.withRecords(RecordBatch.MAGIC_VALUE_V2, log.endOffset(), codec, TimestampType.CREATE_TIME, id, epoch, sequence, 0,
                transactional, records));
        sequence += records.length;
    }

    final void beginEpoch() {
        epoch++;
        sequence = 0;
    }

    final void end(long now, boolean commit) {
        log.end(MemoryRecords.withEndTransactionMarker(log.endOffset(), now, 0, id, epoch,
                new EndTransactionMarker(commit ? ControlRecordType.COMMIT : ControlRecordType.ABORT, 0)), commit);
    }
}
