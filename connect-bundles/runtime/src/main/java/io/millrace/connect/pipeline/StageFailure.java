package io.millrace.connect.pipeline;

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

    public Stage stage() {
        return stage;
    }

    /** The class that failed. */
    public String className() {
        return className;
    }
}
