package io.millrace.broker.network;

import io.millrace.api.metrics.Meter;
import io.millrace.api.metrics.Meters;
import io.millrace.api.metrics.Tags;
import io.millrace.broker.metrics.KafkaName;

/** Kafka's socket server: connections and the memory of requests. */
public final class SocketMeters {

    private static final Tags PROCESSOR = Tags.of("listener", "PLAINTEXT", "networkProcessor", "0");
    private static final String ALL = "kafka.server:type=socket-server-metrics";
    private static final Tags LISTENER = Tags.of("listener", "PLAINTEXT");
    private static final String OF_LISTENER = ALL + ",listener={listener}";
    private static final String OF_PROCESSOR = OF_LISTENER + ",networkProcessor={networkProcessor}";

    private static final Meter CONNECTIONS = Meter.gauge("kafka_server_socket_server_metrics_connection_count", "Connections.")
            .as(OF_PROCESSOR + "#connection-count");
    private static final Meter CREATIONS = Meter.counter("kafka_server_socket_server_metrics_connection_creation_total", "Connections ever accepted.")
            .as(OF_PROCESSOR + "#connection-creation-*");
    private static final Meter CLOSES = Meter.counter("kafka_server_socket_server_metrics_connection_close_total", "Connections ever ended.")
            .as(OF_PROCESSOR + "#connection-close-*");
    private static final Meter ACCEPTS = Meter.counter("kafka_server_socket_server_metrics_connection_accept_total", "Connections ever accepted.")
            .as(OF_LISTENER + "#connection-accept-*");
    private static final Meter NODE_ACCEPTS = Meter.counter("kafka_server_socket_server_metrics_broker_connection_accept_total", "Connections ever accepted.")
            .as(ALL + "#broker-connection-accept-*");
    private static final Meter BLOCKED = Meter.counter("kafka_network_acceptor_blocked_nanoseconds_total", "For how long nothing was accepted because of limits.")
            .as("kafka.network:type=Acceptor,name=AcceptorBlockedPercent,listener={listener}");
    private static final Meter DELAYED = Meter.gauge("kafka_server_socket_server_metrics_connection_accept_throttle_time",
            "Milliseconds for which connections waited of late because of max.connection.creation.rate; the mean of those that did.")
            .as(OF_LISTENER + "#connection-accept-throttle-time");
    private static final Meter ADDRESS_DELAYED = Meter.gauge("kafka_server_socket_server_metrics_ip_connection_accept_throttle_time",
            "Milliseconds for which connections were kept of late before they were closed because of their address' connection_creation_rate.")
            .as(OF_LISTENER + "#ip-connection-accept-throttle-time");
    private static final Meter REFUSED = Meter.counter("millrace_connections_refused_total", "Connections closed without being served, because of limits of their address.");
    private static final Meter EXPIRED = Meter.counter("millrace_connections_expired_total", "Connections closed because their clients did nothing.");
    private static final Meter IN_FLIGHT = Meter.gauge("millrace_requests_in_flight", "Requests read but not answered.");
    private static final Meter DEPLETED = Meter.counter("kafka_server_socket_server_metrics_memory_pool_depleted_nanoseconds_total",
            "For how long requests waited for memory.").as(ALL + "#MemoryPoolDepletedTimeTotal");
    private static final Meter DEPLETED_PERCENT = Meter.gauge("kafka_server_socket_server_metrics_memory_pool_depleted_percent",
            "Share of the time of late in which requests waited for memory.").as(ALL + "#MemoryPoolAvgDepletedPercent");
    private static final Meter RESPONSES = Meter.gauge("millrace_response_memory_bytes", "Memory of responses that are made and not sent.");

    private final Listener listener;
    private final RecentShare depleted = new RecentShare();

    public SocketMeters(Listener listener) {
        this.listener = listener;
    }

    public void tell(Meters meters) {
        meters.gauge(CONNECTIONS, PROCESSOR, listener::connections);
        AcceptCounts accepting = listener.accepting();
        meters.counter(CREATIONS, PROCESSOR, accepting::accepted);
        meters.counter(CLOSES, PROCESSOR, listener::closed);
        meters.counter(ACCEPTS, LISTENER, accepting::accepted);
        meters.counter(NODE_ACCEPTS, Tags.NONE, accepting::accepted);
        meters.counter(BLOCKED, LISTENER, accepting::blockedNanos);
        meters.gauge(DELAYED, LISTENER, () -> accepting.delays().recent(System.nanoTime()).mean());
        meters.gauge(ADDRESS_DELAYED, LISTENER, () -> accepting.addressDelays().recent(System.nanoTime()).mean());
        meters.counter(REFUSED, Tags.NONE, accepting::refused);
        meters.counter(EXPIRED, Tags.of("reason", "idle"), listener.idle()::idle);
        meters.counter(EXPIRED, Tags.of("reason", "request half sent"), listener.idle()::halfSent);
        meters.counter(EXPIRED, Tags.of("reason", "response unread"), listener.idle()::unread);
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
