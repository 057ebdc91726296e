package io.millrace.streams.job;

import io.millrace.api.broker.Broker;
import io.millrace.api.health.HealthCheck;
import io.millrace.api.log.LocalLogs;
import io.millrace.api.plugin.Plugin;
import io.millrace.api.plugin.PluginException;
import io.millrace.api.plugin.PluginHost;
import io.millrace.api.plugin.PluginScope;
import io.millrace.streams.StreamJob;
import io.millrace.streams.plan.Plan;
import io.millrace.streams.plan.PlanBuilder;
import java.lang.reflect.InvocationTargetException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All jobs of the node, and what each needs to run: its plugin, the broker. Changes are serial; looking is not blocked by them.
 */
final class Jobs implements PluginHost, HealthCheck {

    private static final Logger LOG = LoggerFactory.getLogger(Jobs.class);
    private static final Duration HEALTHY_WITHIN = Duration.ofSeconds(30);

    private final Map<String, Job> jobs = new ConcurrentSkipListMap<>();
    /** Class names by {@link StreamJob#name}, for each plugin that has some. */
    private final Map<Plugin, Map<String, String>> plugins = new IdentityHashMap<>();
    private Broker broker;
    private LocalLogs logs;

    synchronized void brokerArrived(Broker arrived, LocalLogs local) {
        broker = arrived;
        logs = local;
        jobs.values().forEach(this::startIfPossible);
    }

    synchronized void brokerLeft() {
        broker = null;
        logs = null;
        for (Job job : jobs.values()) {
            halt(job, "waits for the broker");
        }
    }

    /** @throws IllegalStateException if there is one of that name */
    synchronized void add(JobSpec spec, boolean fromFile) {
        if (jobs.containsKey(spec.name())) {
            throw new IllegalStateException("there is a job named " + spec.name() + " already; delete it first or choose another name");
        }
        Job job = new Job(spec, fromFile);
        jobs.put(spec.name(), job);
        startIfPossible(job);
    }

    synchronized void remove(String name) {
        Job job = jobs.get(name);
        if (job != null) {
            halt(job, "deleted");
            jobs.remove(name);
        }
    }

    synchronized void restart(String name) {
        Job job = jobs.get(name);
        halt(job, "restarts");
        startIfPossible(job);
    }

    Collection<Job> list() {
        return jobs.values();
    }

    Optional<Job> get(String name) {
        return Optional.ofNullable(jobs.get(name));
    }

    private void startIfPossible(Job job) {
        if (job.run() != null) {
            return;
        }
        if (broker == null) {
            job.idle(JobState.WAITING, "waits for the broker");
            return;
        }
        Plugin plugin = provider(job.spec().job());
        if (plugin == null) {
            job.idle(JobState.WAITING, "waits for a plugin that provides the job " + job.spec().job());
            return;
        }
        try {
            JobRun run = prepare(job, plugin);
            run.start();
            job.runs(run, plugin);
        } catch (PluginException e) {
            LOG.error("{}", e.getMessage(), e);
            job.idle(JobState.FAILED, e.getMessage());
        }
    }

    private Plugin provider(String job) {
        for (Map.Entry<Plugin, Map<String, String>> plugin : plugins.entrySet()) {
            if (plugin.getValue().containsKey(job)) {
                return plugin.getKey();
            }
        }
        return null;
    }

    private JobRun prepare(Job job, Plugin plugin) throws PluginException {
        JobSpec spec = job.spec();
        Plan plan = plan(spec, plugin, plugins.get(plugin));
        try {
            return new JobRun(spec, plan, plugin.classLoader(), broker, logs, job.counters());
        } catch (IllegalArgumentException e) {
            throw new PluginException(e.getMessage(), e);
        }
    }

    private static Plan plan(JobSpec spec, Plugin plugin, Map<String, String> provided) throws PluginException {
        String className = provided.get(spec.job());
        if (className == null) {
            throw new PluginException("plugin " + plugin.name() + " " + plugin.version() + " does not provide the job " + spec.job()
                    + ", which " + spec.name() + " runs; it provides " + provided.keySet());
        }
        try (var _ = PluginScope.of(plugin)) {
            return PlanBuilder.of((StreamJob) plugin.load(className).getConstructor().newInstance(), spec.config());
        } catch (Exception | LinkageError e) {
            Throwable cause = e instanceof InvocationTargetException wrapped && wrapped.getCause() != null ? wrapped.getCause() : e;
            throw new PluginException("job " + spec.name() + " (" + className + " of plugin " + plugin.name() + ") cannot be defined: "
                    + (cause.getMessage() == null ? cause.toString() : cause.getMessage()), cause);
        }
    }

