package io.millrace.itest.sample;

import java.util.Map;

/** What the sample plugin's jars are made of. */
public final class SamplePlugin {

    public static final String RELEASE_ENTRY = Release.ENTRY;
    public static final String FLAW_ENTRY = Release.FLAW_ENTRY;

    private SamplePlugin() {}

    public static Class<?>[] classes() {
        return new Class<?>[] {CountingSource.class, CountingSink.class, ReleaseMark.class, Release.class};
    }

    /** By service type. */
    public static Map<String, Class<?>> providers() {
        return Map.of("org.apache.kafka.connect.source.SourceConnector", CountingSource.class,
                "org.apache.kafka.connect.sink.SinkConnector", CountingSink.class,
                "org.apache.kafka.connect.transforms.Transformation", ReleaseMark.class);
    }
}
