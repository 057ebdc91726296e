package io.millrace.itest;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Sends the calls of a script to a Connect worker, whichever it is, and takes out of its answers what differs from run to run. */
final class RestPlayer implements AutoCloseable {

    static final ObjectMapper JSON = new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final List<String> HEADERS = List.of("Content-Type", "Location", "Allow");
    /** Of the worker, its cluster and its build. */
    private static final Set<String> OWN = Set.of("worker_id", "kafka_cluster_id", "commit", "last_modified");

    private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final String url;
    private final Path folder;

    RestPlayer(String url, Path folder) {
        this.url = url;
        this.folder = folder;
    }

    /** @return status, headers and body as a recording has them */
    ObjectNode play(RestCall call) throws IOException, InterruptedException {
        long end = System.nanoTime() + LIMIT.toNanos();
        while (true) {
            HttpResponse<String> response = send(call);
            // A worker that takes in a change of configuration or membership asks to come again.
            boolean busy = response.statusCode() == 409 && (response.body().contains("rebalance") || response.body().contains("stale configuration"));
            boolean there = call.awaited().isEmpty() || response.statusCode() == 200 && call.isThere(response.body());
            if (!busy && there) {
                return answer(response, call);
            }
            if (System.nanoTime() > end) {
                throw new AssertionError("line " + call.line() + ": waited " + LIMIT + " for " + call.name() + " to answer with " + call.awaited() + ", last: "
                        + response.statusCode() + " " + response.body());
            }
            Pause.aMoment();
        }
    }

    private HttpResponse<String> send(RestCall call) throws IOException, InterruptedException {
        HttpRequest.BodyPublisher body = call.body() == null ? HttpRequest.BodyPublishers.noBody()
                : HttpRequest.BodyPublishers.ofString(call.body().replace("${dir}", folder.toString()));
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url + call.path())).timeout(LIMIT).method(call.method(), body);
        String type = call.headers().getOrDefault("Content-Type", "application/json");
        if (call.body() != null && !type.equals("none")) {
            request.header("Content-Type", type);
        }
        call.headers().forEach((name, value) -> {
            if (!name.equals("Content-Type")) {
                request.header(name, value);
            }
        });
        try {
            return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
        } catch (IOException closed) {
            // A server may close a connection on which it left a body unread; the call did not reach it then.
            return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
        }
    }

    private ObjectNode answer(HttpResponse<String> response, RestCall call) {
        ObjectNode answer = JSON.createObjectNode();
        answer.put("status", response.statusCode());
        for (String header : HEADERS) {
            response.headers().firstValue(header).ifPresent(value ->
                    answer.put(header, header.equals("Allow") ? sorted(value) : masked(value)));
        }
        if (!response.body().isEmpty()) {
            try {
                JsonNode body = masked("", JSON.readTree(response.body()));
                if (call.brief()) {
                    shorten(body);
                }
                answer.set("body", body);
            } catch (JsonProcessingException e) {
                boolean methods = call.method().equals("OPTIONS");
                answer.put("body", methods ? sorted(response.body()) : masked(response.body()));
            }
        }
        return answer;
    }

    private static String sorted(String list) {
        return String.join(",", new TreeSet<>(List.of(list.split(", *"))));
    }

    /** Definitions are long, and the same in each answer. */
    private static void shorten(JsonNode validated) {
        TreeMap<String, JsonNode> byName = new TreeMap<>();
        for (JsonNode setting : validated.path("configs")) {
            ((ObjectNode) setting).remove("definition");
            ((ObjectNode) setting.path("value")).remove(List.of("recommended_values", "visible"));
            byName.put(setting.at("/value/name").asText(), setting);
        }
        if (validated instanceof ObjectNode object && object.has("configs")) {
            object.set("configs", JSON.valueToTree(byName));
            object.set("groups", JSON.valueToTree(new TreeSet<>(object.get("groups").valueStream().map(JsonNode::textValue).toList())));
        }
    }

    private JsonNode masked(String key, JsonNode node) {
        if (node instanceof ObjectNode object) {
            ObjectNode copy = JSON.createObjectNode();
            for (Map.Entry<String, JsonNode> entry : object.properties()) {
                copy.set(masked(entry.getKey()), masked(entry.getKey(), entry.getValue()));
            }
            return copy;
        }
        if (node instanceof ArrayNode array) {
            ArrayNode copy = JSON.createArrayNode();
            array.forEach(each -> copy.add(masked("", each)));
            // Names of connectors and of topics are sets.
            boolean names = !copy.isEmpty() && copy.valueStream().allMatch(JsonNode::isTextual) && (key.isEmpty() || key.equals("topics"));
            return names ? JSON.valueToTree(new TreeSet<>(copy.valueStream().map(JsonNode::textValue).toList())) : copy;
        }
        if (key.equals("documentation") && node.isTextual() && !node.textValue().isEmpty()) {
            return TextNode.valueOf("TEXT");
        }
        if (OWN.contains(key) && !node.isNull()) {
            return TextNode.valueOf("OWN");
        }
        if (!node.isTextual()) {
            return node;
        }
        String text = masked(node.textValue());
        return TextNode.valueOf(key.equals("trace") ? text.lines().findFirst().orElse("") : text);
    }

    private String masked(String text) {
        return text.replace(folder.toString(), "${dir}").replace(url, "URL");
    }

    @Override
    public void close() {
        client.close();
    }
}
