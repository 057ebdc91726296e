package io.millrace.broker.log.clean;

/** Told by a cleaning of what it read and wrote; rests when that is too fast. */
interface Pace {

    /** @throws CleaningStopped if the cleaning is to end now */
    void read(long bytes);

    /** @throws CleaningStopped if the cleaning is to end now */
    void written(long bytes);

    /** The broker stops: what was written so far is thrown away. */
    final class CleaningStopped extends RuntimeException {

        CleaningStopped() {
            super("the cleaner stops", null, false, false);
        }
    }
}