    private void halt(Job job, String why) {
        JobRun run = job.run();
        if (run != null) {
            try {
                run.stop();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        job.idle(JobState.WAITING, why);
    }

    @Override
    public String name() {
        return "streams";
    }

    @Override
    public synchronized void arrived(Plugin plugin) {
        try {
            index(plugin);
            jobs.values().forEach(this::startIfPossible);
        } catch (PluginException e) {
            LOG.error("{}", e.getMessage(), e);
        }
    }

    private boolean index(Plugin plugin) throws PluginException {
        if (!plugins.containsKey(plugin)) {
            Map<String, String> provided = provided(plugin);
            if (!provided.isEmpty()) {
                plugins.put(plugin, provided);
            }
        }
        return plugins.containsKey(plugin);
    }

    private static Map<String, String> provided(Plugin plugin) throws PluginException {
        Map<String, String> provided = new LinkedHashMap<>();
        for (String className : plugin.providers(StreamJob.class.getName())) {
            try (var _ = PluginScope.of(plugin)) {
                provided.put(((StreamJob) plugin.load(className).getConstructor().newInstance()).name(), className);
            } catch (Exception | LinkageError e) {
                throw new PluginException("plugin " + plugin.name() + ": its job class " + className + " cannot be used: " + e
                        + "; it needs to be public, with a public constructor without arguments", e);
            }
        }
        return provided;
    }

    private List<Job> running(Plugin plugin) {
        return jobs.values().stream().filter(job -> job.plugin() == plugin).toList();
    }

    @Override
    public synchronized void validate(Plugin current, Plugin candidate) throws PluginException {
        Map<String, String> provided = provided(candidate);
        for (Job job : running(current)) {
            Optional<String> problem = Compatibility.problem(job.run().plan(), plan(job.spec(), candidate, provided));
            if (problem.isPresent()) {
                throw new PluginException("job " + job.spec().name() + " cannot go on with plugin " + candidate.name() + " " + candidate.version() + ": "
                        + problem.get());
            }
        }
    }

    @Override
    public synchronized void handOver(Plugin current, Plugin candidate) throws PluginException {
        List<Job> moving = running(current);
        boolean provides = index(candidate);
        List<Job> moved = new ArrayList<>();
        try {
            for (Job job : moving) {
                moved.add(job);
                halt(job, "moves to version " + candidate.version() + " of its plugin");
                JobRun run = prepare(job, candidate);
                job.runs(run, candidate);
                run.start();
                Optional<String> problem = run.awaitHealthy(HEALTHY_WITHIN);
                if (problem.isPresent()) {
                    throw new PluginException("job " + job.spec().name() + " is not healthy with plugin " + candidate.name() + " "
                            + candidate.version() + ": " + problem.get());
                }
            }
        } catch (PluginException | InterruptedException e) {
            plugins.remove(candidate);
            for (Job job : moved) {
                halt(job, "moves back");
                startIfPossible(job);
            }
            if (e instanceof PluginException failed) {
                throw failed;
            }
            Thread.currentThread().interrupt();
            throw new PluginException("interrupted while jobs moved to plugin " + candidate.name() + " " + candidate.version(), e);
        }
        plugins.remove(current);
        if (provides) {
            // Jobs that waited for something only the new version provides.
            jobs.values().forEach(this::startIfPossible);
        }
    }

    @Override
    public synchronized void withdraw(Plugin plugin) {
        plugins.remove(plugin);
        for (Job job : running(plugin)) {
            halt(job, "waits for a plugin that provides the job " + job.spec().job());
            startIfPossible(job);
        }
    }

    @Override
    public List<Finding> findings() {
        return jobs.values().stream().map(job -> new Finding("job", job.spec().name(), switch (job.status().state()) {
            case RUNNING -> State.OK;
            case STARTING, RESTORING, WAITING -> State.STARTING;
            case RESTARTING, STOPPED -> State.DEGRADED;
            case FAILED -> State.FAILED;
        }, job.status().detail())).toList();
    }
}
