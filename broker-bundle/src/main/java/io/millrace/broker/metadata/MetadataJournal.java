package io.millrace.broker.metadata;

import java.util.List;

/**
 * Port: the one durable order of metadata records. Called by one thread at a time. On a single node it is a file; in a cluster, the log of a
 * quorum.
 */
interface MetadataJournal extends AutoCloseable {

    /** Everything that was appended, in order. Called once, before the first append. */
    List<MetadataRecord> replay();

    /**
     * Blocks until all the records are durable, in this order. If it fails, it is unknown how many of them are.
     *
     * @throws JournalFullException if there is no space for them; then none of them is, and they may be tried again
     * @throws org.apache.kafka.common.errors.KafkaStorageException if that is not possible; the journal accepts nothing after
     */
    void append(List<MetadataRecord> records);

    /** Called after an append with the image the journal makes now: the time to replace a long history by it. */
    void compact(ClusterImage image);

    @Override
    void close();
}
