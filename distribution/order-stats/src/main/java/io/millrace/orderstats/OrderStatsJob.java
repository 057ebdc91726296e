package io.millrace.orderstats;

import io.millrace.streams.Consumed;
import io.millrace.streams.Grouped;
import io.millrace.streams.Json;
import io.millrace.streams.KTable;
import io.millrace.streams.KeyValue;
import io.millrace.streams.Materialized;
import io.millrace.streams.Produced;
import io.millrace.streams.StreamJob;
import io.millrace.streams.StreamsBuilder;
import io.millrace.streams.TimeWindows;
import io.millrace.streams.Windowed;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;

/**
 * Counts and sums the orders of each customer in tumbling windows of the time they were placed, and names the customer. Follows changes: an order
 * that is updated or deleted, or moves to another customer or time, is taken out where it was and put in where it is. An order must change within
 * the grace; what comes later is dropped, and the statistics then no longer equal the table.
 *
 * <p>A window without orders left says 0 rather than disappear, because a sink without deletes would keep its last row for ever.
 */
public final class OrderStatsJob implements StreamJob {

    @Override
    public String name() {
        return "order-stats";
    }

    @Override
    public void define(StreamsBuilder builder, Map<String, String> config) {
        Duration window = Duration.ofSeconds(seconds(config, "window.seconds", 10, 1));
        Duration grace = Duration.ofSeconds(seconds(config, "grace.seconds", 60, 0));
        Serde<Map<String, Object>> json = Json.serde();
        Serde<Long> ids = Serdes.Long();

        KTable<Long, String> names = builder
                .stream(config.getOrDefault("customers.topic", "shop.public.customers"), Consumed.with(json, json))
                // A delete is followed by a tombstone, which says nothing more.
                .filter((_, change) -> change != null)
                .map((_, change) -> customer(change))
                .filter((id, _) -> id != null)
                .toTable(Materialized.with("customers", ids, Serdes.String()));

        builder.stream(config.getOrDefault("orders.topic", "shop.public.orders"), Consumed.with(json, json))
                .filter((_, change) -> change != null)
                .flatMap((_, change) -> OrderDelta.of(change, window.toMillis()))
                .assignTimestamps((_, delta) -> delta.placedAt())
                .groupByKey(Grouped.with("orders", ids, OrderDelta.serde()))
                .windowedBy(TimeWindows.ofSizeAndGrace(window, grace))
                .aggregate(() -> Stats.NONE, (_, delta, stats) -> stats.plus(delta), Materialized.with("stats", ids, Stats.serde()))
                .toStream()
                .leftJoin(names, (customer, _) -> customer.key(), NamedStats::new)
                .map((customer, stats) -> row(customer, stats))
                .to(config.getOrDefault("output.topic", "order-stats"), Produced.with(json, json));
    }

    private static long seconds(Map<String, String> config, String key, long otherwise, long least) {
        String value = config.getOrDefault(key, Long.toString(otherwise));
        try {
            long seconds = Long.parseLong(value);
            if (seconds >= least && seconds <= 1_000_000_000) {
                return seconds;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw new IllegalArgumentException(key + " is \"" + value + "\"; it should be a number of seconds, at least " + least);
    }

    private static KeyValue<Long, String> customer(Map<String, Object> change) {
        Map<String, Object> after = Json.object(change, "after");
        if (after != null) {
            return new KeyValue<>(Json.number(after, "id"), Json.text(after, "name"));
        }
        Map<String, Object> before = Json.object(change, "before");
        return new KeyValue<>(before == null ? null : Json.number(before, "id"), null);
    }

    private record NamedStats(Stats stats, String name) {}

    private static KeyValue<Map<String, Object>, Map<String, Object>> row(Windowed<Long> customer, NamedStats named) {
        Map<String, Object> key = new LinkedHashMap<>();
        key.put("customer_id", customer.key());
        key.put("window_start", customer.window().startTime().toString());
        Map<String, Object> value = new LinkedHashMap<>();
        value.put("customer_id", customer.key());
        value.put("customer_name", named.name());
        value.put("window_start", customer.window().startTime().toString());
        value.put("window_end", customer.window().endTime().toString());
        value.put("orders", named.stats().orders());
        value.put("amount_cents", named.stats().amountCents());
        return new KeyValue<>(key, value);
    }
}
