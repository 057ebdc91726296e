package io.millrace.connect.task;

/** One run of a task, from start to end. {@link #run} belongs to the task's thread; the other methods may be called from any. */
public interface WorkerTask {

    /** Told of a run's progress, on the task's thread. */
    interface Progress {

        /**
         * The task has started and does its work.
         *
         * @param version what its class says of itself
         */
        void running(String version);

        /** Something went through: a poll or a put has succeeded. */
        void progressed();

        /** Nothing goes through for now: the connector asks to be called again. Until the next progress. */
        void delayed(String why);
    }

    /** Returns when the task was asked to stop and has committed what it did; throws when it failed. Everything it held is closed then. */
    void run(Progress progress) throws Exception;

    /** Asks the run to end after what it is doing. */
    void requestStop();

    /** Tells plugin code that blocks to let go; only after {@link #requestStop}. May block for as long as the plugin's {@code stop()} does. */
    void stopPlugin();

    void pause(boolean paused);
}
