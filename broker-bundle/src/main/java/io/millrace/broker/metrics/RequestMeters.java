package io.millrace.broker.metrics;

import io.millrace.api.metrics.Distribution;
import io.millrace.api.metrics.Meter;
import io.millrace.api.metrics.Meters;
import io.millrace.api.metrics.Tags;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import org.apache.kafka.common.protocol.ApiKeys;

/** Kafka's {@code RequestMetrics} of every API that was asked for. */
public final class RequestMeters {

    private static final double MICROS_IN_MS = 1e-3;

    private static final Meter REQUESTS = Meter.counter("kafka_network_requestmetrics_requests_total", "Requests answered, by API and version.")
            .as("kafka.network:type=RequestMetrics,name=RequestsPerSec,request={request},version={version}");
    private static final Meter ERRORS = Meter.counter("kafka_network_requestmetrics_errors_total", "Errors in responses, by API and error; one per partition.")
            .as("kafka.network:type=RequestMetrics,name=ErrorsPerSec,request={request},error={error}");
    private static final Meter SECONDS = Meter.histogram("millrace_request_seconds", "Time from a request's last byte read to its response's last byte sent.",
            1e-6);
    private static final Meter BYTES = Meter.summary("kafka_network_requestmetrics_requestbytes", "Bytes of a request.", 1)
            .as("kafka.network:type=RequestMetrics,name=RequestBytes,request={request}");

    private static final Map<Meter, Function<ApiTimes, Distribution>> PARTS = new LinkedHashMap<>();

    static {
        part("RequestQueueTimeMs", "Until the handler began: decoding.", times -> times.queue);
        part("LocalTimeMs", "Work of the handler.", times -> times.local);
        part("RemoteTimeMs", "Waiting for the disk, for data or for other members.", times -> times.remote);
        part("ThrottleTimeMs", "Held back because of a quota.", times -> times.throttle);
        part("ResponseQueueTimeMs", "Waiting for the answers before it on its connection.", times -> times.responseQueue);
        part("ResponseSendTimeMs", "Encoding and sending of the response.", times -> times.send);
        part("TotalTimeMs", "From the request's last byte read to the response's last byte sent.", times -> times.total);
    }

    private static void part(String name, String help, Function<ApiTimes, Distribution> of) {
        PARTS.put(Meter.summary("kafka_network_requestmetrics_" + name.toLowerCase(Locale.ROOT), help, MICROS_IN_MS)
                .as("kafka.network:type=RequestMetrics,name=" + name + ",request={request}"), of);
    }

    private final RequestMetrics requests;

    public RequestMeters(RequestMetrics requests) {
        this.requests = requests;
    }

    public void tell(Meters meters) {
        for (ApiKeys api : ApiKeys.values()) {
            ApiTimes times = requests.times(api);
            if (times != null) {
                names(api).forEach(name -> tell(meters, name, times));
                meters.distribution(SECONDS, Tags.of("request", api.name), times.total);
            }
        }
    }

    /** Kafka's dashboards look for the fetches of consumers; as long as nobody else fetches, these are all. */
    private static List<String> names(ApiKeys api) {
        return api == ApiKeys.FETCH ? List.of(api.name, "FetchConsumer") : List.of(api.name);
    }

    private static void tell(Meters meters, String name, ApiTimes times) {
        Tags request = Tags.of("request", name);
        times.byVersion.forEach((version, count) -> meters.counter(REQUESTS, request.and("version", Short.toString(version)), count::sum));
        times.errors.forEach((error, count) -> meters.counter(ERRORS, request.and("error", error.name()), count::sum));
        PARTS.forEach((meter, part) -> meters.distribution(meter, request, part.apply(times)));
        meters.distribution(BYTES, request, times.requestBytes);
    }

    /** Changes whenever there is an API, version or error more. */
    public int count() {
        int count = 0;
        for (ApiKeys api : ApiKeys.values()) {
            ApiTimes times = requests.times(api);
            count += times == null ? 0 : 1 + times.byVersion.size() + times.errors.size();
        }
        return count;
    }
}
