package io.millrace.connect.source;

import io.millrace.connect.pipeline.Stage;
import io.millrace.connect.pipeline.StageFailure;
import io.millrace.connect.task.TaskId;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.InvalidTimestampException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.RecordBatchTooLargeException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.source.SourceRecord;

/**
 * What has been sent since the last commit. One record that Kafka does not take spoils the transaction of all; where errors are tolerated, the others are
 * sent again in another. For the writer's thread.
 */
final class SentRecords {

    /** @param written null if there was nothing to be written, or it was left out */
    private record Sent(SourceRecord source, ProducerRecord<byte[], byte[]> converted, Future<RecordMetadata> written) {

        boolean failed() {
            return written != null && written.state() == Future.State.FAILED;
        }

        /** Whether it is the record's own fault, and not that of the broker, the network or another record. */
        boolean isRefused() {
            return failed() && switch (written.exceptionNow()) {
                case RecordTooLargeException _, RecordBatchTooLargeException _, InvalidRecordException _, InvalidTimestampException _, InvalidTopicException _ -> true;
                default -> false;
            };
        }
    }

    interface Use {
        void of(SourceRecord source, Future<RecordMetadata> written) throws InterruptedException;
    }

    private final TaskId task;
    private final Producer<byte[], byte[]> producer;
    private final SourceErrors errors;
    private final boolean transactional;
    private final boolean remembers;
    private final List<Sent> sent = new ArrayList<>();

    /** @param converted null if nobody will ask which record it was */
    private record Failure(ProducerRecord<byte[], byte[]> converted, Exception reason) {}

    /** The first failure of a record since the last commit; set by the producer's thread. */
    private final AtomicReference<Failure> first = new AtomicReference<>();
    private final Callback sending = told(null);

    /** @param heard whether the task wants to know what became of each record; if not, and nothing else needs it, nothing is kept of what was sent */
    SentRecords(TaskId task, Producer<byte[], byte[]> producer, SourceErrors errors, boolean transactional, boolean heard) {
        this.task = task;
        this.producer = producer;
        this.errors = errors;
        this.transactional = transactional;
        this.remembers = heard || !transactional || errors.areTolerated();
    }

    /** @param converted null if there is nothing to be written */
    void send(SourceRecord source, ProducerRecord<byte[], byte[]> converted) {
        Future<RecordMetadata> written = null;
        while (converted != null && written == null) {
            try {
                written = sent(converted);
            } catch (KafkaException spoilt) {
                again(spoilt);
            }
        }
        if (remembers) {
            sent.add(new Sent(source, errors.areTolerated() ? converted : null, written));
        }
    }

    private Future<RecordMetadata> sent(ProducerRecord<byte[], byte[]> converted) {
        return producer.send(converted, transactional && errors.areTolerated() ? told(converted) : sending);
    }

    private Callback told(ProducerRecord<byte[], byte[]> converted) {
        return (_, failure) -> {
            if (failure != null) {
                first.compareAndSet(null, new Failure(converted, failure));
            }
        };
    }

    /** The failure of a record, which the producer itself only names to whom it sends it. Null if there is none yet. */
    KafkaException failure() {
        Failure failed = first.get();
        return failed == null ? null : new ConnectException(task + ": a record could not be written: " + failed.reason.getMessage(), failed.reason);
    }

    /**
     * Begins anew without those that Kafka refused.
     *
     * @throws KafkaException the failure, if errors are not tolerated or it is not of records
     */
    void again(KafkaException failure) {
        KafkaException reason = failure;
        do {
            KafkaException named = failure();
            reason = named == null ? reason : named;
            if (!errors.areTolerated() || reason instanceof InterruptException) {
                throw reason;
            }
            if (transactional) {
                // Afterwards it is known of each record what became of it.
                producer.abortTransaction();
                producer.beginTransaction();
            }
            if (!leaveOut(first.getAndSet(null))) {
                throw reason;
            }
            reason = resendAll();
        } while (reason != null);
    }

    /** @return what came in between, or null */
    private KafkaException resendAll() {
        try {
            sent.replaceAll(this::resent);
            return null;
        } catch (KafkaException spoilt) {
            return spoilt;
        }
    }

    /**
     * In a transaction that is spoilt the producer fails records that it has not sent yet with the same reason as the one that spoilt it. So only that one is
     * left out; if there are others like it, they spoil the next transaction.
     */
    private boolean leaveOut(Failure failure) {
        boolean any = false;
        for (int i = 0; i < sent.size(); i++) {
            Sent one = sent.get(i);
            if (one.isRefused() && (!transactional || failure != null && one.converted() == failure.converted)) {
                any = true;
                errors.handle(one.source(), new StageFailure(Stage.KAFKA_PRODUCE, KafkaProducer.class.getName(), one.written().exceptionNow()));
                sent.set(i, new Sent(one.source(), null, null));
            }
        }
        return any;
    }

    private Sent resent(Sent one) {
        return one.written() == null || !transactional && !one.failed() ? one : new Sent(one.source(), one.converted(), sent(one.converted()));
    }

    /** None of them is going to be there. */
    void withdraw() {
        sent.replaceAll(one -> new Sent(one.source(), null, null));
        first.set(null);
    }

    /** In the order in which they were sent; nothing if nothing is kept. */
    void forEach(Use use) throws InterruptedException {
        for (Sent one : sent) {
            use.of(one.source(), one.written());
        }
    }

    void clear() {
        sent.clear();
    }
}
