package io.millrace.connect.sink;

import io.millrace.connect.pipeline.RawSinkRecord;
import io.millrace.connect.pipeline.Stage;
import io.millrace.connect.pipeline.StageFailure;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.metrics.PluginMetrics;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.errors.IllegalWorkerStateException;
import org.apache.kafka.connect.sink.ErrantRecordReporter;
import org.apache.kafka.connect.sink.SinkTask;
import org.apache.kafka.connect.sink.SinkTaskContext;

/** What a sink task asks of its worker. The worker takes the wishes when the task has returned; all on the task's thread, but for reports and commits. */
final class SinkContext implements SinkTaskContext {

    private final Map<String, String> settings;
    private final Consumer<byte[], byte[]> consumer;
    private final RecordErrors errors;
    private final PluginMetrics metrics;
    private final Map<TopicPartition, Long> rewinds = new HashMap<>();
    private final Set<TopicPartition> paused = new HashSet<>();
    private long timeoutMs = -1;
    // A task may ask for a commit from threads of its own.
    private volatile boolean commitRequested;

    SinkContext(Map<String, String> settings, Consumer<byte[], byte[]> consumer, RecordErrors errors, PluginMetrics metrics) {
        this.settings = settings;
        this.consumer = consumer;
        this.errors = errors;
        this.metrics = metrics;
    }

    Map<TopicPartition, Long> takeRewinds() {
        if (rewinds.isEmpty()) {
            return Map.of();
        }
        Map<TopicPartition, Long> taken = Map.copyOf(rewinds);
        rewinds.clear();
        return taken;
    }

    Set<TopicPartition> paused() {
        return paused;
    }

    /** @return what the task asked for, or -1 */
    long takeTimeout() {
        long taken = timeoutMs;
        timeoutMs = -1;
        return taken;
    }

    boolean takeCommitRequest() {
        boolean requested = commitRequested;
        commitRequested = false;
        return requested;
    }

    @Override
    public Map<String, String> configs() {
        return settings;
    }

    @Override
    public void offset(Map<TopicPartition, Long> offsets) {
        rewinds.putAll(offsets);
    }

    @Override
    public void offset(TopicPartition partition, long offset) {
        rewinds.put(partition, offset);
    }

    @Override
    public void timeout(long ms) {
        timeoutMs = ms;
    }

    @Override
    public Set<TopicPartition> assignment() {
        return consumer.assignment();
    }

    @Override
    public void pause(TopicPartition... partitions) {
        List<TopicPartition> list = Arrays.asList(partitions);
        try {
            consumer.pause(list);
        } catch (IllegalStateException e) {
            throw new IllegalWorkerStateException("SinkTasks may not pause partitions that are not currently assigned to them.", e);
        }
        paused.addAll(list);
    }

    @Override
    public void resume(TopicPartition... partitions) {
        List<TopicPartition> list = Arrays.asList(partitions);
        try {
            consumer.resume(list);
        } catch (IllegalStateException e) {
            throw new IllegalWorkerStateException("SinkTasks may not resume partitions that are not currently assigned to them.", e);
        }
        paused.removeAll(list);
    }

    @Override
    public void requestCommit() {
        commitRequested = true;
    }

    @Override
    public ErrantRecordReporter errantRecordReporter() {
        if (!errors.reportable()) {
            return null;
        }
        return (record, error) -> {
            if (!(record instanceof RawSinkRecord known)) {
                throw new ConnectException("only records that put() was given, or that newRecord() made of them, can be reported; this is a "
                        + record.getClass().getName());
            }
            Future<RecordMetadata> written = errors.handle(known.raw(), new StageFailure(Stage.TASK_PUT, SinkTask.class.getName(), error));
            return written == null ? CompletableFuture.completedFuture(null) : new WithoutResult(written);
        };
    }

    @Override
    public PluginMetrics pluginMetrics() {
        return metrics;
    }

    /** A write, without the metadata that plugins are not promised. */
    private record WithoutResult(Future<RecordMetadata> write) implements Future<Void> {

        @Override
        public boolean cancel(boolean mayInterrupt) {
            return false;
        }

        @Override
        public boolean isCancelled() {
            return false;
        }

        @Override
        public boolean isDone() {
            return write.isDone();
        }

        @Override
        public Void get() throws InterruptedException, java.util.concurrent.ExecutionException {
            write.get();
            return null;
        }

        @Override
        public Void get(long timeout, TimeUnit unit)
                throws InterruptedException, java.util.concurrent.ExecutionException, java.util.concurrent.TimeoutException {
            write.get(timeout, unit);
            return null;
        }
    }
}
