package io.millrace.broker.log;

import java.io.IOException;
import java.time.Clock;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Removes what the topics' retention no longer wants. Thread-safe. */
final class LogRetention {

    private static final Logger LOG = LoggerFactory.getLogger(LogRetention.class);

    private final Clock clock;

    LogRetention(Clock clock) {
        this.clock = clock;
    }

    /** Blocks for the disk. What fails is tried again the next time. */
    void apply(LogDir dir) {
        for (SegmentedLog log : dir.logs()) {
            if (!log.isOnline()) {
                continue;
            }
            try {
                apply(log);
            } catch (IOException | RuntimeException e) {
                LOG.error("{}: retention failed, it is tried again", log.folder(), e);
                dir.suspect(e);
            }
        }
    }

    private void apply(SegmentedLog log) throws IOException {
        List<Segment> gone = log.files().retire(log.limits(), clock.millis());
        log.producers().expire();
        if (gone.isEmpty()) {
            return;
        }
        LOG.info("{}: {} segments are beyond retention, the log starts at {}", log.topicPartition(), gone.size(), log.startOffset());
        log.deleteLater(() -> {
            for (Segment segment : gone) {
                segment.delete();
            }
        });
    }
}
