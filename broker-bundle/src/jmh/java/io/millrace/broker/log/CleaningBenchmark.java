package io.millrace.broker.log;

import io.millrace.broker.log.PartitionLog.Origin;
import io.millrace.broker.log.clean.CleanerConfig;
import io.millrace.broker.log.clean.LogCleaner;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
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
import org.openjdk.jmh.annotations.Warmup;

/** What it costs to compact 128 MB, before compression, of random records of a million keys. */
@State(Scope.Thread)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 3)
@Measurement(iterations = 7)
public class CleaningBenchmark extends LogBenchmark.Stored {

    private static final int BYTES = 128 << 20;
    private static final int BATCH = 64 << 10;
    private static final int KEYS = 1_000_000;

    @Param({"NONE", "LZ4"})
    public CompressionType codec;
    @Param({"100", "1024"})
    public int recordSize;

    private LogCleaner cleaner;

    @Setup(Level.Iteration)
    public void write() throws IOException {
        open();
        PartitionLog log = store.create(new TopicPartition("table", 0), Uuid.randomUuid(),
                LogConfig.of(Map.of("cleanup.policy", "compact", "segment.bytes", "33554432", "file.delete.delay.ms", "0")), 0);
        Random random = new Random(1);
        for (int written = 0; written < BYTES; written += BATCH) {
            log.append(batch(random), Origin.CLIENT, 0, false);
        }
        ((SegmentedLog) log).flush().run();
        CleanerConfig usual = CleanerConfig.standard();
        cleaner = LogCleaner.start(store.compactedLogs(), new CleanerConfig(1, Duration.ofDays(1), usual.dedupeBufferBytes(), usual.loadFactor(),
                usual.ioBufferBytes(), usual.maxBytesPerSecond(), usual.retry()), Clock.systemUTC());
    }

    private MemoryRecords batch(Random random) {
        MemoryRecordsBuilder builder = MemoryRecords.builder(ByteBuffer.allocate(2 * BATCH), Compression.of(codec).build(), TimestampType.CREATE_TIME, 0);
        byte[] value = new byte[recordSize];
        for (int i = 0; i < BATCH / recordSize; i++) {
            for (int at = 0; at < recordSize; at++) {
                value[at] = (byte) (at % 3 == 0 ? 'a' + random.nextInt(26) : ' ');
            }
            builder.append(System.currentTimeMillis(), ("key-" + random.nextInt(KEYS)).getBytes(StandardCharsets.UTF_8), value);
        }
        return builder.build();
    }

    @TearDown(Level.Iteration)
    public void end() throws IOException {
        if (cleaner.status().cleanings() != 1) {
            throw new IllegalStateException("nothing was compacted");
        }
        cleaner.close();
        close();
    }

    @Benchmark
    public void clean() throws InterruptedException {
        cleaner.cleanNow();
    }
}
