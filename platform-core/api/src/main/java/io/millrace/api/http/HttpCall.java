package io.millrace.api.http;

import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One HTTP request.
 *
 * @param method  upper case
 * @param path    decoded segments without empty ones: {@code /connectors/a%2Fb/status} is {@code [connectors, a/b, status]}
 * @param query   decoded parameters in order
 * @param headers names in lower case
 * @param body    to be read at most once; bounded by the server
 */
public record HttpCall(String method, List<String> path, Map<String, List<String>> query, Map<String, String> headers, InputStream body) {

    public Optional<String> parameter(String name) {
        List<String> values = query.get(name);
        return values == null || values.isEmpty() ? Optional.empty() : Optional.of(values.getFirst());
    }
}
