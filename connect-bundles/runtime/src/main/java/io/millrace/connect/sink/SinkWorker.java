package io.millrace.connect.sink;

import io.millrace.api.plugin.PluginScope;
import io.millrace.connect.pipeline.Pipeline;
import io.millrace.connect.task.PluginMeters;
import io.millrace.connect.task.TaskSetup;
import io.millrace.connect.task.WorkerTask;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.connect.errors.RetriableException;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.sink.SinkTask;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One run of a sink task: polls, converts, transforms, puts; flushes and then commits offsets, so that what was not delivered is delivered
 * again. All on one thread.
 */
public final class SinkWorker implements WorkerTask {

    private static final Logger LOG = LoggerFactory.getLogger(SinkWorker.class);
    private static final long MAX_POLL_MS = 1_000;

    private final TaskSetup setup;
    // Set by the controlling threads, read by the task's.
    private volatile boolean stopping;
    private volatile boolean pauseWanted;
    // Set by the task's thread, read by the one that stops it.
    private volatile Consumer<byte[], byte[]> consumer;

    // The rest belongs to the task's thread.
    private SinkTask task;
    private SinkContext context;
    private SinkBatch batch;
    private SinkOffsets offsets;
    private final Set<TopicPartition> opened = new HashSet<>();
    private final Redelivery redelivery = new Redelivery();
    private boolean pauseApplied;
    private RuntimeException rebalanceFailure;

    public SinkWorker(TaskSetup setup, boolean paused) {
        this.setup = setup;
        this.pauseWanted = paused;
    }

    @Override
    public void run(Progress progress) throws Exception {
        try (PluginMeters meters = new PluginMeters(Map.of("connector", setup.id().connector(), "task", Integer.toString(setup.id().task())));
                Pipeline<SinkRecord> pipeline = Pipeline.open(setup.config(), setup.catalog(), setup.uses());
                RecordErrors recordErrors = new RecordErrors(setup)) {
            consumer = SinkGroup.consumer(setup);
            batch = new SinkBatch(setup, recordErrors);
            offsets = new SinkOffsets(setup, consumer, recordErrors);
            boolean clean = false;
            try {
                task = (SinkTask) setup.taskClass().getDeclaredConstructor().newInstance();
                context = new SinkContext(setup.settings(), consumer, recordErrors, meters.metrics());
                task.initialize(context);
                task.start(setup.settings());
                SinkGroup.join(consumer, setup.config(), new Rebalances());
                progress.running(task.version());
                work(pipeline, progress);
                clean = true;
            } finally {
                end(clean);
            }
        }
    }

    private void work(Pipeline<SinkRecord> pipeline, Progress progress) throws Exception {
        long patience = 0;
        while (!stopping) {
            applyPause();
            poll(pipeline, patience);
            if (rebalanceFailure != null) {
                throw rebalanceFailure;
            }
            patience = MAX_POLL_MS;
            if (redelivery.isOwed() ? redelivery.isDue(System.nanoTime()) : !pauseApplied || !batch.isUntouched()) {
                deliver(progress);
            }
            if (redelivery.isOwed()) {
                patience = Math.clamp(redelivery.msUntilDue(System.nanoTime()), 1, MAX_POLL_MS);
            }
            rewind();
            if (context.takeCommitRequest() || offsets.msSinceCommit() >= setup.options().flushIntervalMs()) {
                offsets.commit(task);
                lag();
            }
            long timeout = context.takeTimeout();
            patience = Math.min(timeout >= 0 && !redelivery.isOwed() ? Math.min(timeout, patience) : patience,
                    Math.max(1, setup.options().flushIntervalMs() - offsets.msSinceCommit()));
        }
    }

    private void applyPause() {
        boolean wanted = pauseWanted;
        if (wanted && !pauseApplied) {
            consumer.pause(consumer.assignment());
        } else if (!wanted && pauseApplied && !redelivery.isOwed()) {
            resumeAll();
        }
        pauseApplied = wanted;
    }

    private void resumeAll() {
        Set<TopicPartition> partitions = new HashSet<>(consumer.assignment());
        partitions.removeAll(context.paused());
        consumer.resume(partitions);
    }

    private void poll(Pipeline<SinkRecord> pipeline, long patienceMs) throws InterruptedException {
        ConsumerRecords<byte[], byte[]> records;
        try {
            records = consumer.poll(Duration.ofMillis(patienceMs));
        } catch (WakeupException e) {
            return;
        } catch (org.apache.kafka.common.errors.InterruptException e) {
            throw (InterruptedException) new InterruptedException().initCause(e);
        }
        if (!records.isEmpty()) {
            batch.add(records, pipeline);
        }
    }

