package io.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.broker.log.PartitionLog;
import io.millrace.broker.log.PartitionLog.Origin;
import io.millrace.broker.log.Verification;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.AbortTransactionSpec;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.ProducerState;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.TransactionalIdNotFoundException;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of transactions over restarts and with time, as stock clients and administrators see it. */
@Timeout(60)
class TransactionsTest {

    private static final TopicPartition OUT = new TopicPartition("out", 0);

    @TempDir
    private Path folder;
    private CoordinatedBroker broker;

    private void start(String... settings) throws Exception {
        Map<String, String> given = new HashMap<>();
        for (int i = 0; i < settings.length; i += 2) {
            given.put(settings[i], settings[i + 1]);
        }
        broker = new CoordinatedBroker(folder, 0, given);
    }

    @AfterEach
    void stop() throws Exception {
        broker.close();
    }

    private KafkaProducer<String, String> producer(String id, String... settings) {
        Map<String, Object> all = broker.client(settings);
        all.put("transactional.id", id);
        return new KafkaProducer<>(all, new StringSerializer(), new StringSerializer());
    }

    private void createOut() throws Exception {
        try (Admin admin = Admin.create(broker.client())) {
            admin.createTopics(List.of(new NewTopic("out", 1, (short) 1))).all().get();
        }
    }

    private void commit(String id, String value) throws Exception {
        try (KafkaProducer<String, String> producer = producer(id)) {
            producer.initTransactions();
            producer.beginTransaction();
            producer.send(new ProducerRecord<>("out", value)).get();
            producer.commitTransaction();
        }
    }

    private List<String> committed(int count) {
        Map<String, Object> settings = broker.client("isolation.level", "read_committed", "auto.offset.reset", "earliest");
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            consumer.assign(List.of(OUT));
            List<String> values = new ArrayList<>();
            long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
            while (values.size() < count && System.nanoTime() < deadline) {
                consumer.poll(Duration.ofMillis(100)).forEach(record -> values.add(record.value()));
            }
            return values;
        }
    }

    private static void await(Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (!condition.call()) {
            assertThat(System.nanoTime()).as("waited 20 s").isLessThan(deadline);
            Thread.onSpinWait();
        }
    }

    @Test
    void aRestartIsANewLeadershipOfThePartitionAndOfItsTransactionsCoordinator() throws Exception {
        start();
        createOut();
        commit("one", "before");
        stop();
        start();
        commit("one", "after");
        try (Admin admin = Admin.create(broker.client())) {
            assertThat(admin.listOffsets(Map.of(OUT, OffsetSpec.latest())).partitionResult(OUT).get().leaderEpoch()).contains(1);
            assertThat(admin.listOffsets(Map.of(OUT, OffsetSpec.earliest())).partitionResult(OUT).get().leaderEpoch()).contains(0);
            assertThat(admin.describeProducers(List.of(OUT)).partitionResult(OUT).get().activeProducers()).singleElement()
                    .extracting(producer -> producer.coordinatorEpoch().orElse(-1)).isEqualTo(1);
        }
        List<Integer> epochs = new ArrayList<>();
        PartitionLog log = broker.metadata.log(OUT).orElseThrow();
        for (long offset = 0; offset < log.endOffset(); ) {
            for (RecordBatch batch : log.read(offset, 1 << 20, log.endOffset(), true).batches()) {
                epochs.add(batch.partitionLeaderEpoch());
                offset = batch.nextOffset();
            }
        }
        assertThat(epochs).as("of batch, marker, batch, marker").containsExactly(0, 0, 1, 1);
        assertThat(committed(2)).containsExactly("before", "after");
    }

    @Test
    void anIdleTransactionalIdIsForgottenAndItsProducerGoesOnUnderANewOne() throws Exception {
        start("transactional.id.expiration.ms", "300", "transaction.remove.expired.transaction.cleanup.interval.ms", "50");
        createOut();
        try (Admin admin = Admin.create(broker.client()); KafkaProducer<String, String> producer = producer("idle", "transaction.timeout.ms", "20000")) {
            producer.initTransactions();
            producer.beginTransaction();
            producer.send(new ProducerRecord<>("out", "one")).get();
            producer.commitTransaction();
            await(() -> isForgotten(admin, "idle"));
            assertThatThrownBy(() -> {
                producer.beginTransaction();
                producer.send(new ProducerRecord<>("out", "lost")).get();
            }).isInstanceOfAny(KafkaException.class, ExecutionException.class);
            try (KafkaProducer<String, String> next = producer("idle")) {
                next.initTransactions();
                next.beginTransaction();
                next.send(new ProducerRecord<>("out", "two")).get();
                // However long it is open, it is not idle.
                await(() -> !isForgotten(admin, "idle") && System.currentTimeMillis() - state(admin, "idle").transactionStartTimeMs().orElse(0) > 500);
                next.commitTransaction();
            }
            await(() -> isForgotten(admin, "idle"));
        }
        stop();
        start();
        try (Admin admin = Admin.create(broker.client())) {
            assertThat(isForgotten(admin, "idle")).as("after a restart").isTrue();
        }
        assertThat(committed(2)).containsExactly("one", "two");
    }

    private static boolean isForgotten(Admin admin, String id) throws InterruptedException {
        try {
            admin.describeTransactions(List.of(id)).all().get();
            return false;
        } catch (ExecutionException failed) {
            assertThat(failed).hasCauseInstanceOf(TransactionalIdNotFoundException.class);
            return true;
        }
    }

    private static org.apache.kafka.clients.admin.TransactionDescription state(Admin admin, String id) throws Exception {
        return admin.describeTransactions(List.of(id)).all().get().get(id);
    }

    @Test
    void anAdministratorFindsATransactionThatHangsAndAbortsIt() throws Exception {
        start();
        createOut();
        // As it comes about where the check is off: no coordinator knows of it.
        broker.metadata.log(OUT).orElseThrow().append(MemoryRecords.withTransactionalRecords(Compression.NONE, 4711, (short) 3, 0,
                new SimpleRecord(System.currentTimeMillis(), "hangs".getBytes())), Origin.CLIENT, 0, true, Verification.NOT_REQUIRED);
        commit("good", "behind it");
        try (Admin admin = Admin.create(broker.client())) {
            ProducerState hanging = admin.describeProducers(List.of(OUT)).partitionResult(OUT).get().activeProducers().stream()
                    .filter(producer -> producer.currentTransactionStartOffset().isPresent()).findFirst().orElseThrow();
            assertThat(hanging.producerId()).isEqualTo(4711);
            assertThat(admin.listTransactions().all().get()).extracting(one -> one.state()).containsExactly(TransactionState.COMPLETE_COMMIT);
            assertThat(broker.metadata.log(OUT).orElseThrow().lastStableOffset()).isEqualTo(hanging.currentTransactionStartOffset().getAsLong());
            admin.abortTransaction(new AbortTransactionSpec(OUT, hanging.producerId(), (short) hanging.producerEpoch(), hanging.coordinatorEpoch().orElse(0)))
                    .all().get();
        }
        assertThat(committed(1)).containsExactly("behind it");
    }
}
