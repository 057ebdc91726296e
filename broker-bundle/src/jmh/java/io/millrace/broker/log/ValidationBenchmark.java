package io.millrace.broker.log;

import io.millrace.broker.log.PartitionLog.Origin;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What it costs to look through one batch of 64 KB before it is stored, checksum included. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class ValidationBenchmark {

    @Param({"NONE", "LZ4", "ZSTD"})
    public CompressionType codec;
    @Param({"100", "1024"})
    public int recordSize;

    private final BatchValidator validator = new BatchValidator(new TopicPartition("orders", 0));
    private final LogLimits limits = LogLimits.of(LogConfig.of(Map.of()));
    private MemoryRecords batch;

    @Setup
    public void fill() {
        batch = SampleBatches.of(codec, 64 * 1024, recordSize);
    }

    @Benchmark
    public MemoryRecords validate() {
        return validator.validate(batch, Origin.CLIENT, limits, System.currentTimeMillis());
    }
}
