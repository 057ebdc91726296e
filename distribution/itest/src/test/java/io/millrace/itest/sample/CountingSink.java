package io.millrace.itest.sample;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.connect.connector.Task;
import org.apache.kafka.connect.sink.SinkConnector;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.sink.SinkTask;

/** Counts what it is given and forgets it; a file comes to be when it has seen so many. */
public final class CountingSink extends SinkConnector {

    private Map<String, String> config;

    @Override
    public String version() {
        return Release.version();
    }

    @Override
    public ConfigDef config() {
        return new ConfigDef().define("many", ConfigDef.Type.LONG, ConfigDef.NO_DEFAULT_VALUE, ConfigDef.Importance.HIGH, "Records to be seen.")
                .define("file", ConfigDef.Type.STRING, ConfigDef.NO_DEFAULT_VALUE, ConfigDef.Importance.HIGH, "File that then comes to be.");
    }

    @Override
    public void start(Map<String, String> settings) {
        config = settings;
    }

    @Override
    public Class<? extends Task> taskClass() {
        return Counter.class;
    }

    @Override
    public List<Map<String, String>> taskConfigs(int max) {
        return List.of(config);
    }

    @Override
    public void stop() {
        config = null;
    }

    /** The task. */
    public static final class Counter extends SinkTask {

        private Path file;
        private long many;
        private long seen;

        @Override
        public String version() {
            return Release.version();
        }

        @Override
        public void start(Map<String, String> settings) {
            file = Path.of(settings.get("file"));
            many = Long.parseLong(settings.get("many"));
        }

        @Override
        public void put(Collection<SinkRecord> records) {
            boolean before = seen < many;
            seen += records.size();
            if (before && seen >= many) {
                try {
                    Files.writeString(file, Long.toString(seen));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        }

        @Override
        public void stop() {
            // Holds nothing.
        }
    }
}
