package io.millrace.connect.source;

import io.millrace.connect.source.OutgoingBatch.Outgoing;
import io.millrace.connect.store.SourceOffsets;
import io.millrace.connect.task.TaskSetup;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.Callback;
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

    private record Sent(SourceRecord source, Future<RecordMetadata> metadata) {}

    private final TaskSetup setup;
    private final Producer<byte[], byte[]> producer;
    private final Producer<byte[], byte[]> offsetsProducer;
    private final SourceTask task;
    private final BatchQueue queue;
    private final boolean transactional;
    private final boolean perMark;
    /** Whether somebody wants to know what became of each record: the task, or without transactions, this. */
    private final boolean remembers;
    private final long intervalMs;
    private final TopicCreation topics;

    private final List<Sent> sent = new ArrayList<>();
    private final ReachedOffsets offsets = new ReachedOffsets();
    private boolean open;
    private long openedNanos;
    private long records;
    private long bytes;

    /** The first failure of a record in this transaction; set by the producer's thread. */
    private final AtomicReference<Exception> refused = new AtomicReference<>();
    private final Callback sending = (_, failure) -> {
        if (failure != null) {
            refused.compareAndSet(null, failure);
        }
    };

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
        this.remembers = !transactional || hears(task);
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
            Exception first = refused.get();
            throw first == null || e instanceof ConnectException ? e
                    : new ConnectException(setup.id() + ": a record could not be written: " + first.getMessage(), first);
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
            Future<RecordMetadata> written = null;
            if (converted != null) {
                if (topics.ensure(converted.topic())) {
                    setup.topics().accept(converted.topic());
                }
                written = producer.send(converted, sending);
            }
            if (remembers) {
                sent.add(new Sent(outgoing.source(), written));
            }
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
        refused.set(null);
        // The records are gone for good, as the connector wants; without its offsets it would only read them again.
        producer.beginTransaction();
        sent.replaceAll(one -> new Sent(one.source(), null));
        commit();
    }

    private void commit() throws InterruptedException {
        long began = System.nanoTime();
        if (!transactional) {
            producer.flush();
            sent.forEach(one -> metadata(one));
        }
        List<Future<RecordMetadata>> stored = new ArrayList<>();
        offsets.forEach((partition, offset) -> stored.add(offsetsProducer.send(SourceOffsets.record(setup.id().connector(), partition, offset))));
        if (transactional) {
            // The producer may send the commit ahead of records that were handed to it a moment before; now there are none.
            producer.flush();
            producer.commitTransaction();
        } else {
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
        for (Sent one : sent) {
            try {
                task.commitRecord(one.source(), metadata(one));
            } catch (RuntimeException e) {
                LOG.warn("task {}: commitRecord failed; the record is committed all the same: {}", setup.id(), e.toString());
                break;
            }
        }
        try {
            task.commit();
        } catch (RuntimeException e) {
            LOG.warn("task {}: commit failed; the records are committed all the same: {}", setup.id(), e.toString());
        }
    }

    private RecordMetadata metadata(Sent one) {
        return one.metadata() == null ? null : metadata(one.metadata());
    }

    private RecordMetadata metadata(Future<RecordMetadata> written) {
        try {
            return written.get();
        } catch (ExecutionException e) {
            throw new ConnectException(setup.id() + ": a record could not be written: " + e.getCause().getMessage(), e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ConnectException(setup.id() + ": interrupted while writing", e);
        }
    }
}
