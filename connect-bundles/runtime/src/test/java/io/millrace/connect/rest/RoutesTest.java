package io.millrace.connect.rest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.http.HttpAnswer;
import io.millrace.api.http.HttpCall;
import io.millrace.api.http.HttpError;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RoutesTest {

    private final Routes routes = new Routes()
            .on("GET", "/", (_, _) -> HttpAnswer.json(200, "{}"))
            .on("GET", "/connectors/*/status", (_, path) -> HttpAnswer.json(200, "\"" + path.getFirst() + "\""))
            .taking("PUT", "/connectors/*/config", (_, _) -> HttpAnswer.empty(200));

    @Test
    void aStarIsAnySegmentAndIsGivenToTheHandler() throws Exception {
        HttpAnswer answer = routes.answer(call("GET", List.of("connectors", "a/b", "status"), Map.of()));
        assertThat(new String(answer.body(), StandardCharsets.UTF_8)).isEqualTo("\"a/b\"");
    }

    @Test
    void optionsTellsTheMethodsOfAPath() throws Exception {
        HttpAnswer answer = routes.answer(call("OPTIONS", List.of(), Map.of()));
        assertThat(answer.headers()).containsEntry("Allow", "GET, HEAD, OPTIONS");
    }

    @Test
    void otherPathsMethodsBodiesAndClientsAreRefusedInThisOrder() {
        assertRefused(404, call("GET", List.of("connectors", "a"), Map.of()));
        assertRefused(405, call("POST", List.of("connectors", "a", "config"), Map.of("content-type", "text/plain", "content-length", "2")));
        assertRefused(415, call("PUT", List.of("connectors", "a", "config"), Map.of("content-type", "text/plain", "content-length", "2", "accept", "text/html")));
        assertRefused(406, call("PUT", List.of("connectors", "a", "config"),
                Map.of("content-type", "application/json; charset=utf-8", "content-length", "2", "accept", "text/html")));
    }

    @Test
    void aRequestWithoutABodyNeedsNoContentType() throws Exception {
        assertThat(routes.answer(call("PUT", List.of("connectors", "a", "config"), Map.of("accept", "text/html, */*;q=0.1"))).status()).isEqualTo(200);
    }

    private void assertRefused(int status, HttpCall call) {
        assertThatThrownBy(() -> routes.answer(call)).isInstanceOfSatisfying(HttpError.class, error -> assertThat(error.status()).isEqualTo(status));
    }

    private static HttpCall call(String method, List<String> path, Map<String, String> headers) {
        return new HttpCall(method, path, Map.of(), headers, InputStream.nullInputStream());
    }
}
