package io.millrace.connect.rest;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.api.http.HttpAnswer;
import io.millrace.api.http.HttpCall;
import io.millrace.api.http.HttpError;
import io.millrace.api.http.HttpResource;
import io.millrace.connect.config.ConnectorConfig;
import io.millrace.connect.herder.Herder;
import io.millrace.connect.herder.Herder.ConnectorStatus;
import io.millrace.connect.herder.Herder.TaskStatus;
import io.millrace.connect.herder.Offsets;
import io.millrace.connect.store.TargetState;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Kafka Connect's REST interface, to the letter, and {@code GET /connectors/NAME/metrics} besides. */
public final class ConnectRest implements HttpResource {

    private static final String VERSION = "4.3.1";

    private final Herder herder;
    private final Offsets offsets;
    private final PluginsRest plugins;
    private final LoggersRest loggers = new LoggersRest();
    private final String clusterId;

    public ConnectRest(Herder herder, String clusterId) {
        this.herder = herder;
        this.offsets = new Offsets(herder);
        this.plugins = new PluginsRest(herder);
        this.clusterId = clusterId;
    }

    @Override
    public Set<String> paths() {
        return Set.of("", "health", "connectors", "connector-plugins", "admin");
    }

    @Override
    public HttpAnswer handle(HttpCall call) throws Exception {
        List<String> path = call.path();
        if (path.isEmpty()) {
            return get(call, Json.object("version", VERSION, "commit", "millrace", "kafka_cluster_id", clusterId));
        }
        return switch (path.getFirst()) {
            case "health" -> path.size() == 1
                    ? get(call, Json.object("status", "healthy", "message", "Worker has completed startup and is ready to handle requests."))
                    : notFound();
            case "connectors" -> path.size() == 1 ? connectors(call) : connector(call, path.get(1), path.subList(2, path.size()));
            case "connector-plugins" -> plugins.handle(call, path.subList(1, path.size()));
            case "admin" -> path.size() >= 2 && path.get(1).equals("loggers") ? loggers.handle(call, path.subList(2, path.size())) : notFound();
            default -> notFound();
        };
    }

    static HttpAnswer notFound() {
        throw new HttpError(404, "HTTP 404 Not Found");
    }

    static HttpAnswer notAllowed() {
        throw new HttpError(405, "HTTP 405 Method Not Allowed");
    }

    static HttpAnswer get(HttpCall call, Object body) {
        return call.method().equals("GET") || call.method().equals("HEAD") ? Json.answer(200, body) : notAllowed();
    }

    private HttpAnswer connectors(HttpCall call) throws Exception {
        return switch (call.method()) {
            case "GET" -> Json.answer(200, list(call.query().getOrDefault("expand", List.of())));
            case "POST" -> create(Json.body(call.body()));
            default -> notAllowed();
        };
    }

    private Object list(List<String> expand) {
        if (expand.isEmpty()) {
            return herder.names();
        }
        Map<String, Object> all = new LinkedHashMap<>();
        for (String name : herder.names()) {
            try {
                Map<String, Object> one = new LinkedHashMap<>();
                if (expand.contains("status")) {
                    one.put("status", status(name));
                }
                if (expand.contains("info")) {
                    one.put("info", info(name));
                }
                all.put(name, one);
            } catch (HttpError e) {
                // Deleted since its name was read.
                continue;
            }
        }
        return all;
    }

    private HttpAnswer create(JsonNode body) throws InterruptedException {
        if (!body.path("name").isTextual() || !body.path("config").isObject()) {
            throw new HttpError(400, "the body must have the form {\"name\": \"...\", \"config\": {...}}");
        }
        String name = body.get("name").textValue().strip();
        TargetState initial = switch (body.path("initial_state").asText("RUNNING").toUpperCase(java.util.Locale.ROOT)) {
            case "RUNNING" -> TargetState.STARTED;
            case "PAUSED" -> TargetState.PAUSED;
            case "STOPPED" -> TargetState.STOPPED;
            default -> throw new HttpError(400, "initial_state must be RUNNING, PAUSED or STOPPED, not " + body.path("initial_state"));
        };
        herder.put(name, Json.strings(body.get("config")), initial, false);
        return located(201, name);
    }

