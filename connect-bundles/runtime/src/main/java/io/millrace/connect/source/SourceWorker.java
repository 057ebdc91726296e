package io.millrace.connect.source;

import io.millrace.api.plugin.PluginScope;
import io.millrace.connect.pipeline.Pipeline;
import io.millrace.connect.source.OutgoingBatch.End;
import io.millrace.connect.task.PluginMeters;
import io.millrace.connect.task.TaskSetup;
import io.millrace.connect.task.WorkerTask;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.metrics.PluginMetrics;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.source.SourceTask;
import org.apache.kafka.connect.source.SourceTaskContext;
import org.apache.kafka.connect.source.TransactionContext;
import org.apache.kafka.connect.storage.OffsetStorageReader;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One run of a source task. Its thread polls, transforms and converts; a second one writes. Exactly once: the producer's start fences the
 * task's former producer before offsets are read, and every transaction holds records and offsets together (KIP-618).
 */
public final class SourceWorker implements WorkerTask {

    private static final Logger LOG = LoggerFactory.getLogger(SourceWorker.class);
    private static final long MAX_QUEUED_BYTES = 16 << 20;
    /** A poll that returns nothing at once must not spin. */
    private static final long EMPTY_POLL_MS = 5;

    private final TaskSetup setup;
    private final BatchQueue queue;
    private final TransactionMarks marks;
    private final AtomicBoolean pluginStopped = new AtomicBoolean();
    private final AtomicReference<Throwable> writerFailure = new AtomicReference<>();
    private final Object pauseSignal = new Object();
    // Set by the controlling threads, read by the polling one.
    private volatile boolean stopping;
    private volatile boolean paused;
    // Set by the polling thread, read by the one that calls stopPlugin.
    private volatile SourceTask task;

    public SourceWorker(TaskSetup setup, boolean paused) {
        this.setup = setup;
        this.paused = paused;
        this.queue = new BatchQueue(MAX_QUEUED_BYTES, setup.options().queued());
        this.marks = setup.options().connectorDefinesTransactions() ? new TransactionMarks() : null;
    }

    @Override
    public void run(Progress progress) throws Exception {
        try (PluginMeters meters = new PluginMeters(Map.of("connector", setup.id().connector(), "task", Integer.toString(setup.id().task())));
                Pipeline<SourceRecord> pipeline = Pipeline.open(setup.config(), setup.catalog(), setup.uses());
                Producer<byte[], byte[]> producer = producer();
                Producer<byte[], byte[]> offsets = offsetsProducer()) {
            if (setup.options().exactlyOnce()) {
                producer.initTransactions();
            }
            task = (SourceTask) setup.taskClass().getDeclaredConstructor().newInstance();
            try {
                task.initialize(new Context(meters.metrics()));
                task.start(setup.settings());
                progress.running(task.version());
                work(producer, offsets == null ? producer : offsets, pipeline, progress);
            } finally {
                stopPlugin();
                if (writerFailure.get() != null || !stopping) {
                    // Nothing of a failed run is worth waiting for.
                    producer.close(Duration.ZERO);
                }
            }
        } finally {
            task = null;
            queue.close();
        }
    }

    private Producer<byte[], byte[]> producer() {
        Map<String, Object> settings = setup.clients().defaults().forProducer(Map.of("linger.ms", 5), setup.config().withPrefix("producer.override."));
        if (setup.options().exactlyOnce()) {
            settings.put("transactional.id", FormerTransactions.id(setup.id()));
            settings.put("enable.idempotence", true);
        }
        return setup.clients().producer("connector-producer-" + setup.id(), settings);
    }

    /** @return null where the records' own producer writes to this node */
    private Producer<byte[], byte[]> offsetsProducer() {
        return setup.config().writesElsewhere() ? setup.clients().producer("connector-offsets-" + setup.id(), Map.of()) : null;
    }

