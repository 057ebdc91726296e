package io.millrace.streams.job;

import io.millrace.api.metrics.Meter;
import io.millrace.api.metrics.MeterSource;
import io.millrace.api.metrics.Meters;
import io.millrace.api.metrics.Tags;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;

/** Stream jobs. Nothing told here holds anything of a plugin: whoever reads the meters must not keep a removed plugin in memory. */
final class JobMeters implements MeterSource {

    private static final String BEAN = "io.millrace.streams:type=job-metrics,job={job}#";
    private static final Meter STATE = Meter.state("millrace_stream_job_state", "1 for the state a job is in.").as(BEAN + "state");
    private static final Meter COMMITS = Meter.summary("millrace_stream_commit_ms", "Commits: from flushing state to the transaction being durable.", 1e-3)
            .as(BEAN + "commit-latency-*");
    private static final Meter COMMIT_RECORDS = Meter.summary("millrace_stream_commit_records", "Records that one commit wrote.", 1)
            .as(BEAN + "commit-records-*");
    private static final Map<Meter, ToLongFunction<JobCounters>> COUNTERS = new LinkedHashMap<>();
    private static final Map<Meter, ToDoubleFunction<JobRun>> GAUGES = new LinkedHashMap<>();

    static {
        counter("millrace_stream_records_in_total", "process-*", "Records processed.", JobCounters::processed);
        counter("millrace_stream_records_out_total", "write-*", "Records written: results, repartitioned records and changes of state.", JobCounters::written);
        counter("millrace_stream_records_late_total", "dropped-late-*", "Windows that did not get a record because their grace was over.", JobCounters::late);
        counter("millrace_stream_records_dropped_total", "dropped-*", "Records dropped for a null key or value or a negative timestamp.",
                JobCounters::dropped);
        counter("millrace_stream_job_restarts_total", "restart-*", "Restarts after failures.", JobCounters::restarts);
        gauge("millrace_stream_lag", "records-lag", "Records that could be read and are not processed, as of the last commit.", run -> run.progress().lag());
        gauge("millrace_stream_state_entries", "state-entries", "Entries of all state stores, as of the last commit.", run -> run.progress().stateEntries());
        gauge("millrace_stream_tasks", "task-count", "Tasks.", JobRun::tasks);
    }

    private static void counter(String name, String attribute, String help, ToLongFunction<JobCounters> value) {
        COUNTERS.put(Meter.counter(name, help).as(BEAN + attribute), value);
    }

    private static void gauge(String name, String attribute, String help, ToDoubleFunction<JobRun> value) {
        GAUGES.put(Meter.gauge(name, help).as(BEAN + attribute), value);
    }

    private final Jobs jobs;

    JobMeters(Jobs jobs) {
        this.jobs = jobs;
    }

    @Override
    public void tell(Meters meters) {
        for (Job job : jobs.list()) {
            Tags tags = Tags.of("job", job.spec().name());
            meters.state(STATE, tags, () -> job.status().state().name());
            COUNTERS.forEach((meter, value) -> meters.counter(meter, tags, () -> value.applyAsLong(job.counters())));
            GAUGES.forEach((meter, value) -> meters.gauge(meter, tags, () -> of(job, value)));
            meters.distribution(COMMITS, tags, job.counters().commitTimes());
            meters.distribution(COMMIT_RECORDS, tags, job.counters().commitRecords());
        }
    }

    private static double of(Job job, ToDoubleFunction<JobRun> value) {
        JobRun run = job.run();
        return run == null ? 0 : value.applyAsDouble(run);
    }

    @Override
    public Object shape() {
        return jobs.list().stream().map(Job::counters).toList();
    }
}