    private HttpAnswer located(int status, String name) {
        HttpAnswer plain = Json.answer(status, info(name));
        Map<String, String> headers = new LinkedHashMap<>(plain.headers());
        headers.put("Location", "/connectors/" + java.net.URLEncoder.encode(name, java.nio.charset.StandardCharsets.UTF_8).replace("+", "%20"));
        return new HttpAnswer(status, headers, plain.body());
    }

    private HttpAnswer connector(HttpCall call, String name, List<String> rest) throws Exception {
        String what = rest.isEmpty() ? "" : rest.getFirst();
        if (what.equals("tasks")) {
            return tasks(call, name, rest.subList(1, rest.size()));
        }
        if (rest.size() > 1 && !(what.equals("topics") && rest.size() == 2 && rest.get(1).equals("reset"))) {
            return notFound();
        }
        return switch (what) {
            case "" -> switch (call.method()) {
                case "GET" -> Json.answer(200, info(name));
                case "DELETE" -> {
                    herder.delete(name);
                    yield HttpAnswer.empty(204);
                }
                default -> notAllowed();
            };
            case "config" -> config(call, name);
            case "status" -> get(call, status(name));
            case "metrics" -> get(call, metrics(name));
            case "restart" -> call.method().equals("POST") ? restart(call, name) : notAllowed();
            case "pause" -> target(call, name, TargetState.PAUSED, 202);
            case "resume" -> target(call, name, TargetState.STARTED, 202);
            case "stop" -> target(call, name, TargetState.STOPPED, 204);
            case "offsets" -> offsets(call, name);
            case "topics" -> topics(call, name, rest.size() == 2);
            default -> notFound();
        };
    }

    private HttpAnswer config(HttpCall call, String name) throws InterruptedException, IOException {
        return switch (call.method()) {
            case "GET" -> Json.answer(200, herder.config(name));
            case "PUT" -> {
                boolean made = herder.put(name, Json.strings(Json.body(call.body())), TargetState.STARTED, true);
                yield made ? located(201, name) : Json.answer(200, info(name));
            }
            case "PATCH" -> {
                herder.patch(name, Json.strings(Json.body(call.body())));
                yield Json.answer(200, info(name));
            }
            default -> notAllowed();
        };
    }

    private HttpAnswer target(HttpCall call, String name, TargetState target, int status) throws InterruptedException {
        if (!call.method().equals("PUT")) {
            return notAllowed();
        }
        herder.target(name, target);
        return HttpAnswer.empty(status);
    }

    private HttpAnswer restart(HttpCall call, String name) throws InterruptedException {
        boolean includeTasks = call.parameter("includeTasks").map(Boolean::parseBoolean).orElse(false);
        boolean onlyFailed = call.parameter("onlyFailed").map(Boolean::parseBoolean).orElse(false);
        herder.restart(name, includeTasks, onlyFailed);
        return includeTasks || onlyFailed ? Json.answer(202, status(name)) : HttpAnswer.empty(204);
    }

    private HttpAnswer offsets(HttpCall call, String name) throws Exception {
        return switch (call.method()) {
            case "GET" -> Json.answer(200, Json.object("offsets", offsets.of(name)));
            case "DELETE" -> {
                offsets.reset(name);
                yield Json.answer(200, Json.object("message", "The offsets for this connector have been reset successfully"));
            }
            case "PATCH" -> {
                JsonNode body = Json.body(call.body());
                if (!(Json.plain(body.path("offsets")) instanceof List<?> list)) {
                    throw new HttpError(400, "the body must have the form {\"offsets\": [{\"partition\": {...}, \"offset\": {...}}]}");
                }
                offsets.alter(name, list);
                yield Json.answer(200, Json.object("message", "The offsets for this connector have been altered successfully"));
            }
            default -> notAllowed();
        };
    }

