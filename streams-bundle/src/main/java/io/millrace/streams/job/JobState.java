package io.millrace.streams.job;

/** What a job is doing. */
enum JobState {
    /** Something is missing that others bring: its plugin, the broker, its input topics. */
    WAITING,
    STARTING,
    /** Reads its state from the changelogs. */
    RESTORING,
    RUNNING,
    /** Failed, and will be started again in a moment. */
    RESTARTING,
    /** Failed too often; a restart by hand or a new version of its plugin starts it again. */
    FAILED,
    STOPPED
}
