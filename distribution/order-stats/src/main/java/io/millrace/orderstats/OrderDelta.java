package io.millrace.orderstats;

import io.millrace.streams.Json;
import io.millrace.streams.KeyValue;
import java.nio.ByteBuffer;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;

/**
 * What a change of an order adds to its customer's statistics, or takes away.
 *
 * @param placedAt event time, milliseconds since 1970
 */
record OrderDelta(long placedAt, int orders, long amountCents) {

    private record Order(long customer, long placedAt, long amountCents) {

        static Order of(Map<String, Object> row) {
            String placedAt = Json.text(row, "placed_at");
            try {
                return new Order(Json.number(row, "customer_id"), OffsetDateTime.parse(placedAt).toInstant().toEpochMilli(),
                        Json.number(row, "amount_cents"));
            } catch (DateTimeParseException | NullPointerException e) {
                throw new IllegalArgumentException("member \"placed_at\" should be a time such as 2026-11-21T03:00:00Z and is " + placedAt);
            }
        }

        KeyValue<Long, OrderDelta> added() {
            return new KeyValue<>(customer, new OrderDelta(placedAt, 1, amountCents));
        }

        KeyValue<Long, OrderDelta> removed() {
            return new KeyValue<>(customer, new OrderDelta(placedAt, -1, -amountCents));
        }
    }

    /**
     * @param change       Debezium's envelope
     * @param windowMillis within which a change of an order's time makes no difference
     * @return by customer; none if nothing that counts has changed, or the change is not one of rows
     */
    static List<KeyValue<Long, OrderDelta>> of(Map<String, Object> change, long windowMillis) {
        String kind = String.valueOf(Json.text(change, "op"));
        return switch (kind) {
            case "c", "r" -> List.of(order(change, "after").added());
            case "d" -> List.of(order(change, "before").removed());
            case "u" -> {
                Order before = order(change, "before");
                Order after = order(change, "after");
                if (before.customer != after.customer || before.placedAt / windowMillis != after.placedAt / windowMillis) {
                    yield List.of(before.removed(), after.added());
                }
                long difference = after.amountCents - before.amountCents;
                yield difference == 0 ? List.of() : List.of(new KeyValue<>(after.customer, new OrderDelta(after.placedAt, 0, difference)));
            }
            default -> List.of();
        };
    }

    private static Order order(Map<String, Object> change, String member) {
        Map<String, Object> row = Json.object(change, member);
        if (row == null) {
            throw new IllegalArgumentException("the change has no \"" + member + "\"; the table needs REPLICA IDENTITY FULL");
        }
        return Order.of(row);
    }

    static Serde<OrderDelta> serde() {
        return Serdes.serdeFrom(
                (_, delta) -> delta == null ? null
                        : ByteBuffer.allocate(20).putLong(delta.placedAt).putInt(delta.orders).putLong(delta.amountCents).array(),
                (_, bytes) -> {
                    if (bytes == null) {
                        return null;
                    }
                    if (bytes.length != 20) {
                        throw new SerializationException("an order's delta has 20 bytes, this one " + bytes.length);
                    }
                    ByteBuffer buffer = ByteBuffer.wrap(bytes);
                    return new OrderDelta(buffer.getLong(), buffer.getInt(), buffer.getLong());
                });
    }
}