    private void work(Producer<byte[], byte[]> producer, Producer<byte[], byte[]> offsets, Pipeline<SourceRecord> pipeline, Progress progress) throws Exception {
        Thread poller = Thread.currentThread();
        SourceTask polled = task;
        TransactionWriter writer = new TransactionWriter(setup, producer, offsets, polled, queue);
        Thread writing = PluginScope.threads(setup.loader(), setup.config().threads().name("connect-writes-" + setup.id()).factory()).newThread(() -> {
            try {
                writer.run();
            } catch (Throwable e) {
                // Errors of the plugin's commit() too: the poller would wait for its writer for ever.
                writerFailure.set(e);
                poller.interrupt();
            }
        });
        writing.start();
        boolean drained = false;
        try {
            poll(polled, new Conversion(setup, pipeline, marks, queue), progress);
            queue.end();
            writing.join();
            drained = true;
        } catch (Exception | LinkageError e) {
            Throwable cause = writerFailure.get();
            if (cause != null) {
                throw new ConnectException(setup.id() + ": writing failed: " + cause, cause);
            }
            if (!stopping) {
                throw e;
            }
            LOG.debug("task {}: poll ended with {} while stopping", setup.id(), e.toString());
        } finally {
            queue.end();
            if (!drained) {
                finish(writing);
            }
        }
        Throwable cause = writerFailure.get();
        if (cause != null) {
            throw new ConnectException(setup.id() + ": writing failed: " + cause, cause);
        }
    }

    /** What was polled before a failure is whole and may still be written. */
    private static void finish(Thread writing) throws InterruptedException {
        boolean interrupted = Thread.interrupted();
        if (!writing.join(Duration.ofSeconds(interrupted ? 1 : 5))) {
            writing.interrupt();
            writing.join(Duration.ofSeconds(1));
        }
    }

    private void poll(SourceTask polled, Conversion conversion, Progress progress) throws Exception {
        while (!stopping) {
            if (paused) {
                awaitResume();
                continue;
            }
            long before = System.nanoTime();
            List<SourceRecord> records = polled.poll();
            progress.progressed();
            if (records != null && !records.isEmpty()) {
                setup.counters().called(System.nanoTime() - before);
                setup.counters().took(records.size());
                conversion.enqueue(records);
            } else {
                if (marks != null && marks.afterBatch() instanceof End end && end != End.OPEN) {
                    queue.put(new OutgoingBatch(List.of(), 0, end));
                }
                if (System.nanoTime() - before < 1_000_000 && !stopping) {
                    Thread.sleep(EMPTY_POLL_MS);
                }
            }
        }
    }

    private void awaitResume() throws InterruptedException {
        synchronized (pauseSignal) {
            while (paused && !stopping) {
                pauseSignal.wait();
            }
        }
    }

    @Override
    public void requestStop() {
        synchronized (pauseSignal) {
            stopping = true;
            pauseSignal.notifyAll();
        }
    }

    @Override
    public void pause(boolean newPaused) {
        synchronized (pauseSignal) {
            paused = newPaused;
            pauseSignal.notifyAll();
        }
    }

    @Override
    public void stopPlugin() {
        SourceTask running = task;
        if (running != null && pluginStopped.compareAndSet(false, true)) {
            try (var _ = PluginScope.of(setup.loader())) {
                running.stop();
            } catch (RuntimeException | Error e) {
                LOG.warn("task {}: stop failed: {}", setup.id(), e.toString());
            }
        }
    }

    private final class Context implements SourceTaskContext {

        private final PluginMetrics metrics;
        private final OffsetStorageReader reader = new StoredOffsets(setup.offsets(), setup.id().connector());

        Context(PluginMetrics metrics) {
            this.metrics = metrics;
        }

        @Override
        public Map<String, String> configs() {
            return setup.settings();
        }

        @Override
        public OffsetStorageReader offsetStorageReader() {
            return reader;
        }

        @Override
        public TransactionContext transactionContext() {
            return marks;
        }

        @Override
        public PluginMetrics pluginMetrics() {
            return metrics;
        }
    }
}
