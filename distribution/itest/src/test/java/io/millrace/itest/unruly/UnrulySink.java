package io.millrace.itest.unruly;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.connect.connector.Task;
import org.apache.kafka.connect.sink.SinkConnector;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.sink.SinkTask;

/** Does mischief in the callback that its configuration names. */
public final class UnrulySink extends SinkConnector {

    private Map<String, String> config;

    @Override
    public String version() {
        return "6.6.6";
    }

    @Override
    public ConfigDef config() {
        return new ConfigDef().define("mischief", ConfigDef.Type.STRING, "", ConfigDef.Importance.HIGH, "What to do, and where.");
    }

    @Override
    public void start(Map<String, String> settings) {
        config = settings;
    }

    @Override
    public Class<? extends Task> taskClass() {
        return UnrulyTask.class;
    }

    @Override
    public List<Map<String, String>> taskConfigs(int max) {
        return List.of(config);
    }

    @Override
    public void stop() {
        // Nothing to do.
    }

    /** Its task. */
    public static final class UnrulyTask extends SinkTask {

        private Map<String, String> config;

        @Override
        public String version() {
            return "6.6.6";
        }

        @Override
        public void start(Map<String, String> settings) {
            config = settings;
        }

        @Override
        public void open(Collection<TopicPartition> partitions) {
            new Mischief(config).at("open");
        }

        @Override
        public void put(Collection<SinkRecord> records) {
            if (!records.isEmpty()) {
                new Mischief(config).at("put");
            }
        }

        @Override
        public void flush(Map<TopicPartition, OffsetAndMetadata> offsets) {
            new Mischief(config).at("flush");
        }

        @Override
        public void stop() {
            new Mischief(config).at("task.stop");
        }
    }
}
