package io.millrace.broker.metrics;

import io.millrace.api.metrics.Meter;
import io.millrace.api.metrics.Meters;
import io.millrace.api.metrics.Tags;
import io.millrace.broker.network.Listener;

/** Kafka's socket server: connections and the memory of requests. */
final class SocketMeters {

    private static final Tags PROCESSOR = Tags.of("listener", "PLAINTEXT", "networkProcessor", "0");
    private static final String ALL = "kafka.server:type=socket-server-metrics";
    private static final String OF_PROCESSOR = ALL + ",listener={listener},networkProcessor={networkProcessor}";

    private static final Meter CONNECTIONS = Meter.gauge("kafka_server_socket_server_metrics_connection_count", "Connections.")
            .as(OF_PROCESSOR + "#connection-count");
    private static final Meter CREATIONS = Meter.counter("kafka_server_socket_server_metrics_connection_creation_total", "Connections ever accepted.")
            .as(OF_PROCESSOR + "#connection-creation");
    private static final Meter REFUSED = Meter.counter("millrace_connections_refused_total", "Connections closed at once because of max.connections.");
    private static final Meter IN_FLIGHT = Meter.gauge("millrace_requests_in_flight", "Requests read but not answered.");
    private static final Meter DEPLETED = Meter.counter("kafka_server_socket_server_metrics_memory_pool_depleted_nanoseconds_total",
            "For how long requests waited for memory.").as(ALL + "#MemoryPoolDepletedTimeTotal");
    private static final Meter DEPLETED_PERCENT = Meter.gauge("kafka_server_socket_server_metrics_memory_pool_depleted_percent",
            "Share of the time of late in which requests waited for memory.").as(ALL + "#MemoryPoolAvgDepletedPercent");
    private static final Meter RESPONSES = Meter.gauge("millrace_response_memory_bytes", "Memory of responses that are made and not sent.");

    private final Listener listener;
    private final RecentShare depleted = new RecentShare();

    SocketMeters(Listener listener) {
        this.listener = listener;
    }

    void tell(Meters meters) {
        meters.gauge(CONNECTIONS, PROCESSOR, listener::connections);
        meters.counter(CREATIONS, PROCESSOR, listener::accepted);
        meters.counter(REFUSED, Tags.NONE, listener::refused);
        meters.gauge(IN_FLIGHT, Tags.NONE, listener::inFlight);
        meters.gauge(KafkaName.gauge("network", "SocketServer", "MemoryPoolAvailable", "Memory left for requests."), Tags.NONE,
                () -> listener.memory().availableBytes());
        meters.gauge(KafkaName.gauge("network", "SocketServer", "MemoryPoolUsed", "Memory of requests that are read and not answered."), Tags.NONE,
                () -> listener.memory().usedBytes());
        meters.counter(DEPLETED, Tags.NONE, () -> listener.memory().depletedNanos());
        meters.gauge(DEPLETED_PERCENT, Tags.NONE, () -> depleted.of(listener.memory().depletedNanos(), System.nanoTime()));
        meters.gauge(RESPONSES, Tags.NONE, () -> listener.memory().responseBytes());
    }
}
