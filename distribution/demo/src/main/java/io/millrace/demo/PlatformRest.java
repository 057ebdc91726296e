package io.millrace.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;

/** The platform's REST interface, as the demo uses it. Every call blocks. */
final class PlatformRest implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(Duration.ofSeconds(2)).build();
    private final String url;

    PlatformRest(String url) {
        this.url = url;
    }

    String url() {
        return url;
    }

    JsonNode get(String path) throws IOException, InterruptedException {
        return send(HttpRequest.newBuilder(URI.create(url + path)).timeout(Duration.ofSeconds(5)).GET().build());
    }

    /** Replaces a plugin's running version; returns when the new one runs. */
    JsonNode updatePlugin(String name, Path bundle) throws IOException, InterruptedException {
        return send(HttpRequest.newBuilder(URI.create(url + "/plugins/" + name + "?filename=" + bundle.getFileName()))
                .timeout(Duration.ofSeconds(60)).PUT(HttpRequest.BodyPublishers.ofFile(bundle)).build());
    }

    private JsonNode send(HttpRequest request) throws IOException, InterruptedException {
        HttpResponse<byte[]> response = http.send(request, HttpResponse.BodyHandlers.ofByteArray());
        JsonNode body = JSON.readTree(response.body());
        if (response.statusCode() / 100 != 2) {
            throw new IOException(request.method() + " " + request.uri().getPath() + " answered " + response.statusCode() + ": "
                    + body.path("message").asText());
        }
        return body;
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
