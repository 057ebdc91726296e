package io.millrace.streams.job;

import io.millrace.api.broker.Broker;
import io.millrace.api.log.LocalLogs;
import io.millrace.streams.plan.Operator;
import io.millrace.streams.plan.Partitions;
import io.millrace.streams.plan.Plan;
import io.millrace.streams.plan.SubTopology;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A job from its start to its stop, restarts after failures included. A virtual thread watches over the workers' threads. */
final class JobRun {

    private static final Logger LOG = LoggerFactory.getLogger(JobRun.class);
    private static final long LOOK_MILLIS = 250;
    private static final long PURGE_MILLIS = 30_000;

    private final JobSpec spec;
    private final Plan plan;
    private final ClassLoader loader;
    private final Broker broker;
    private final LocalLogs logs;
    private final JobCounters counters;
    private final Workers.Pace pace;
    private final RestartBudget budget = new RestartBudget();
    private final CountDownLatch stop = new CountDownLatch(1);
    private volatile Status status = new Status(JobState.STARTING, "");
    private volatile Workers workers = Workers.NONE;
    private volatile int tasks;
    private volatile int restarts;
    private volatile double rate;
    private volatile Thread watch;

    /** @throws IllegalArgumentException if a configuration value of the engine's own is wrong */
    JobRun(JobSpec spec, Plan plan, ClassLoader loader, Broker broker, LocalLogs logs, JobCounters counters) {
        this.spec = spec;
        this.plan = plan;
        this.loader = loader;
        this.broker = broker;
        this.logs = logs;
        this.counters = counters;
        this.pace = new Workers.Pace((int) number(spec, "num.stream.threads", 1, 1, 64), number(spec, "commit.interval.ms", 100, 1, 60_000));
    }

