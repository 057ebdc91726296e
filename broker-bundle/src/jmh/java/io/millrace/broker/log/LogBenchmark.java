package io.millrace.broker.log;

import io.millrace.broker.log.PartitionLog.Appended;
import io.millrace.broker.log.PartitionLog.Origin;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.FileRecords.TimestampAndOffset;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Records;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/** The log without the network: what appends, reads, look-ups and the wait for the disk cost. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class LogBenchmark {

    /** A store of its own, in a temporary folder. */
    abstract static class Stored {

        private Path folder;
        LogStore store;

        void open() throws IOException {
            folder = Files.createTempDirectory("log-benchmark");
            LogStoreConfig usual = LogStoreConfig.standard();
            store = LogStore.open(folder, new LogStoreConfig(usual.topicDefaults(), usual.retentionCheck(), usual.checkpointInterval(),
                    usual.producerExpiration(), usual.diskReserve(), journalBytes()), Clock.systemUTC());
        }

        /** 0: each log's own file is synced. */
        long journalBytes() {
            return LogStoreConfig.standard().journalBytes();
        }

        PartitionLog log(int index) {
            return store.create(new TopicPartition("orders", index), Uuid.randomUuid(),
                    LogConfig.of(Map.of("segment.bytes", "67108864", "retention.bytes", "268435456", "file.delete.delay.ms", "0")), 0);
        }

        void close() throws IOException {
            store.close();
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : (Iterable<Path>) files.sorted(java.util.Comparator.reverseOrder())::iterator) {
                    Files.delete(file);
                }
            }
        }
    }

    @State(Scope.Thread)
    public static class Appending extends Stored {

        @Param({"16", "64"})
        public int kilobytes;
        PartitionLog log;
        MemoryRecords batch;

        @Setup(Level.Iteration)
        public void begin() throws IOException {
            open();
            log = log(0);
            batch = SampleBatches.of(CompressionType.NONE, kilobytes * 1024, 100);
        }

        @TearDown(Level.Iteration)
        public void end() throws IOException {
            close();
        }
    }

    /** One batch of 100-byte records into the page cache. */
    @Benchmark
    public Appended append(Appending state) {
        return state.log.append(state.batch, Origin.CLIENT, 0, false);
    }

    @State(Scope.Benchmark)
    public static class Durable extends Stored {

        @Param({"0", "134217728"})
        public long journal;
        @Param({"1", "100"})
        public int partitions;
        PartitionLog[] logs;

        @Override
        long journalBytes() {
            return journal;
        }

        @Setup(Level.Iteration)
        public void begin() throws IOException {
            open();
            logs = new PartitionLog[partitions];
            for (int i = 0; i < partitions; i++) {
                logs[i] = log(i);
            }
        }

        @TearDown(Level.Iteration)
        public void end() throws IOException {
            close();
        }
    }

    /** Sixteen producers at once, each waiting for the disk with every kilobyte: what one wait costs when the fsyncs are shared. */
    @Benchmark
    @Threads(16)
    public Appended appendDurably(Durable state) throws InterruptedException {
        PartitionLog log = state.logs[ThreadLocalRandom.current().nextInt(state.partitions)];
        Appended appended = log.append(SampleBatches.of(CompressionType.NONE, 1024, 1024), Origin.CLIENT, 0, true);
        log.awaitDurable(appended.lastOffset() + 1);
        return appended;
    }

    @State(Scope.Benchmark)
    public static class Filled extends Stored {

        PartitionLog log;
        long end;

        @Setup
        public void begin() throws IOException {
            open();
            log = log(0);
            MemoryRecords batch = SampleBatches.of(CompressionType.NONE, 4 * 1024, 1024);
            for (int i = 0; i < 25_000; i++) {
                log.append(batch, Origin.CLIENT, 0, false);
            }
            end = log.endOffset();
        }

        @TearDown
        public void finish() throws IOException {
            close();
        }
    }

    /** A megabyte from anywhere in 100 MB; the bytes themselves are not touched. */
    @Benchmark
    public Records read(Filled state) {
        return state.log.read(ThreadLocalRandom.current().nextLong(state.end), 1 << 20, state.end, true);
    }

    /** One record from anywhere in 100 MB: an index look-up and the walk from there. */
    @Benchmark
    public Records lookUpOffset(Filled state) {
        return state.log.read(ThreadLocalRandom.current().nextLong(state.end), 1, state.end, true);
    }

    @Benchmark
    public Optional<TimestampAndOffset> lookUpTime(Filled state) {
        return state.log.offsetForTimestamp(System.currentTimeMillis() - ThreadLocalRandom.current().nextLong(60_000), state.end);
    }
}
