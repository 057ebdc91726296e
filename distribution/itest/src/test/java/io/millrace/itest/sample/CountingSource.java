package io.millrace.itest.sample;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.Config;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.connect.connector.Task;
import org.apache.kafka.connect.source.ExactlyOnceSupport;
import org.apache.kafka.connect.source.SourceConnector;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.source.SourceTask;

/** Counts from where it stopped: {@code version number}, one every few milliseconds. */
public final class CountingSource extends SourceConnector {

    private Map<String, String> config;

    @Override
    public String version() {
        return Release.version();
    }

    @Override
    public ConfigDef config() {
        return new ConfigDef().define("topic", ConfigDef.Type.STRING, ConfigDef.NO_DEFAULT_VALUE, ConfigDef.Importance.HIGH, "Topic to count in.")
                .define("shape", ConfigDef.Type.STRING, "text", ConfigDef.ValidString.in("text", "object"), ConfigDef.Importance.LOW, "Of the values.")
                .define("batch", ConfigDef.Type.INT, 1, ConfigDef.Importance.LOW, "Numbers at a time.")
                .define("padding", ConfigDef.Type.INT, 0, ConfigDef.Importance.LOW, "Characters after each number.")
                .define("pause.ms", ConfigDef.Type.LONG, 5L, ConfigDef.Importance.LOW, "Pause between numbers.");
    }

    @Override
    public Config validate(Map<String, String> settings) {
        Release.flaw("validate");
        return super.validate(settings);
    }

    @Override
    public void start(Map<String, String> settings) {
        Release.flaw("start");
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
    public ExactlyOnceSupport exactlyOnceSupport(Map<String, String> settings) {
        return ExactlyOnceSupport.SUPPORTED;
    }

    @Override
    public void stop() {
        config = null;
    }

    /** The task. */
    public static final class Counter extends SourceTask {

        private static final Map<String, String> PARTITION = Map.of("counter", "1");

        private String topic;
        private long pauseMs;
        private boolean objects;
        private int batch;
        private String padding;
        private long next;
        private long polled;

        @Override
        public String version() {
            return Release.version();
        }

        @Override
        public void start(Map<String, String> settings) {
            Release.flaw("task.start");
            topic = settings.get("topic");
            objects = "object".equals(settings.get("shape"));
            pauseMs = Long.parseLong(settings.getOrDefault("pause.ms", "5"));
            batch = Integer.parseInt(settings.getOrDefault("batch", "1"));
            padding = " ".repeat(Integer.parseInt(settings.getOrDefault("padding", "0")));
            Map<String, Object> stored = context.offsetStorageReader().offset(PARTITION);
            next = stored == null ? 0 : (Long) stored.get("next");
        }

        @Override
        public List<SourceRecord> poll() throws InterruptedException {
            if (pauseMs > 0) {
                Thread.sleep(pauseMs);
            }
            if (polled++ > 3) {
                Release.flaw("poll");
            }
            List<SourceRecord> records = new ArrayList<>(batch);
            String release = Release.version();
            for (int i = 0; i < batch; i++) {
                long number = next++;
                records.add(new SourceRecord(PARTITION, Map.of("next", next), topic, null,
                        objects ? Map.of("id", number, "release", release) : release + " " + number + padding));
            }
            return records;
        }

        @Override
        public void stop() {
            // poll() comes back by itself.
        }
    }
}
