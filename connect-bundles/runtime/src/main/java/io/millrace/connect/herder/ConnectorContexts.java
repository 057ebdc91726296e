package io.millrace.connect.herder;

import io.millrace.connect.source.StoredOffsets;
import org.apache.kafka.common.metrics.PluginMetrics;
import org.apache.kafka.connect.connector.ConnectorContext;
import org.apache.kafka.connect.sink.SinkConnectorContext;
import org.apache.kafka.connect.source.SourceConnectorContext;
import org.apache.kafka.connect.storage.OffsetStorageReader;

/** What connectors call the runtime with. */
final class ConnectorContexts {

    /** Where the calls go; they come on any thread and must not block. */
    interface Calls {

        void requestTaskReconfiguration();

        void raiseError(Exception error);
    }

    private ConnectorContexts() {}

    static ConnectorContext sink(Calls calls, PluginMetrics metrics) {
        return new Sink(calls, metrics);
    }

    static ConnectorContext source(Calls calls, PluginMetrics metrics, StoredOffsets offsets) {
        return new Source(calls, metrics, offsets);
    }

    private abstract static class Context implements ConnectorContext {

        private final Calls calls;
        private final PluginMetrics metrics;

        Context(Calls calls, PluginMetrics metrics) {
            this.calls = calls;
            this.metrics = metrics;
        }

        @Override
        public void requestTaskReconfiguration() {
            calls.requestTaskReconfiguration();
        }

        @Override
        public void raiseError(Exception error) {
            calls.raiseError(error);
        }

        @Override
        public PluginMetrics pluginMetrics() {
            return metrics;
        }
    }

    private static final class Sink extends Context implements SinkConnectorContext {

        Sink(Calls calls, PluginMetrics metrics) {
            super(calls, metrics);
        }
    }

    private static final class Source extends Context implements SourceConnectorContext {

        private final OffsetStorageReader offsets;

        Source(Calls calls, PluginMetrics metrics, OffsetStorageReader offsets) {
            super(calls, metrics);
            this.offsets = offsets;
        }

        @Override
        public OffsetStorageReader offsetStorageReader() {
            return offsets;
        }
    }
}
