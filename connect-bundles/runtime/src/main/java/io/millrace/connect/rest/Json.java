package io.millrace.connect.rest;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.millrace.api.http.HttpAnswer;
import io.millrace.api.http.HttpError;
import java.io.IOException;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Bodies of requests and answers. */
final class Json {

    private static final ObjectMapper MAPPER = new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private Json() {}

    static HttpAnswer answer(int status, Object body) {
        try {
            return HttpAnswer.json(status, MAPPER.writeValueAsBytes(body));
        } catch (JsonProcessingException e) {
            throw new HttpError(500, "the answer cannot be written as JSON: " + e.getOriginalMessage());
        }
    }

    /** An object; else the caller is told so. */
    static JsonNode body(InputStream body) throws IOException {
        JsonNode json = any(body);
        if (!json.isObject()) {
            throw new HttpError(400, "the body must be a JSON object");
        }
        return json;
    }

    /** An object with no other fields than these. */
    static JsonNode body(InputStream body, Set<String> known) throws IOException {
        JsonNode json = body(body);
        json.fieldNames().forEachRemaining(field -> {
            if (!known.contains(field)) {
                throw new HttpError(400, "the body has an unknown field " + field + "; there are " + String.join(", ", new TreeSet<>(known)));
            }
        });
        return json;
    }

    static JsonNode any(InputStream body) throws IOException {
        try {
            JsonNode json = MAPPER.readTree(body);
            if (json == null || json.isMissingNode()) {
                throw new HttpError(400, "the body is empty; send JSON");
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
