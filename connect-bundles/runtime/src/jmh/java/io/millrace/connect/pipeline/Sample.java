package io.millrace.connect.pipeline;

import io.millrace.connect.config.ConnectorConfig;
import io.millrace.connect.task.ByteBudget;
import io.millrace.connect.task.TaskCounters;
import io.millrace.connect.task.TaskId;
import io.millrace.connect.task.TaskSetup;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.connect.connector.ConnectRecord;
import org.apache.kafka.connect.json.JsonConverter;
import org.apache.kafka.connect.storage.Converter;
import org.apache.kafka.connect.storage.StringConverter;
import org.apache.kafka.connect.transforms.HoistField;
import org.apache.kafka.connect.transforms.Transformation;

/** What the benchmarks send: records of a format, with or without a transformation, both for the runtime and for a loop of its own. */
public enum Sample {
    STRING(StringConverter.class, false), JSON(JsonConverter.class, false), JSON_TRANSFORMED(JsonConverter.class, true);

    public static final int RECORDS = 500;

    private final Class<? extends Converter> converter;
    private final boolean transformed;

    Sample(Class<? extends Converter> converter, boolean transformed) {
        this.converter = converter;
        this.transformed = transformed;
    }

    public Object value(int i) {
        return this == STRING ? "a value of about a hundred bytes, as records often are, with a number in it that differs: " + i
                : Map.of("id", i, "name", "customer " + i, "city", "Basel", "amount", 12.5 * i, "active", true);
    }

    public Converter converter(boolean key) {
        try {
            Converter made = key ? new StringConverter() : converter.getDeclaredConstructor().newInstance();
            made.configure(Map.of("schemas.enable", false), key);
            return made;
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Null for none. */
    public <R extends ConnectRecord<R>> Transformation<R> transformation() {
        if (!transformed) {
            return null;
        }
        Transformation<R> hoist = new HoistField.Value<>();
        hoist.configure(Map.of("field", "after"));
        return hoist;
    }

    public TaskSetup setup(boolean sink, Class<?> task) {
        Map<String, String> values = new HashMap<>(Map.of("name", "c", "connector.class", "x", "key.converter", StringConverter.class.getName(),
                "value.converter", converter.getName(), "value.converter.schemas.enable", "false"));
        if (sink) {
            values.put("topics", "t");
        }
        if (transformed) {
            values.putAll(Map.of("transforms", "hoist", "transforms.hoist.type", HoistField.Value.class.getName(), "transforms.hoist.field", "after"));
        }
        return new TaskSetup(new TaskId("c", 0), new ConnectorConfig(values, sink), Map.of(), task, Sample.class.getClassLoader(), null, null, null, null,
                new TaskCounters(), _ -> { }, _ -> { }, new TaskSetup.TaskOptions(true, false, 1_000, new ByteBudget(Long.MAX_VALUE)));
    }
}
