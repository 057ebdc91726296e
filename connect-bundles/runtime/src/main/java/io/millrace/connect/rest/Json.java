package io.millrace.connect.rest;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.millrace.api.http.HttpAnswer;
import io.millrace.api.http.HttpError;
import java.io.IOException;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.Map;

/** Bodies of requests and answers. */
final class Json {

    private static final ObjectMapper MAPPER = new ObjectMapper();

    private Json() {}

    static HttpAnswer answer(int status, Object body) {
        try {
            return HttpAnswer.json(status, MAPPER.writeValueAsBytes(body));
        } catch (JsonProcessingException e) {
            throw new HttpError(500, "the answer cannot be written as JSON: " + e.getOriginalMessage());
        }
    }

    static JsonNode body(InputStream body) throws IOException {
        try {
            JsonNode json = MAPPER.readTree(body);
            if (json == null || !json.isObject()) {
                throw new HttpError(400, "the body must be a JSON object");
            }
            return json;
        } catch (JsonProcessingException e) {
            throw new HttpError(400, "the body is no JSON: " + e.getOriginalMessage());
        }
    }

    static Map<String, String> strings(JsonNode object) {
        Map<String, String> strings = new LinkedHashMap<>();
        object.properties().forEach(entry -> {
            if (entry.getValue().isContainerNode()) {
                throw new HttpError(400, "the value of " + entry.getKey() + " must be a string, number or boolean");
            }
            strings.put(entry.getKey(), entry.getValue().isNull() ? null : entry.getValue().asText());
        });
        return strings;
    }

    static Object plain(JsonNode node) {
        return MAPPER.convertValue(node, Object.class);
    }

    /** A map in the order of its arguments; nulls stay. */
    static Map<String, Object> object(Object... keysAndValues) {
        Map<String, Object> object = new LinkedHashMap<>();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            object.put((String) keysAndValues[i], keysAndValues[i + 1]);
        }
        return object;
    }
}
