package io.millrace.itest.diary;

import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.connect.connector.Task;
import org.apache.kafka.connect.errors.RetriableException;
import org.apache.kafka.connect.sink.SinkConnector;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.sink.SinkTask;

/** Writes what it is given into its diary, and reports each value with "odd" in it. While its file {@code wait} is there, it wants to be called again. */
public final class DiarySink extends SinkConnector {

    private Map<String, String> config;

    @Override
    public String version() {
        return "1.0.0";
    }

    @Override
    public ConfigDef config() {
        return new ConfigDef().define("diary", ConfigDef.Type.STRING, ConfigDef.NO_DEFAULT_VALUE, ConfigDef.Importance.HIGH, "The file.");
    }

    @Override
    public void start(Map<String, String> settings) {
        config = settings;
    }

    @Override
    public Class<? extends Task> taskClass() {
        return Writer.class;
    }

    @Override
    public List<Map<String, String>> taskConfigs(int max) {
        return Collections.nCopies(max, config);
    }

    @Override
    public void stop() {
        // Holds nothing.
    }

    /** The task. */
    public static final class Writer extends SinkTask {

        private Diary diary;

        @Override
        public String version() {
            return "1.0.0";
        }

        @Override
        public void start(Map<String, String> settings) {
            diary = new Diary(settings, "sink");
        }

        @Override
        public void put(Collection<SinkRecord> records) {
            if (diary.isThere("wait")) {
                throw new RetriableException("it waits as it is told to");
            }
            if (!records.isEmpty()) {
                diary.note("is given " + records.size());
            }
            for (SinkRecord record : records) {
                if (record.value().toString().contains("odd")) {
                    context.errantRecordReporter().report(record, new IllegalArgumentException("odd: " + record.value()));
                } else {
                    diary.note(record.value().toString());
                }
            }
        }

        @Override
        public void stop() {
            // Holds nothing.
        }
    }
}
