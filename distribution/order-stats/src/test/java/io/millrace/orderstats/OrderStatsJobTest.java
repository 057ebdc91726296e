package io.millrace.orderstats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.streams.Json;
import io.millrace.streams.test.TopologyTestDriver;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.apache.kafka.common.serialization.Serde;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OrderStatsJobTest {

    private static final Serde<Map<String, Object>> JSON = Json.serde();
    private static final Instant NOON = Instant.parse("2026-11-21T12:00:00Z");
    private static final Map<String, String> CONFIG = Map.of("grace.seconds", "600");

    private final TopologyTestDriver driver = new TopologyTestDriver(new OrderStatsJob(), CONFIG,
            Map.of("shop.public.orders", 3, "shop.public.customers", 2));

    private static Map<String, Object> object(String json) {
        return JSON.deserializer().deserialize("", json.getBytes());
    }

    private record Order(long id, long customer, long cents, String placedAt) {
        String json() {
            return "{\"id\":%d,\"customer_id\":%d,\"amount_cents\":%d,\"status\":\"new\",\"placed_at\":\"%s\"}".formatted(id, customer, cents, placedAt);
        }
    }

    private void change(String op, Order before, Order after) {
        Map<String, Object> key = object("{\"id\":%d}".formatted((after == null ? before : after).id));
        driver.feed("shop.public.orders", JSON, JSON, key, object("{\"before\":%s,\"after\":%s,\"op\":\"%s\",\"ts_ms\":1}"
                .formatted(before == null ? "null" : before.json(), after == null ? "null" : after.json(), op)), 1_000);
        if (after == null) {
            driver.feed("shop.public.orders", JSON, JSON, key, null, 1_000);
        }
    }

    private void customer(long id, String name) {
        driver.feed("shop.public.customers", JSON, JSON, object("{\"id\":%d}".formatted(id)),
                object("{\"before\":null,\"after\":{\"id\":%d,\"name\":\"%s\",\"city\":\"Here\"},\"op\":\"r\"}".formatted(id, name)), 1_000);
    }

    private Map<Map<String, Object>, Map<String, Object>> rows() {
        Map<Map<String, Object>, Map<String, Object>> rows = new HashMap<>();
        driver.read("order-stats", JSON, JSON).forEach(record -> rows.put(record.key(), record.value()));
        return rows;
    }

    @Test
    void aRowNamesTheCustomerAndTheWindow() {
        customer(1, "Ada");
        change("c", null, new Order(10, 1, 4_000, "2026-11-21T03:00:01.123456Z"));
        change("c", null, new Order(11, 1, 200, "2026-11-21T04:00:09.999999+01:00"));
        change("c", null, new Order(12, 2, 5, "2026-11-21T03:00:10Z"));

        driver.drain();

        assertThat(rows()).containsExactlyInAnyOrderEntriesOf(Map.of(
                object("{\"customer_id\":1,\"window_start\":\"2026-11-21T03:00:00Z\"}"),
                object("{\"customer_id\":1,\"customer_name\":\"Ada\",\"window_start\":\"2026-11-21T03:00:00Z\",\"window_end\":\"2026-11-21T03:00:10Z\","
                        + "\"orders\":2,\"amount_cents\":4200}"),
                object("{\"customer_id\":2,\"window_start\":\"2026-11-21T03:00:10Z\"}"),
                object("{\"customer_id\":2,\"customer_name\":null,\"window_start\":\"2026-11-21T03:00:10Z\",\"window_end\":\"2026-11-21T03:00:20Z\","
                        + "\"orders\":1,\"amount_cents\":5}")));
    }

    @Test
    void anUpdateWithoutTheOldRowSaysWhatTheTableNeeds() {
        change("u", null, new Order(10, 1, 4_000, "2026-11-21T03:00:01Z"));

        assertThatThrownBy(driver::drain).hasMessageContaining("shop.public.orders").hasMessageContaining("REPLICA IDENTITY FULL");
    }

    @Test
    void aWrongConfigurationNamesKeyAndValue() {
        assertThatThrownBy(() -> new TopologyTestDriver(new OrderStatsJob(), Map.of("window.seconds", "ten")))
                .isInstanceOf(IllegalArgumentException.class).hasMessage("window.seconds is \"ten\"; it should be a number of seconds, at least 1");
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void rowsEqualTheTableWhateverHappensToOrdersAndWheneverItCrashes(long seed) {
        Random random = new Random(seed);
        List<Order> table = new ArrayList<>();
        for (int i = 0; i < 1_500; i++) {
            int what = random.nextInt(10);
            if (what < 6 || table.isEmpty()) {
                Order order = new Order(i, 1 + random.nextInt(8), random.nextInt(10_000), time(i, random));
                table.add(order);
                change(random.nextInt(5) == 0 ? "r" : "c", null, order);
            } else {
                int which = random.nextInt(table.size());
                Order old = table.get(which);
                if (what == 6) {
                    table.remove(which);
                    change("d", old, null);
                } else {
                    Order changed = new Order(old.id, what == 7 ? 1 + random.nextInt(8) : old.customer, what == 8 ? old.cents : random.nextInt(10_000),
                            what == 9 ? time(i, random) : old.placedAt);
                    table.set(which, changed);
                    change("u", old, changed);
                }
            }
            switch (random.nextInt(30)) {
                case 0 -> driver.crash();
                case 1 -> {
                    driver.process(20);
                    driver.flushWithoutCommit();
                    driver.crash();
                }
                case 2, 3 -> driver.commit();
                case 4, 5 -> driver.process(1 + random.nextInt(30));
                default -> { }
            }
        }
        driver.drain();

        Map<String, String> expected = new TreeMap<>();
        Map<String, long[]> sums = new HashMap<>();
        table.forEach(order -> {
            long second = Instant.parse(order.placedAt).getEpochSecond();
            long[] sum = sums.computeIfAbsent(order.customer + " " + Instant.ofEpochSecond(second / 10 * 10), _ -> new long[2]);
            sum[0]++;
            sum[1] += order.cents;
        });
        sums.forEach((key, sum) -> expected.put(key, sum[0] + " " + sum[1]));
        Map<String, String> rows = new TreeMap<>();
        rows().forEach((key, value) -> {
            if (Json.number(value, "orders") != 0 || Json.number(value, "amount_cents") != 0) {
                rows.put(Json.number(key, "customer_id") + " " + Json.text(key, "window_start"),
                        Json.number(value, "orders") + " " + Json.number(value, "amount_cents"));
            }
        });
        assertThat(rows).as("seed %d", seed).isEqualTo(expected);
    }

    private static String time(int i, Random random) {
        return NOON.plus(i * 50L + random.nextInt(20_000), ChronoUnit.MILLIS).plus(random.nextInt(1000), ChronoUnit.MICROS).toString();
    }
}
