package io.millrace.broker.log.clean;

import java.io.IOException;
import java.util.Collection;
import java.util.Map;

/** Where the cleaner finds its logs, and keeps how far each of them is clean ({@code cleaner-offset-checkpoint}). Called by one thread at a time. */
public interface CleanerHost {

    /** Those that are compacted and online, now. */
    Collection<? extends CleanableLog> compactedLogs();

    /** Called once, before the first cleaning. Of all logs, compacted or not, of which it is known. */
    Map<CleanableLog, Long> readCleanedOffsets() throws IOException;

    /** Durable on return. */
    void writeCleanedOffsets(Map<CleanableLog, Long> offsets) throws IOException;
}
