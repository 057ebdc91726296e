package io.millrace.connect.source;

import java.util.List;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.connect.source.SourceRecord;

/**
 * Converted records on their way from poll to producer.
 *
 * @param bytes keys and values together
 * @param end   what may happen after the last record
 */
record OutgoingBatch(List<Outgoing> records, long bytes, End end) {

    /** @param converted null if the record was dropped on its way: its offset still counts */
    record Outgoing(SourceRecord source, ProducerRecord<byte[], byte[]> converted) {}

    enum End {
        /** The transaction goes on, unless a time limit ends it. */
        OPEN,
        /** The transaction may end here and should soon. */
        COMMIT,
        /** What the transaction has so far is thrown away, its offsets are kept. */
        ABORT
    }
}
