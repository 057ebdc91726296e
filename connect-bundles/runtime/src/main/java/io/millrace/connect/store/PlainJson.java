package io.millrace.connect.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.errors.ConnectException;

/** JSON of maps, lists, strings, numbers, booleans and null; keys in order, whole numbers read as {@code Long} as Kafka Connect's offsets are. */
public final class PlainJson {

    private static final ObjectMapper MAPPER = new ObjectMapper().configure(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS, true);

    private PlainJson() {}

    public static byte[] write(Object value) {
        try {
            return MAPPER.writeValueAsBytes(value);
        } catch (JsonProcessingException e) {
            throw new ConnectException("cannot be written as JSON: " + e.getOriginalMessage(), e);
        }
    }

    /** @throws ConnectException if it is no JSON */
    public static Object read(byte[] json) {
        try {
            return normal(MAPPER.readValue(json, Object.class));
        } catch (IOException e) {
            throw new ConnectException("no JSON: " + e.getMessage(), e);
        }
    }

    /** The value as it comes back when it is written and read, so that two that mean the same are equal. */
    static Object normal(Object value) {
        return switch (value) {
            case Integer number -> number.longValue();
            case Short number -> number.longValue();
            case Byte number -> number.longValue();
            case Float number -> number.doubleValue();
            case Map<?, ?> map -> normalMap(map);
            case List<?> list -> {
                List<Object> normal = new ArrayList<>(list.size());
                list.forEach(item -> normal.add(normal(item)));
                yield normal;
            }
            case null -> null;
            default -> value;
        };
    }

    public static Map<String, Object> normalMap(Map<?, ?> map) {
        Map<String, Object> normal = new LinkedHashMap<>();
        map.forEach((key, item) -> normal.put(String.valueOf(key), normal(item)));
        return normal;
    }
}
