package io.millrace.streams.job;

import io.millrace.api.log.LocalLogs;
import io.millrace.api.plugin.PluginScope;
import io.millrace.streams.plan.Partitions;
import io.millrace.streams.plan.Plan;
import io.millrace.streams.plan.SubTopology;
import io.millrace.streams.task.Task;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.common.TopicPartition;

/** A job's tasks, shared out among workers with a thread each: one life of the job. If one worker fails, all stop. */
final class Workers implements AutoCloseable {

    static final Workers NONE = new Workers(List.of(), 0);

    private final List<Worker> workers;
    private final int tasks;
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private final CountDownLatch restored;
    private final CountDownLatch ended;

    private Workers(List<Worker> workers, int tasks) {
        this.workers = workers;
        this.tasks = tasks;
        this.restored = new CountDownLatch(workers.size());
        this.ended = new CountDownLatch(workers.size());
    }

    /** How many workers there are, and how often each commits. */
    record Pace(int threads, long commitMillis) {
    }

    /** Blocks until what an earlier instance of the job still committed is settled. */
    static Workers share(String job, Plan plan, Partitions partitions, LocalLogs logs, String bootstrapServers, InternalTopics topics, Pace pace,
            JobCounters counters) throws InterruptedException {
        List<Transactions> transactions = new ArrayList<>();
        try {
            for (int i = 0; i < pace.threads(); i++) {
                transactions.add(new Transactions(bootstrapServers, job, job + "-" + i));
            }
            // Only now, as the transactions have fenced the earlier instance.
            Map<TopicPartition, Long> positions = topics.positions(job);
            List<List<Task>> shares = new ArrayList<>();
            transactions.forEach(_ -> shares.add(new ArrayList<>()));
            List<SubTopology> parts = plan.subTopologies();
            Map<String, List<Task>> writers = new HashMap<>();
            int count = 0;
            for (int i = 0; i < parts.size(); i++) {
                for (int partition = 0; partition < partitions.tasks().get(i); partition++) {
                    // By partition, so that the heavy sub-topology's tasks spread.
                    int worker = partition % pace.threads();
                    Task task = new Task(job, parts.get(i), partition, topic -> logs.partitions(topic).orElseThrow(), transactions.get(worker));
                    shares.get(worker).add(task);
                    parts.get(i).written().forEach(written -> writers.computeIfAbsent(Plan.repartitionTopic(job, written), _ -> new ArrayList<>()).add(task));
                    count++;
                }
            }
            List<Worker> made = new ArrayList<>();
            for (int i = 0; i < pace.threads(); i++) {
                made.add(new Worker(transactions.get(i), shares.get(i), logs, positions, topic -> settled(topic, writers), pace.commitMillis(), counters));
            }
            return new Workers(made, count);
        } catch (RuntimeException | InterruptedException e) {
            transactions.forEach(Transactions::close);
            throw e;
        }
    }

    private static boolean settled(String topic, Map<String, List<Task>> writers) {
        return writers.getOrDefault(topic, List.of()).stream().allMatch(Task::isReadFromStart);
    }

    /** @param loader the plugin's, in whose scope the threads run */
    void start(String job, ClassLoader loader) {
        for (int i = 0; i < workers.size(); i++) {
            Worker worker = workers.get(i);
            Thread thread = PluginScope.threads(loader, Thread.ofPlatform().name(job + "-" + i).daemon().factory()).newThread(() -> {
                try {
                    worker.restore();
                    restored.countDown();
                    worker.process(job);
                } catch (Throwable e) {
                    failure.compareAndSet(null, e);
                    stop();
                } finally {
                    restored.countDown();
                    ended.countDown();
                }
            });
            thread.start();
            threads.add(thread);
        }
    }

    int size() {
        return workers.size();
    }

    int tasks() {
        return tasks;
    }

    /** @return whether every worker has its state; false if one failed before */
    boolean awaitRestored() throws InterruptedException {
        restored.await();
        return failure.get() == null;
    }

    /** @return whether every worker has ended within a second */
    boolean awaitSecond() throws InterruptedException {
        return ended.await(1, TimeUnit.SECONDS);
    }

    /** @return why they ended, once no thread runs any more; empty if they were told to */
    Optional<Throwable> join() throws InterruptedException {
        for (Thread thread : threads) {
            thread.join();
        }
        return Optional.ofNullable(failure.get());
    }

    /** Whether each of them has committed, or had nothing to. */
    boolean haveAllReported() {
        return workers.stream().allMatch(worker -> worker.progress() != Worker.Progress.NONE);
    }

    /** Of all together. */
    Worker.Progress progress() {
        long processed = 0;
        long late = 0;
        long dropped = 0;
        long entries = 0;
        long lag = 0;
        Map<TopicPartition, Long> committed = new HashMap<>();
        for (Worker worker : workers) {
            Worker.Progress part = worker.progress();
            processed += part.processed();
            late += part.late();
            dropped += part.dropped();
            entries += part.stateEntries();
            lag += part.lag();
            committed.putAll(part.committed());
        }
        return new Worker.Progress(processed, late, dropped, entries, lag, committed);
    }

    /** At a commit each; returns at once. */
    void stop() {
        workers.forEach(Worker::stop);
    }

    /** To be called when no thread runs. */
    @Override
    public void close() {
        workers.forEach(Worker::close);
    }
}
