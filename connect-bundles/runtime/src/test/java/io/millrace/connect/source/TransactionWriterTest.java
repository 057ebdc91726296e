package io.millrace.connect.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.connect.config.ConnectorConfig;
import io.millrace.connect.source.OutgoingBatch.End;
import io.millrace.connect.source.OutgoingBatch.Outgoing;
import io.millrace.connect.store.SourceOffsets;
import io.millrace.connect.task.LastErrors;
import io.millrace.connect.task.TaskCounters;
import io.millrace.connect.task.TaskId;
import io.millrace.connect.task.ByteBudget;
import io.millrace.connect.task.TaskSetup;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.source.SourceTask;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which records and offsets are visible to readers of committed data, by what was queued. */
class TransactionWriterTest {

    private final FailingProducer producer = new FailingProducer();
    private final BatchQueue queue = new BatchQueue(1_000, new ByteBudget(Long.MAX_VALUE));
    private final TaskCounters counters = new TaskCounters();
    private final Told task = new Told();

    @BeforeEach
    void initialise() {
        producer.initTransactions();
    }

    private TransactionWriter writer(String boundary) {
        return writer(boundary, "none", true);
    }

    private TransactionWriter writer(String boundary, String tolerance, boolean transactional) {
        Map<String, String> values = new HashMap<>(Map.of("name", "c", "connector.class", "x", "transaction.boundary", boundary, "errors.tolerance", tolerance));
        ConnectorConfig config = new ConnectorConfig(values, false);
        TaskSetup setup = new TaskSetup(new TaskId("c", 0), config, Map.of(), null, getClass().getClassLoader(), null, null, null, null, counters,
                _ -> { }, _ -> { }, new TaskSetup.TaskOptions(transactional, boundary.equals("connector"), 1_000, new ByteBudget(Long.MAX_VALUE)));
        return new TransactionWriter(setup, producer, producer, task, queue);
    }

    private void queue(End end, String... values) throws InterruptedException {
        List<Outgoing> records = new ArrayList<>();
        for (String value : values) {
            SourceRecord source = new SourceRecord(Map.of("file", "f"), Map.of("at", value), "t", null, null, value);
            ProducerRecord<byte[], byte[]> converted = value.startsWith("dropped") ? null
                    : new ProducerRecord<>("t", value.getBytes(StandardCharsets.UTF_8));
            records.add(new Outgoing(source, converted));
        }
        queue.put(new OutgoingBatch(records, values.length, end));
    }

    private List<String> committed() {
        return producer.history().stream().map(record -> record.topic().equals(SourceOffsets.TOPIC)
                ? "offset " + new String(record.value(), StandardCharsets.UTF_8) : new String(record.value(), StandardCharsets.UTF_8)).toList();
    }

    @Test
    void whatIsQueuedCommitsTogetherWithItsLastOffset() throws Exception {
        queue(End.COMMIT, "a", "b");
        queue(End.COMMIT, "c");
        queue.end();
        writer("poll").run();
        assertThat(committed()).containsExactly("a", "b", "c", "offset {\"at\":\"c\"}");
        assertThat(producer.commitCount()).isEqualTo(1);
        assertThat(task.told).containsExactly("a", "b", "c", "commit");
        assertThat(counters.snapshot().records()).isEqualTo(3);
    }

    @Test
    void aDroppedRecordStillMovesTheOffset() throws Exception {
        queue(End.COMMIT, "a", "dropped1");
        queue.end();
        writer("poll").run();
        assertThat(committed()).containsExactly("a", "offset {\"at\":\"dropped1\"}");
        assertThat(task.withoutMetadata).containsExactly("dropped1");
    }

    @Test
    void aConnectorsMarksCutTransactionsAndAnUnfinishedOneIsNotCommitted() throws Exception {
        queue(End.OPEN, "a");
        queue(End.COMMIT, "b");
        queue(End.OPEN, "c");
        queue.end();
        writer("connector").run();
        assertThat(committed()).containsExactly("a", "b", "offset {\"at\":\"b\"}");
        assertThat(producer.commitCount()).isEqualTo(1);
    }

    @Test
    void anAbortedTransactionKeepsItsOffsetsOnly() throws Exception {
        queue(End.OPEN, "a");
        queue(End.ABORT, "b");
        queue(End.COMMIT, "c");
        queue.end();
        writer("connector").run();
        assertThat(committed()).containsExactly("offset {\"at\":\"b\"}", "c", "offset {\"at\":\"c\"}");
    }

    @Test
    void anIntervalsTransactionIsCommittedAtTheEnd() throws Exception {
        queue(End.COMMIT, "a");
        queue.end();
        writer("interval").run();
        assertThat(committed()).containsExactly("a", "offset {\"at\":\"a\"}");
    }

