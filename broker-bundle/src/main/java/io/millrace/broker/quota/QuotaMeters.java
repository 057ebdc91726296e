package io.millrace.broker.quota;

import io.millrace.api.metrics.Meter;
import io.millrace.api.metrics.MeterSource;
import io.millrace.api.metrics.Meters;
import io.millrace.api.metrics.Tags;
import io.millrace.broker.quota.RateMeters.Used;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/** Kafka's metrics of client quotas, for those whom a quota limits: what they use of it, and for how long they are throttled. */
public final class QuotaMeters implements MeterSource {

    private static final String HELP_THROTTLE = "Milliseconds for which clients were throttled of late; the mean of those that were.";

    private final Quotas quotas;

    public QuotaMeters(Quotas quotas) {
        this.quotas = quotas;
    }

    @Override
    public void tell(Meters meters) {
        for (Used used : used()) {
            switch (used.type()) {
                case PRODUCER_BYTE_RATE -> tell(meters, used, "Produce", "byte-rate", "Bytes per second produced.");
                case CONSUMER_BYTE_RATE -> tell(meters, used, "Fetch", "byte-rate", "Bytes per second fetched.");
                case REQUEST_PERCENTAGE -> tell(meters, used, "Request", "request-time", "Percent of one thread's time spent on requests.");
                case CONNECTION_CREATION_RATE -> ofAddress(meters, used);
                case CONTROLLER_MUTATION_RATE -> { }
            }
        }
    }

    private List<Used> used() {
        return quotas.meters().used(TimeUnit.NANOSECONDS.toMillis(System.nanoTime()));
    }

    /** Equal as long as the same limits are in use. */
    @Override
    public Object shape() {
        return used().stream().map(used -> List.of(used.type(), used.user(), used.clientId())).collect(Collectors.toSet());
    }

    private void tell(Meters meters, Used used, String type, String attribute, String help) {
        // As with Kafka, the bean's name has what the limit names.
        String bean = "kafka.server:type=" + type + (used.user().isEmpty() ? "" : ",user={user}") + (used.clientId().isEmpty() ? "" : ",client-id={client_id}");
        String name = "kafka_server_" + type.toLowerCase(Locale.ROOT);
        Tags tags = Tags.of("user", used.user(), "client_id", used.clientId());
        gauge(meters, Meter.gauge(name + "_" + attribute.replace('-', '_'), help).as(bean + "#" + attribute), tags, used, Used::perSecond);
        gauge(meters, Meter.gauge(name + "_throttle_time", HELP_THROTTLE).as(bean + "#throttle-time"), tags, used, Used::throttleMillis);
    }

    private void ofAddress(Meters meters, Used used) {
        if (!used.clientId().isEmpty()) {
            Meter rate = Meter.gauge("kafka_server_socket_server_metrics_ip_connection_accept_rate", "Connections per second from an address that has a quota.")
                    .as("kafka.server:type=socket-server-metrics,ip={ip}#connection-accept-rate");
            gauge(meters, rate, Tags.of("ip", used.clientId()), used, Used::perSecond);
        }
    }

    /** Read again when it is asked for, since an MBean's meter is told once and read often. */
    private void gauge(Meters meters, Meter meter, Tags tags, Used told, ToDoubleFunction<Used> value) {
        meters.gauge(meter, tags, () -> quotas.meters().used(told.type(), told.user(), told.clientId(), TimeUnit.NANOSECONDS.toMillis(System.nanoTime()))
                .map(value::applyAsDouble).orElse(0.0));
    }
}
