package io.millrace.broker.metrics;

import io.millrace.api.metrics.Meter;
import io.millrace.api.metrics.Meters;
import io.millrace.api.metrics.Tags;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;

/** Kafka's {@code BrokerTopicMetrics}, of each topic and of all: what has no topic is the sum, deleted topics included. */
public final class TrafficMeters {

    private record Pair(Meter all, Meter topic) {
    }

    private static final Map<Pair, Function<TopicTraffic, LongAdder>> COUNTERS = new LinkedHashMap<>();

    static {
        counter("MessagesIn", "Records appended.", traffic -> traffic.messagesIn);
        counter("BytesIn", "Bytes of the batches appended.", traffic -> traffic.bytesIn);
        counter("BytesOut", "Bytes of the batches sent to consumers.", traffic -> traffic.bytesOut);
        counter("TotalProduceRequests", "Partitions in produce requests.", traffic -> traffic.produceRequests);
        counter("TotalFetchRequests", "Partitions in fetch requests.", traffic -> traffic.fetchRequests);
        counter("FailedProduceRequests", "Partitions in produce requests that were refused.", traffic -> traffic.failedProduceRequests);
        counter("FailedFetchRequests", "Partitions in fetch requests that were refused.", traffic -> traffic.failedFetchRequests);
    }

    private static void counter(String name, String help, Function<TopicTraffic, LongAdder> of) {
        Meter meter = Meter.counter("kafka_server_brokertopicmetrics_" + name.toLowerCase(Locale.ROOT) + "_total", help);
        String bean = "kafka.server:type=BrokerTopicMetrics,name=" + name + "PerSec";
        COUNTERS.put(new Pair(meter.as(bean), meter.as(bean + ",topic={topic}")), of);
    }

    private final Traffic traffic;

    public TrafficMeters(Traffic traffic) {
        this.traffic = traffic;
    }

    /** @param topics that there are */
    public void tell(Meters meters, Iterable<String> topics) {
        COUNTERS.forEach((meter, counter) -> meters.counter(meter.all(), Tags.NONE, counter.apply(traffic.all())::sum));
        for (String topic : topics) {
            TopicTraffic of = traffic.of(topic);
            Tags tags = Tags.of("topic", topic);
            COUNTERS.forEach((meter, counter) -> meters.counter(meter.topic(), tags, counter.apply(of)::sum));
        }
    }
}
