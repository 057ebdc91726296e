package io.millrace.orderstats;

import java.nio.ByteBuffer;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;

/** A customer's orders within a window. */
record Stats(long orders, long amountCents) {

    static final Stats NONE = new Stats(0, 0);

    Stats plus(OrderDelta delta) {
        return new Stats(orders + delta.orders(), amountCents + delta.amountCents());
    }

    static Serde<Stats> serde() {
        return Serdes.serdeFrom(
                (_, stats) -> stats == null ? null : ByteBuffer.allocate(16).putLong(stats.orders).putLong(stats.amountCents).array(),
                (_, bytes) -> {
                    if (bytes == null) {
                        return null;
                    }
                    if (bytes.length != 16) {
                        throw new SerializationException("statistics have 16 bytes, these " + bytes.length);
                    }
                    ByteBuffer buffer = ByteBuffer.wrap(bytes);
                    return new Stats(buffer.getLong(), buffer.getLong());
                });
    }
}
