package io.millrace.connect.source;

import io.millrace.connect.source.OutgoingBatch.Outgoing;
import io.millrace.connect.store.SourceOffsets;
import io.millrace.connect.task.TaskSetup;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.source.SourceTask;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes batches from the queue and writes them with their offsets in one transaction. While one is being committed the task polls on, so the
 * next one takes all that has come meanwhile: as under group commit, transactions grow with the load and nothing waits for company.
 */
final class TransactionWriter {

    private static final Logger LOG = LoggerFactory.getLogger(TransactionWriter.class);
    private static final long IDLE_MS = 1_000;

    private final TaskSetup setup;
    private final Producer<byte[], byte[]> producer;
    private final Producer<byte[], byte[]> offsetsProducer;
    private final SourceTask task;
    private final BatchQueue queue;
    private final boolean transactional;
    private final boolean perMark;
    private final long intervalMs;
    private final TopicCreation topics;

    private final SentRecords sent;
    private final ReachedOffsets offsets = new ReachedOffsets();
    private boolean open;
    private long openedNanos;
    private long records;
    private long bytes;

    /** @param offsetsProducer the same as the records', or that of another cluster */
    TransactionWriter(TaskSetup setup, Producer<byte[], byte[]> producer, Producer<byte[], byte[]> offsetsProducer, SourceTask task, BatchQueue queue) {
        this.setup = setup;
        this.producer = producer;
        this.offsetsProducer = offsetsProducer;
        this.task = task;
        this.queue = queue;
        this.transactional = setup.options().exactlyOnce();
        String boundary = setup.config().transactionBoundary();
        this.perMark = boundary.equals("connector");
        this.intervalMs = boundary.equals("interval") ? setup.config().transactionIntervalMs(setup.options().flushIntervalMs()) : -1;
        this.sent = new SentRecords(setup.id(), producer, new SourceErrors(setup), transactional, hears(task));
        this.topics = new TopicCreation(setup);
    }

    /** Most tasks leave {@code commitRecord} as it is, empty; nothing is kept for them that was sent. */
    private static boolean hears(SourceTask task) {
        try {
            return task.getClass().getMethod("commitRecord", SourceRecord.class, RecordMetadata.class).getDeclaringClass() != SourceTask.class;
        } catch (ReflectiveOperationException | LinkageError e) {
            return true;
        }
    }

    /**
     * Until the queue has ended; what is left then is committed.
     *
     * @throws ConnectException naming the record's failure where it is one; the producer itself only says that it cannot go on
     */
    void run() throws InterruptedException {
        try {
            write();
        } catch (KafkaException e) {
            KafkaException first = sent.failure();
            throw first == null || e instanceof ConnectException ? e : first;
        }
    }

    private void write() throws InterruptedException {
        for (List<OutgoingBatch> batches = queue.takeAll(patience()); batches != null; batches = queue.takeAll(patience())) {
            boolean mayCommit = false;
            for (OutgoingBatch batch : batches) {
                send(batch);
                switch (batch.end()) {
                    case OPEN -> { }
                    case COMMIT -> {
                        mayCommit = true;
                        if (perMark) {
                            commit();
                        }
                    }
                    case ABORT -> abort();
                }
            }
            if (open && intervalMs < 0 && mayCommit && !perMark || open && intervalMs >= 0 && elapsedMs() >= intervalMs) {
                commit();
            }
        }
        if (open && !perMark) {
            commit();
        }
    }

    private long patience() {
        return open && intervalMs >= 0 ? Math.max(0, intervalMs - elapsedMs()) : IDLE_MS;
    }

    private long elapsedMs() {
        return (System.nanoTime() - openedNanos) / 1_000_000;
    }

    private void send(OutgoingBatch batch) throws InterruptedException {
        begin();
        for (Outgoing outgoing : batch.records()) {
            ProducerRecord<byte[], byte[]> converted = outgoing.converted();
            if (converted != null && topics.ensure(converted.topic())) {
                setup.topics().accept(converted.topic());
            }
            sent.send(outgoing.source(), converted);
            offsets.reached(outgoing.source().sourcePartition(), outgoing.source().sourceOffset());
        }
        records += batch.records().size();
        bytes += batch.bytes();
    }

    private void begin() {
        if (!open) {
            if (transactional) {
                producer.beginTransaction();
            }
            open = true;
            openedNanos = System.nanoTime();
        }
    }

    private void abort() throws InterruptedException {
        if (!transactional) {
            throw new ConnectException(setup.id() + ": the connector aborts a transaction, but exactly-once delivery is switched off on this node");
        }
        producer.abortTransaction();
        // The records are gone for good, as the connector wants; without its offsets it would only read them again.
        producer.beginTransaction();
        sent.withdraw();
        commit();
    }

    private void commit() throws InterruptedException {
        long began = System.nanoTime();
        if (transactional) {
            // The producer may send the commit ahead of records that were handed to it a moment before; after a flush there are none.
            flushed(this::sendOffsets);
            producer.commitTransaction();
        } else {
            flushed(List::of);
            List<Future<RecordMetadata>> stored = sendOffsets();
            offsetsProducer.flush();
            stored(stored);
        }
        open = false;
        setup.counters().batch(records, bytes);
        setup.counters().committed(System.currentTimeMillis(), System.nanoTime() - began);
        tellTask();
        sent.clear();
        offsets.clear();
        records = 0;
        bytes = 0;
    }

    /** Everything that was sent is written, less what Kafka refused for good. @param last what to send first, and again with the others */
    private void flushed(Supplier<List<Future<RecordMetadata>>> last) {
        KafkaException failure;
        do {
            try {
                last.get();
                producer.flush();
                failure = sent.failure();
            } catch (KafkaException spoilt) {
                failure = spoilt;
            }
            if (failure != null) {
                sent.again(failure);
            }
        } while (failure != null);
    }

    private List<Future<RecordMetadata>> sendOffsets() {
        List<Future<RecordMetadata>> stored = new ArrayList<>();
        offsets.forEach((partition, offset) -> stored.add(offsetsProducer.send(SourceOffsets.record(setup.id().connector(), partition, offset))));
        return stored;
    }

    private void stored(List<Future<RecordMetadata>> offsets) throws InterruptedException {
        for (Future<RecordMetadata> offset : offsets) {
            try {
                offset.get();
            } catch (ExecutionException e) {
                throw new ConnectException(setup.id() + ": an offset could not be written: " + e.getCause().getMessage(), e.getCause());
            }
        }
    }

    private void tellTask() throws InterruptedException {
        try {
            sent.forEach((source, written) -> task.commitRecord(source, written == null ? null : metadata(written)));
        } catch (RuntimeException e) {
            LOG.warn("task {}: commitRecord failed; the records are committed all the same: {}", setup.id(), e.toString());
        }
        try {
            task.commit();
        } catch (RuntimeException e) {
            LOG.warn("task {}: commit failed; the records are committed all the same: {}", setup.id(), e.toString());
        }
    }

    private RecordMetadata metadata(Future<RecordMetadata> written) throws InterruptedException {
        try {
            return written.get();
        } catch (ExecutionException e) {
            throw new ConnectException(setup.id() + ": a record could not be written: " + e.getCause().getMessage(), e.getCause());
        }
    }
}
