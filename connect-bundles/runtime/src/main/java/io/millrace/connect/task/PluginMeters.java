package io.millrace.connect.task;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.metrics.PluginMetrics;
import org.apache.kafka.common.metrics.internals.PluginMetricsImpl;

/** Where a connector or task registers metrics of its own (KIP-877). Its registry ends with it, so none of its classes stay behind. */
public final class PluginMeters implements AutoCloseable {

    private final Metrics registry = new Metrics();
    private final PluginMetricsImpl metrics;

    public PluginMeters(Map<String, String> tags) {
        this.metrics = new PluginMetricsImpl(registry, tags);
    }

    public PluginMetrics metrics() {
        return metrics;
    }

    @Override
    public void close() {
        try {
            metrics.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            registry.close();
        }
    }
}