    private static long number(JobSpec spec, String key, long otherwise, long least, long most) {
        String value = spec.config().getOrDefault(key, Long.toString(otherwise));
        try {
            long number = Long.parseLong(value);
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw new IllegalArgumentException("job " + spec.name() + ": " + key + " is \"" + value + "\"; it should be a number from " + least + " to " + most);
    }

    void start() {
        watch = Thread.ofVirtual().name("job-" + spec.name()).unstarted(this::watch);
        // Not the plugin's loader, which the starting thread may have, and which would outlive the plugin here.
        watch.setContextClassLoader(KafkaProducer.class.getClassLoader());
        watch.start();
    }

    /** Stops at a commit. On return no thread of the job runs. */
    void stop() throws InterruptedException {
        stop.countDown();
        workers.stop();
        if (watch != null) {
            watch.join();
        }
    }

    private boolean isStopping() {
        return stop.getCount() == 0;
    }

    private void watch() {
        try {
            while (!isStopping()) {
                Optional<Throwable> failure = attempt();
                if (failure.isEmpty()) {
                    break;
                }
                String message = message(failure.get());
                Optional<Duration> pause = budget.failed(System.currentTimeMillis());
                if (pause.isEmpty()) {
                    LOG.error("job {} failed and is not started again by itself: {}", spec.name(), message, failure.get());
                    status = new Status(JobState.FAILED, message);
                    return;
                }
                LOG.warn("job {} failed; starting again in {} ms: {}", spec.name(), pause.get().toMillis(), message, failure.get());
                status = new Status(JobState.RESTARTING, message);
                restarts++;
                counters.restarted();
                stop.await(pause.get().toMillis(), TimeUnit.MILLISECONDS);
            }
            status = new Status(JobState.STOPPED, "");
        } catch (InterruptedException e) {
            status = new Status(JobState.STOPPED, "");
        }
    }

    private static String message(Throwable failure) {
        return failure.getMessage() == null ? failure.toString() : failure.getMessage();
    }

    /** One life of the workers. @return why it ended; empty if it was told to */
    private Optional<Throwable> attempt() throws InterruptedException {
        Workers made = Workers.NONE;
        try (InternalTopics topics = new InternalTopics(broker.bootstrapServers(), spec.name())) {
            if (!awaitInputs()) {
                return Optional.empty();
            }
            status = new Status(JobState.STARTING, status.detail());
            Partitions partitions = Partitions.of(spec.name(), plan, topic -> logs.partitions(topic).orElseThrow());
            createInternal(topics, partitions);
            made = Workers.share(spec.name(), plan, partitions, logs, broker.bootstrapServers(), topics, pace, counters);
            tasks = made.tasks();
            workers = made;
            return run(topics, made);
        } catch (RuntimeException | LinkageError e) {
            return isStopping() ? Optional.empty() : Optional.of(e);
        } finally {
            made.close();
            workers = Workers.NONE;
            rate = 0;
        }
    }

    private boolean awaitInputs() throws InterruptedException {
        while (true) {
            Set<String> missing = new TreeSet<>();
            for (Operator operator : plan.operators()) {
                if (operator instanceof Operator.Source source && logs.partitions(source.topic()).isEmpty()) {
                    missing.add(source.topic());
                }
            }
            if (missing.isEmpty()) {
                return !isStopping();
            }
            status = new Status(JobState.WAITING, "waits for the topics " + missing + " to exist");
            if (stop.await(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
                return false;
            }
        }
    }

    private void createInternal(InternalTopics topics, Partitions partitions) throws InterruptedException {
        Map<String, Integer> wanted = new HashMap<>(partitions.repartition());
        Set<String> changelogs = new TreeSet<>();
        List<SubTopology> parts = plan.subTopologies();
        for (int i = 0; i < parts.size(); i++) {
            int count = partitions.tasks().get(i);
            parts.get(i).stores().forEach(store -> {
                wanted.put(store.changelog(spec.name()), count);
                changelogs.add(store.changelog(spec.name()));
            });
        }
        for (Map.Entry<String, Integer> topic : wanted.entrySet()) {
            if (logs.partitions(topic.getKey()).isEmpty()) {
                topics.create(topic.getKey(), topic.getValue(), changelogs.contains(topic.getKey())
                        ? Map.of("cleanup.policy", "compact")
                        : Map.of("cleanup.policy", "delete", "retention.ms", "-1"));
                while (logs.partitions(topic.getKey()).isEmpty() && !isStopping()) {
                    stop.await(5, TimeUnit.MILLISECONDS);
                }
            }
            int there = logs.partitions(topic.getKey()).orElse(topic.getValue());
            if (there != topic.getValue()) {
                throw new IllegalStateException("internal topic " + topic.getKey() + " has " + there + " partitions where the job's inputs now ask for "
                        + topic.getValue() + "; state cannot be moved between partitions: give the job a new name, or delete its internal topics and offsets");
            }
        }
    }

    private Optional<Throwable> run(InternalTopics topics, Workers made) throws InterruptedException {
        status = new Status(JobState.RESTORING, "");
        made.start(spec.name(), loader);
        if (isStopping()) {
            made.stop();
        }
        if (made.awaitRestored() && !isStopping()) {
            LOG.info("job {} runs: {} tasks on {} threads", spec.name(), tasks, made.size());
            status = new Status(JobState.RUNNING, "");
        }
        observe(topics, made);
        return made.join();
    }

    private void observe(InternalTopics topics, Workers made) throws InterruptedException {
        long purged = System.nanoTime();
        long seenAt = purged;
        long seen = 0;
        while (!made.awaitSecond()) {
            long now = System.nanoTime();
            long processed = made.progress().processed();
            rate = (processed - seen) * 1e9 / (now - seenAt);
            seen = processed;
            seenAt = now;
            if (now - purged > TimeUnit.MILLISECONDS.toNanos(PURGE_MILLIS)) {
                purge(topics, made);
                purged = now;
            }
        }
    }

    private void purge(InternalTopics topics, Workers made) throws InterruptedException {
        Set<String> repartition = plan.operators().stream().filter(Operator.Repartition.class::isInstance)
                .map(operator -> Plan.repartitionTopic(spec.name(), (Operator.Repartition) operator)).collect(Collectors.toSet());
        Map<TopicPartition, Long> done = new HashMap<>();
        made.progress().committed().forEach((partition, offset) -> {
            if (repartition.contains(partition.topic())) {
                done.put(partition, offset);
            }
        });
        if (!done.isEmpty()) {
            try {
                topics.deleteBefore(done);
            } catch (RuntimeException e) {
                LOG.warn("job {}: {}; trying again in {} s", spec.name(), e.getMessage(), PURGE_MILLIS / 1000);
            }
        }
    }

    /**
     * Waits until the job runs without a failure, or waits for what only others can bring.
     *
     * @return empty if it does; else what is wrong with it
     */
    Optional<String> awaitHealthy(Duration timeout) throws InterruptedException {
        long deadline = System.nanoTime() + timeout.toNanos();
        while (true) {
            Status now = status;
            boolean settled = now.state() == JobState.WAITING
                    || now.state() == JobState.RUNNING && workers.haveAllReported();
            if (settled) {
                return Optional.empty();
            }
            if (now.state() == JobState.FAILED || now.state() == JobState.RESTARTING) {
                return Optional.of(now.detail());
            }
            if (System.nanoTime() - deadline > 0) {
                return Optional.of("it is still " + now.state() + " after " + timeout.toSeconds() + " s");
            }
            Thread.sleep(10);
        }
    }

    JobSpec spec() {
        return spec;
    }

    Plan plan() {
        return plan;
    }

    Status status() {
        return status;
    }

    int tasks() {
        return tasks;
    }

    int restarts() {
        return restarts;
    }

    double rate() {
        return rate;
    }

    Worker.Progress progress() {
        return workers.progress();
    }

    /** @param detail what it waits for, or why it failed */
    record Status(JobState state, String detail) {}
}
