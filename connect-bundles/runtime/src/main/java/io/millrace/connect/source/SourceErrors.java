package io.millrace.connect.source;

import io.millrace.connect.config.ConnectorConfig;
import io.millrace.connect.pipeline.StageFailure;
import io.millrace.connect.task.TaskSetup;
import java.util.Map;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.source.SourceRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What becomes of a source's records that failed: logged, skipped or fatal, as {@code errors.*} says (KIP-298). */
final class SourceErrors {

    private static final Logger LOG = LoggerFactory.getLogger(SourceErrors.class);

    private final TaskSetup setup;

    SourceErrors(TaskSetup setup) {
        this.setup = setup;
    }

    boolean areTolerated() {
        return setup.config().toleratesErrors();
    }

    /** @throws ConnectException if errors are not tolerated */
    void handle(SourceRecord record, StageFailure failure) {
        ConnectorConfig config = setup.config();
        Map<String, Object> where = Map.of("source_partition", String.valueOf(record.sourcePartition()), "source_offset",
                String.valueOf(record.sourceOffset()), "topic", String.valueOf(record.topic()));
        setup.counters().recordFailed(failure.remembered(where, areTolerated()), config.flag("errors.log.enable"));
        if (config.flag("errors.log.enable")) {
            LOG.error("task {}: {}{}", setup.id(), failure.getMessage(),
                    config.flag("errors.log.include.messages") ? "; record " + record : "", failure.getCause());
        }
        if (!areTolerated()) {
            throw new ConnectException("Tolerance exceeded in error handler: " + failure.getMessage(), failure.getCause());
        }
        setup.counters().skipped();
    }
}
