package io.millrace.connect.pipeline;

import io.millrace.connect.task.LastErrors;
import java.util.Map;

/** One record failed in one stage. Whether that fails the task is decided where it is caught. */
public final class StageFailure extends Exception {

    private static final long serialVersionUID = 1L;

    private final Stage stage;
    private final String className;

    public StageFailure(Stage stage, String className, Throwable cause) {
        super(stage + " " + className + ": " + cause, cause);
        this.stage = stage;
        this.className = className;
    }

    /**
     * As it is remembered.
     *
     * @param record where the record is
     */
    public LastErrors.Entry remembered(Map<String, Object> record, boolean tolerated) {
        Throwable cause = getCause();
        return new LastErrors.Entry(System.currentTimeMillis(), stage.name(), className, cause == null ? "" : cause.getClass().getName(),
                cause == null ? getMessage() : cause.getMessage(), record, tolerated ? LastErrors.Fate.SKIPPED : LastErrors.Fate.FAILED);
    }

    public Stage stage() {
        return stage;
    }

    /** The class that failed. */
    public String className() {
        return className;
    }
}
