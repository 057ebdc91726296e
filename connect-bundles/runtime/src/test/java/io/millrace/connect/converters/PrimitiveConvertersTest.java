package io.millrace.connect.converters;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.List;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.storage.Converter;
import org.junit.jupiter.api.Test;

class PrimitiveConvertersTest {

    private record Case(Converter converter, Object value) {}

    @Test
    void everyPrimitiveComesBackAsItWent() {
        for (Case one : List.of(new Case(new BooleanConverter(), true), new Case(new ShortConverter(), (short) -3), new Case(new IntegerConverter(), 7),
                new Case(new LongConverter(), Long.MIN_VALUE), new Case(new FloatConverter(), 1.5f), new Case(new DoubleConverter(), -2.25),
                new Case(new ByteArrayConverter(), new byte[] {1, 2}))) {
            byte[] bytes = one.converter().fromConnectData("t", null, one.value());
            assertThat(one.converter().toConnectData("t", bytes).value()).isEqualTo(one.value());
            assertThat(one.converter().fromConnectData("t", null, null)).isNull();
            assertThat(one.converter().toConnectData("t", null).value()).isNull();
        }
    }

    @Test
    void aWrongTypeOrLengthIsADataError() {
        assertThatThrownBy(() -> new LongConverter().fromConnectData("t", Schema.STRING_SCHEMA, "1")).isInstanceOf(DataException.class);
        assertThatThrownBy(() -> new LongConverter().toConnectData("t", new byte[3])).isInstanceOf(DataException.class).hasMessageContaining("3 bytes");
        assertThatThrownBy(() -> new ByteArrayConverter().fromConnectData("t", null, "x")).isInstanceOf(DataException.class);
    }

    @Test
    void aBufferGivesItsBytesAndKeepsItsPosition() {
        ByteBuffer buffer = ByteBuffer.wrap(new byte[] {1, 2, 3}).position(1);
        assertThat(new ByteArrayConverter().fromConnectData("t", null, buffer)).containsExactly(2, 3);
        assertThat(buffer.position()).isEqualTo(1);
    }
}