    private HttpAnswer topics(HttpCall call, String name, boolean reset) {
        if (reset) {
            if (!call.method().equals("PUT")) {
                return notAllowed();
            }
            herder.resetTopics(name);
            return HttpAnswer.empty(200);
        }
        return get(call, Json.object(name, Json.object("topics", herder.topics(name))));
    }

    private HttpAnswer tasks(HttpCall call, String name, List<String> rest) throws InterruptedException {
        if (rest.isEmpty()) {
            List<Object> tasks = new ArrayList<>();
            herder.taskSettings(name).forEach((id, settings) ->
                    tasks.add(Json.object("id", Json.object("connector", name, "task", id.task()), "config", settings)));
            return get(call, tasks);
        }
        int task;
        try {
            task = Integer.parseInt(rest.getFirst());
        } catch (NumberFormatException e) {
            return notFound();
        }
        if (rest.size() == 2 && rest.get(1).equals("status")) {
            ConnectorStatus status = herder.status(name);
            TaskStatus found = status.tasks().stream().filter(one -> one.id() == task).findFirst()
                    .orElseThrow(() -> new HttpError(404, "No status found for task " + name + "-" + task));
            return get(call, task(found));
        }
        if (rest.size() == 2 && rest.get(1).equals("restart")) {
            if (!call.method().equals("POST")) {
                return notAllowed();
            }
            herder.restartTask(name, task);
            return HttpAnswer.empty(204);
        }
        return notFound();
    }

    private Map<String, Object> info(String name) {
        ConnectorStatus status = herder.status(name);
        return Json.object("name", name, "config", herder.config(name),
                "tasks", status.tasks().stream().map(task -> Json.object("connector", name, "task", task.id())).toList(),
                "type", status.type());
    }

    private Map<String, Object> status(String name) {
        ConnectorStatus status = herder.status(name);
        Map<String, Object> connector = Json.object("state", status.state().name(), "worker_id", herder.node().workerId());
        if (!status.trace().isEmpty()) {
            connector.put("trace", status.trace());
        }
        return Json.object("name", name, "connector", connector, "tasks", status.tasks().stream().map(this::task).toList(), "type", status.type());
    }

    private Map<String, Object> task(TaskStatus task) {
        Map<String, Object> json = Json.object("id", task.id(), "state", task.state().name(), "worker_id", herder.node().workerId());
        if (!task.trace().isEmpty()) {
            json.put("trace", task.trace());
        }
        return json;
    }

    /** Counters since the connector was made known to this process; rates are for the reader to take between two calls. */
    private Map<String, Object> metrics(String name) {
        ConnectorStatus status = herder.status(name);
        List<Object> tasks = new ArrayList<>();
        long records = 0;
        long bytes = 0;
        long lag = -1;
        for (TaskStatus task : status.tasks()) {
            var counters = task.counters();
            records += counters.records();
            bytes += counters.bytes();
            lag = counters.lag() < 0 ? lag : Math.max(0, lag) + counters.lag();
            tasks.add(Json.object("id", task.id(), "state", task.state().name(), "records", counters.records(), "bytes", counters.bytes(),
                    "batches", counters.batches(), "commits", counters.commits(), "skipped", counters.skipped(), "errors", counters.errors(),
                    "restarts", task.restarts(), "restart_at_ms", task.restartAtMs() == 0 ? null : task.restartAtMs(),
                    "last_commit_ms", counters.lastCommitMs() == 0 ? null : counters.lastCommitMs(),
                    "lag", counters.lag() < 0 ? null : counters.lag(), "last_error", counters.lastError().isEmpty() ? null : counters.lastError()));
        }
        return Json.object("name", name, "type", status.type(), "state", status.state().name(), "now_ms", System.currentTimeMillis(),
                "records", records, "bytes", bytes, "lag", lag < 0 ? null : lag, "tasks", tasks);
    }

    /** For messages about what a body lacks. */
    static String classKey() {
        return ConnectorConfig.CONNECTOR_CLASS;
    }
}
