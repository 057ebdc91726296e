package io.millrace.itest.unruly;

import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.Config;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.connect.connector.Task;
import org.apache.kafka.connect.source.SourceConnector;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.source.SourceTask;

/** Does mischief in the callback that its configuration names. */
public final class UnrulySource extends SourceConnector {

    private Map<String, String> config;

    @Override
    public String version() {
        return "6.6.6";
    }

    @Override
    public ConfigDef config() {
        return new ConfigDef().define("mischief", ConfigDef.Type.STRING, "", ConfigDef.Importance.HIGH, "What to do, and where.")
                .define("topic", ConfigDef.Type.STRING, "unruly", ConfigDef.Importance.LOW, "Where to write.");
    }

    @Override
    public Config validate(Map<String, String> settings) {
        new Mischief(settings).at("validate");
        return super.validate(settings);
    }

    @Override
    public void start(Map<String, String> settings) {
        config = settings;
        new Mischief(settings).at("start");
    }

    @Override
    public Class<? extends Task> taskClass() {
        new Mischief(config).at("taskClass");
        return UnrulyTask.class;
    }

    @Override
    public List<Map<String, String>> taskConfigs(int max) {
        new Mischief(config).at("taskConfigs");
        return List.of(config);
    }

    @Override
    public void stop() {
        new Mischief(config).at("stop");
    }

    /** Its task. */
    public static final class UnrulyTask extends SourceTask {

        private Map<String, String> config;
        private long number;

        @Override
        public String version() {
            return "6.6.6";
        }

        @Override
        public void start(Map<String, String> settings) {
            config = settings;
            new Mischief(config).at("task.start");
        }

        @Override
        public List<SourceRecord> poll() throws InterruptedException {
            new Mischief(config).at("poll");
            Thread.sleep(10);
            return List.of(new SourceRecord(Map.of("p", "1"), Map.of("n", number), config.getOrDefault("topic", "unruly"), null, "unruly " + number++));
        }

        @Override
        public void commit() {
            new Mischief(config).at("commit");
        }

        @Override
        public void stop() {
            new Mischief(config).at("task.stop");
        }
    }
}