    private void deliver(Progress progress) {
        long began = System.nanoTime();
        try {
            task.put(batch.records());
            setup.counters().called(System.nanoTime() - began);
        } catch (RetriableException e) {
            if (!redelivery.isOwed()) {
                LOG.warn("task {}: put of {} records failed and is tried again: {}", setup.id(), batch.records().size(), e.toString());
            }
            setup.counters().retriedAfter(e);
            setup.counters().retried();
            progress.delayed(e.toString());
            consumer.pause(consumer.assignment());
            redelivery.owe(context.takeTimeout(), System.nanoTime());
            return;
        }
        if (redelivery.isOwed()) {
            redelivery.done();
            if (!pauseApplied) {
                resumeAll();
            }
        }
        if (!batch.isUntouched()) {
            offsets.delivered(batch.delivered());
        }
        if (!opened.isEmpty()) {
            progress.progressed();
        }
    }

    private void rewind() {
        context.takeRewinds().forEach((partition, offset) -> {
            if (consumer.assignment().contains(partition)) {
                consumer.seek(partition, offset);
                offsets.delivered(Map.of(partition, new OffsetAndMetadata(offset)));
                batch.drop(Set.of(partition));
            }
        });
    }

    private void lag() {
        long lag = 0;
        for (TopicPartition partition : consumer.assignment()) {
            lag += consumer.currentLag(partition).orElse(0);
        }
        setup.counters().lag(lag);
        setup.counters().partitions(opened.size());
    }

    private void end(boolean clean) throws InterruptedException {
        try {
            if (task != null && clean) {
                offsets.commit(task);
            }
        } finally {
            try {
                closePartitions(List.copyOf(opened));
            } finally {
                stopTask();
                Consumer<byte[], byte[]> closed = consumer;
                consumer = null;
                task = null;
                closed.close(CloseOptions.groupMembershipOperation(CloseOptions.GroupMembershipOperation.LEAVE_GROUP)
                        .withTimeout(Duration.ofSeconds(2)));
            }
        }
    }

    private void closePartitions(Collection<TopicPartition> partitions) {
        Set<TopicPartition> closing = new HashSet<>(partitions);
        closing.retainAll(opened);
        if (closing.isEmpty() || task == null) {
            return;
        }
        opened.removeAll(closing);
        try {
            task.close(closing);
        } finally {
            offsets.drop(closing);
            batch.drop(closing);
            context.paused().removeAll(closing);
            if (batch.records().isEmpty()) {
                redelivery.done();
            }
        }
    }

    @Override
    public void requestStop() {
        stopping = true;
        wake();
    }

    @Override
    public void pause(boolean paused) {
        // Seen after the current poll: a wake-up could hit a rebalance.
        pauseWanted = paused;
    }

    private void wake() {
        Consumer<byte[], byte[]> polling = consumer;
        if (polling != null) {
            polling.wakeup();
        }
    }

    @Override
    public void stopPlugin() {
        // Unlike a source's, a sink task's stop() may not come while put() runs: its own thread calls it.
    }

    private void stopTask() {
        SinkTask running = task;
        if (running != null) {
            try (var _ = PluginScope.of(setup.loader())) {
                running.stop();
            } catch (RuntimeException | Error e) {
                LOG.warn("task {}: stop failed: {}", setup.id(), e.toString());
            }
        }
    }

    private final class Rebalances implements ConsumerRebalanceListener {

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            if (partitions.isEmpty() || task == null) {
                return;
            }
            guard(() -> {
                offsets.assigned(partitions);
                opened.addAll(partitions);
                task.open(partitions);
                if (pauseApplied || redelivery.isOwed()) {
                    consumer.pause(consumer.assignment());
                }
            });
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            if (partitions.isEmpty() || task == null) {
                return;
            }
            guard(() -> {
                try {
                    offsets.commit(task);
                } finally {
                    closePartitions(partitions);
                }
            });
        }

        @Override
        public void onPartitionsLost(Collection<TopicPartition> partitions) {
            guard(() -> closePartitions(partitions));
        }

        /** The consumer would swallow what a listener throws; the task must fail of it. */
        private void guard(Step step) {
            try {
                step.run();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (WakeupException e) {
                throw e;
            } catch (RuntimeException e) {
                rebalanceFailure = e;
            }
        }
    }

    private interface Step {
        void run() throws InterruptedException;
    }
}
