package io.millrace.broker.coordinator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.broker.log.LogConfig;
import io.millrace.broker.log.LogStore;
import io.millrace.broker.log.LogStoreConfig;
import io.millrace.broker.log.PartitionLog;
import io.millrace.broker.log.PartitionLog.Origin;
import io.millrace.broker.metadata.LedPartition;
import io.millrace.broker.metadata.Partitions;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.CoordinatorNotAvailableException;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is served while some of a coordinator's topic cannot be read. */
@Timeout(30)
class ShardsTest {

    private static final String TOPIC = "__state";
    private static final int PARTITIONS = 3;

    @TempDir
    private Path folder;
    private final Clockwork clockwork = new Clockwork(Clock.systemUTC());
    private LogStore store;

    private LogStore open() {
        store = LogStore.open(folder, LogStoreConfig.standard(), Clock.systemUTC());
        return store;
    }

    @AfterEach
    void close() {
        clockwork.close();
        store.close();
    }

    @Test
    void aPartitionThatIsDamagedLeavesTheOthersServed() throws Exception {
        write();
        try (RandomAccessFile file = new RandomAccessFile(folder.resolve(TOPIC + "-1").resolve("00000000000000000000.log").toFile(), "rw")) {
            file.seek(file.length() - 2);
            file.write('?');
        }
        open();
        Shards<Words> shards = Shards.load(TOPIC, PARTITIONS, led(), Clock.systemUTC(), clockwork, Words::new);
        assertThat(words(shards, 0)).isEqualTo(Map.of("key", "word 0"));
        assertThat(words(shards, 2)).isEqualTo(Map.of("key", "word 2"));
        assertThatThrownBy(() -> words(shards, 1)).isInstanceOf(CoordinatorNotAvailableException.class)
                .hasMessageContaining(TOPIC + "-1");
    }

    @Test
    void whoWaitsForAnswersIsToldWhateverKeepsThemFromBeingLoaded() throws Exception {
        open();
        Shards<Words> shards = Shards.load(TOPIC, PARTITIONS, led(), Clock.systemUTC(), clockwork, () -> {
            throw new StackOverflowError();
        });
        CompletableFuture<List<Shard<Words>>> all = CompletableFuture.supplyAsync(shards::all);
        assertThatThrownBy(() -> all.get(20, TimeUnit.SECONDS)).hasCauseInstanceOf(CoordinatorNotAvailableException.class);
    }

    @Test
    void whatIsDueIsTriedAgainWhateverWentWrong() throws Exception {
        CountDownLatch tried = new CountDownLatch(2);
        open();
        clockwork.start();
        Shards.load(TOPIC, 1, led(), Clock.systemUTC(), clockwork, () -> new Words() {
            @Override
            public long nextDeadline() {
                return tried.getCount() > 0 ? 0 : NEVER;
            }

            @Override
            public void onTime(Journal journal) {
                tried.countDown();
                if (tried.getCount() > 0) {
                    throw new StackOverflowError("thrown by a test");
                }
            }
        });
        assertThat(tried.await(20, TimeUnit.SECONDS)).isTrue();
    }

    private static Map<String, String> words(Shards<Words> shards, int partition) {
        return shards.all().get(partition).run((state, journal) -> Map.copyOf(state.words));
    }

    private void write() throws InterruptedException {
        try (LogStore first = open()) {
            for (LedPartition led : led().ensureInternal(TOPIC, PARTITIONS, Map.of())) {
                String word = "word " + led.log().topicPartition().partition();
                led.log().append(MemoryRecords.withRecords(Compression.NONE, new SimpleRecord("key".getBytes(StandardCharsets.UTF_8),
                        word.getBytes(StandardCharsets.UTF_8))), Origin.COORDINATOR, 0, true);
                led.log().awaitDurable(1);
            }
        }
    }

    private Partitions led() {
        return new Partitions() {
            @Override
            public Optional<LedPartition> leader(TopicPartition partition) {
                return store.log(partition).map(log -> new LedPartition(log, 0));
            }

            @Override
            public Collection<PartitionLog> logs() {
                return store.logs();
            }

            @Override
            public List<LedPartition> ensureInternal(String topic, int partitions, Map<String, String> config) {
                List<TopicPartition> all = IntStream.range(0, partitions).mapToObj(index -> new TopicPartition(topic, index)).toList();
                return store.create(all, new Uuid(7, 9), LogConfig.defaults()).stream().map(log -> new LedPartition(log, 0)).toList();
            }

            @Override
            public void onTopicDeleted(Consumer<String> listener) {
                // None is.
            }
        };
    }

    /** Remembers what was written under which key. */
    private static class Words implements StateMachine {

        private final Map<String, String> words = new TreeMap<>();

        @Override
        public void replay(long producerId, short producerEpoch, ByteBuffer key, ByteBuffer value) {
            words.put(StandardCharsets.UTF_8.decode(key).toString(), StandardCharsets.UTF_8.decode(value).toString());
        }

        @Override
        public void ended(long producerId, boolean committed) {
            throw new AssertionError("there are no transactions");
        }

        @Override
        public void loaded(long now) {
            // All of it is in the records.
        }

        @Override
        public long nextDeadline() {
            return NEVER;
        }

        @Override
        public void onTime(Journal journal) {
            throw new AssertionError("nothing is due");
        }

        @Override
        public void abandon(RuntimeException failure) {
            words.clear();
        }
    }
}