    @Test
    void aFailedCommitTellsTheTaskNothing() throws Exception {
        queue(End.COMMIT, "a");
        queue.end();
        producer.commitTransactionException = new org.apache.kafka.common.errors.TimeoutException("broker away");
        assertThatThrownBy(() -> writer("poll").run()).hasMessageContaining("broker away");
        assertThat(task.told).isEmpty();
        assertThat(committed()).isEmpty();
    }

    @Test
    void aRecordThatCannotBeWrittenIsNamedAndNotWhatTheProducerSaysAfterwards() throws Exception {
        queue(End.COMMIT, "a");
        queue.end();
        producer.recordFailure = new RecordTooLargeException("1089 bytes are larger than max.request.size");
        producer.commitTransactionException = new KafkaException("Cannot execute transactional method because we are in an error state");
        assertThatThrownBy(() -> writer("poll").run()).hasMessage("c-0: a record could not be written: 1089 bytes are larger than max.request.size");
        assertThat(committed()).isEmpty();
    }

    @Test
    void whatKafkaRefusesIsLeftOutWhereErrorsAreToleratedAndTheOthersCommitTogether() throws Exception {
        queue(End.COMMIT, "a", "large 1", "b", "large 2", "c", "large 3");
        queue(End.COMMIT, "d");
        queue.end();
        writer("poll", "all", true).run();
        assertThat(committed()).containsExactly("a", "b", "c", "d", "offset {\"at\":\"d\"}");
        assertThat(task.told).containsExactly("a", "large 1", "b", "large 2", "c", "large 3", "d", "commit");
        assertThat(task.withoutMetadata).containsExactly("large 1", "large 2", "large 3");
        assertThat(counters.snapshot().skipped()).isEqualTo(3);
        LastErrors.Entry last = counters.lastErrors().all().getLast();
        assertThat(last.stage()).isEqualTo("KAFKA_PRODUCE");
        assertThat(last.record()).containsEntry("source_offset", "{at=large 3}");
        assertThat(last.fate()).isEqualTo(LastErrors.Fate.SKIPPED);
    }

    @Test
    void withoutTransactionsOnlyWhatFailedForARefusedRecordIsSentAgain() throws Exception {
        queue(End.COMMIT, "a", "beside large", "large", "b");
        queue.end();
        writer("poll", "all", false).run();
        assertThat(committed()).containsExactly("a", "b", "beside large", "offset {\"at\":\"b\"}");
        assertThat(task.withoutMetadata).containsExactly("large");
    }

    @Test
    void whatIsNotARecordsFaultIsNotTolerated() throws Exception {
        queue(End.COMMIT, "a");
        queue.end();
        producer.recordFailure = new org.apache.kafka.common.errors.TimeoutException("no answer");
        assertThatThrownBy(() -> writer("poll", "all", true).run()).hasMessage("c-0: a record could not be written: no answer");
        assertThat(committed()).isEmpty();
        assertThat(counters.snapshot().skipped()).isZero();
    }

    /** Tells of a failure if there is to be one, as the real one does: to who sent the record, and when it is asked to go on. */
    private static final class FailingProducer extends MockProducer<byte[], byte[]> {

        private final Set<String> failedBeside = new HashSet<>();
        private RuntimeException recordFailure;
        private boolean spoilt;

        FailingProducer() {
            super(true, null, new ByteArraySerializer(), new ByteArraySerializer());
        }

        @Override
        public synchronized Future<RecordMetadata> send(ProducerRecord<byte[], byte[]> record, Callback callback) {
            if (spoilt) {
                throw new KafkaException("Cannot execute transactional method because we are in an error state");
            }
            RuntimeException failure = recordFailure == null ? refusal(new String(record.value(), StandardCharsets.UTF_8)) : recordFailure;
            if (failure == null) {
                return super.send(record, callback);
            }
            spoilt = transactionInFlight();
            if (callback != null) {
                callback.onCompletion(null, failure);
            }
            return CompletableFuture.failedFuture(failure);
        }

        private RuntimeException refusal(String value) {
            // The second time it is in another batch.
            return value.startsWith("large") ? new RecordTooLargeException(value)
                    : value.startsWith("beside") && failedBeside.add(value) ? new KafkaException("part of a batch which had one more more invalid records") : null;
        }

        @Override
        public synchronized void abortTransaction() {
            spoilt = false;
            super.abortTransaction();
        }
    }

    private static final class Told extends SourceTask {

        private final List<String> told = new ArrayList<>();
        private final List<String> withoutMetadata = new ArrayList<>();

        @Override
        public void commitRecord(SourceRecord record, RecordMetadata metadata) {
            told.add(record.value().toString());
            if (metadata == null) {
                withoutMetadata.add(record.value().toString());
            }
        }

        @Override
        public void commit() {
            told.add("commit");
        }

        @Override
        public String version() {
            return "1";
        }

        @Override
        public void start(Map<String, String> settings) {
            throw new UnsupportedOperationException();
        }

        @Override
        public List<SourceRecord> poll() {
            throw new UnsupportedOperationException();
        }

        @Override
        public void stop() {
            throw new UnsupportedOperationException();
        }
    }
}
