package io.millrace.streams;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import java.io.IOException;
import java.util.Map;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;

/**
 * JSON objects as plain maps, so that no JSON library shows in jobs: objects are {@code Map<String, Object>} in the order of their members, arrays
 * are lists, whole numbers are {@link Long} (or {@link java.math.BigInteger} beyond it), others {@link Double}. The getters say which member is wrong.
 */
public final class Json {

    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final ObjectReader OBJECTS = MAPPER.readerForMapOf(Object.class).with(DeserializationFeature.USE_LONG_FOR_INTS,
            DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private Json() {}

    /** Null stands for a null payload, both ways; what is not a JSON object raises a {@link SerializationException}. Thread-safe. */
    public static Serde<Map<String, Object>> serde() {
        return Serdes.serdeFrom((_, value) -> write(value), (_, bytes) -> read(bytes));
    }

    private static byte[] write(Map<String, Object> value) {
        try {
            return value == null ? null : MAPPER.writeValueAsBytes(value);
        } catch (JsonProcessingException e) {
            throw new SerializationException("cannot write as JSON: " + e.getOriginalMessage(), e);
        }
    }

    private static Map<String, Object> read(byte[] bytes) {
        if (bytes == null) {
            return null;
        }
        try {
            return OBJECTS.readValue(bytes);
        } catch (JsonProcessingException e) {
            throw new SerializationException("not a JSON object: " + e.getOriginalMessage());
        } catch (IOException e) {
            throw new SerializationException("not a JSON object: " + e.getMessage());
        }
    }

    /** @return the member, null if it is absent or null */
    @SuppressWarnings("unchecked")
    public static Map<String, Object> object(Map<String, Object> from, String member) {
        Object value = from.get(member);
        if (value == null || value instanceof Map) {
            return (Map<String, Object>) value;
        }
        throw wrong(member, "an object", value);
    }

    /** @return the member, null if it is absent or null */
    public static String text(Map<String, Object> from, String member) {
        Object value = from.get(member);
        if (value == null || value instanceof String) {
            return (String) value;
        }
        throw wrong(member, "a text", value);
    }

    /** @throws IllegalArgumentException if the member is absent, null or not a whole number */
    public static long number(Map<String, Object> from, String member) {
        if (from.get(member) instanceof Long value) {
            return value;
        }
        throw wrong(member, "a whole number", from.get(member));
    }

    private static IllegalArgumentException wrong(String member, String expected, Object value) {
        return new IllegalArgumentException("member \"" + member + "\" should be " + expected + " and is " + value);
    }
}
