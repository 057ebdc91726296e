package io.millrace.streams.job;

import io.millrace.api.plugin.Plugin;

/** A job that somebody asked for, whether it can run now or not. Changed under the lock of {@link Jobs}, looked at by anyone. */
final class Job {

    private final JobSpec spec;
    private final boolean fromFile;
    private final JobCounters counters = new JobCounters();
    private volatile JobRun run;
    private volatile Plugin plugin;
    private volatile JobRun.Status idle = new JobRun.Status(JobState.WAITING, "");

    Job(JobSpec spec, boolean fromFile) {
        this.spec = spec;
        this.fromFile = fromFile;
    }

    void runs(JobRun run, Plugin plugin) {
        this.run = run;
        this.plugin = plugin;
    }

    void idle(JobState state, String detail) {
        idle = new JobRun.Status(state, detail);
        run = null;
        plugin = null;
    }

    JobSpec spec() {
        return spec;
    }

    /** Whether a file of the node's {@code etc} folder asked for it, rather than a REST call. */
    boolean isFromFile() {
        return fromFile;
    }

    JobCounters counters() {
        return counters;
    }

    /** Null if it does not run. */
    JobRun run() {
        return run;
    }

    /** Null if it does not run. */
    Plugin plugin() {
        return plugin;
    }

    JobRun.Status status() {
        JobRun now = run;
        return now == null ? idle : now.status();
    }
}
