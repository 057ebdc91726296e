package io.millrace.api.http;

import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * One HTTP response.
 *
 * @param headers by name; those of length and connection are the server's
 * @param body    written as it is; not to be changed afterwards
 */
public record HttpAnswer(int status, Map<String, String> headers, byte[] body) {

    public static HttpAnswer json(int status, byte[] json) {
        return new HttpAnswer(status, Map.of("Content-Type", "application/json"), json);
    }

    public static HttpAnswer json(int status, String json) {
        return json(status, json.getBytes(StandardCharsets.UTF_8));
    }

    public static HttpAnswer empty(int status) {
        return new HttpAnswer(status, Map.of(), new byte[0]);
    }
}
