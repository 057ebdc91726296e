package io.millrace.itest.diary;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.connect.connector.Task;
import org.apache.kafka.connect.source.ConnectorTransactionBoundaries;
import org.apache.kafka.connect.source.ExactlyOnceSupport;
import org.apache.kafka.connect.source.SourceConnector;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.source.SourceTask;

/**
 * Every task counts from where it stopped, {@code TASK:NUMBER}, and keeps a diary. With {@code group.size} it defines its transactions: each holds a
 * group of that many numbers, and every third group is taken back. With anything in {@code supports} it cannot deliver exactly once.
 */
public final class DiarySource extends SourceConnector {

    private Map<String, String> config;
    private Diary diary;

    @Override
    public String version() {
        return "1.0.0";
    }

    @Override
    public ConfigDef config() {
        return new ConfigDef().define("diary", ConfigDef.Type.STRING, ConfigDef.NO_DEFAULT_VALUE, ConfigDef.Importance.HIGH, "The file.")
                .define("topic", ConfigDef.Type.STRING, ConfigDef.NO_DEFAULT_VALUE, ConfigDef.Importance.HIGH, "Topic to count in.")
                .define("pause.ms", ConfigDef.Type.LONG, 5L, ConfigDef.Importance.LOW, "Pause between numbers.")
                .define("padding", ConfigDef.Type.INT, 0, ConfigDef.Importance.LOW, "Characters after each number.")
                .define("group.size", ConfigDef.Type.INT, 0, ConfigDef.Importance.LOW, "Numbers of a transaction.");
    }

    @Override
    public void start(Map<String, String> settings) {
        config = settings;
        diary = new Diary(settings, "connector");
        diary.note("starts");
        diary.failIfWanted();
    }

    @Override
    public Class<? extends Task> taskClass() {
        return Counter.class;
    }

    @Override
    public List<Map<String, String>> taskConfigs(int max) {
        List<Map<String, String>> tasks = new ArrayList<>();
        for (int task = 0; task < max; task++) {
            Map<String, String> own = new HashMap<>(config);
            own.put("number", Integer.toString(task));
            tasks.add(own);
        }
        return tasks;
    }

    @Override
    public ExactlyOnceSupport exactlyOnceSupport(Map<String, String> settings) {
        return settings.containsKey("supports") ? ExactlyOnceSupport.UNSUPPORTED : ExactlyOnceSupport.SUPPORTED;
    }

    @Override
    public ConnectorTransactionBoundaries canDefineTransactionBoundaries(Map<String, String> settings) {
        return settings.containsKey("group.size") ? ConnectorTransactionBoundaries.SUPPORTED : ConnectorTransactionBoundaries.UNSUPPORTED;
    }

    @Override
    public void stop() {
        if (diary != null) {
            diary.note("stops");
        }
    }

    /** The task. */
    public static final class Counter extends SourceTask {

        private Map<String, String> partition;
        private Diary diary;
        private String topic;
        private String number;
        private long pauseMs;
        private int group;
        private String padding;
        private long next;

        @Override
        public String version() {
            return "1.0.0";
        }

        @Override
        public void start(Map<String, String> settings) {
            number = settings.get("number");
            diary = new Diary(settings, "task " + number);
            topic = settings.get("topic");
            pauseMs = Long.parseLong(settings.getOrDefault("pause.ms", "5"));
            group = Integer.parseInt(settings.getOrDefault("group.size", "0"));
            padding = ".".repeat(Integer.parseInt(settings.getOrDefault("padding", "0")));
            partition = Map.of("task", number);
            Map<String, Object> stored = context.offsetStorageReader().offset(partition);
            next = stored == null ? 0 : (Long) stored.get("next");
            diary.note("starts at " + next);
        }

        @Override
        public List<SourceRecord> poll() throws InterruptedException {
            Thread.sleep(pauseMs);
            diary.failIfWanted();
            if (diary.isThere("hangs")) {
                hang();
            }
            long value = next++;
            SourceRecord record = new SourceRecord(partition, Map.of("next", next), topic, 0, null, null, null, number + ":" + value + padding);
            if (group > 0 && next % group == 0) {
                if (next / group % 3 == 0) {
                    context.transactionContext().abortTransaction(record);
                } else {
                    context.transactionContext().commitTransaction(record);
                }
            }
            return List.of(record);
        }

        /** Swallows every interrupt. */
        private void hang() {
            diary.note("hangs");
            while (diary.isThere("hangs")) {
                LockSupport.parkNanos(10_000_000);
                Thread.interrupted();
            }
        }

        @Override
        public void stop() {
            if (diary != null) {
                diary.note("stops");
            }
        }
    }
}
